// What a start means for the sessions of the same user on other devices.
import { expect, test } from 'vitest'
import {
  endCall,
  endedByUser,
  other,
  secondDevice,
  sessionOf,
  standingItem,
} from './acquire-samples.ts'
import { callerOf, createEmbedFleet } from './embed-fleet.ts'

test.each<['one' | 'many', object, { reason: string; needsSignIn: false } | undefined, number]>([
  ['one', {}, { reason: 'replaced', needsSignIn: false }, 0],
  ['one', other, { reason: 'replaced', needsSignIn: false }, 0],
  ['many', {}, undefined, 0],
  ['many', other, { reason: 'profile-changed', needsSignIn: false }, 1],
])(
  'what a start on a second device means for the first (%s, %o)',
  async (sessionsPerUser, user, ended, deletes) => {
    const fleet = await createEmbedFleet({ sessionsPerUser })
    await fleet.acquired()
    const second = callerOf({ ...secondDevice, user })

    const result = await fleet.acquired(second)

    const item = await fleet.itemOf()
    expect(item).toMatchObject(ended ? { ended } : {})
    expect(item?.ended === undefined).toBe(ended === undefined)
    expect(fleet.reasons()).toEqual(ended ? [ended.reason] : [])
    expect(fleet.looker.counts().calls[endCall] ?? 0).toBe(deletes)
    // Looker has ended it, or confirmed that it did: nobody has to end it again.
    expect(item?.sealed === undefined).toBe(ended !== undefined)
    expect(fleet.sessions.countLive()).toBe(ended ? 1 : 2)
    expect(sessionOf(fleet, result, 'Browser/2')).toBeDefined()
  },
)

test('a join that was a start replaces the session of the other device', async () => {
  const fleet = await createEmbedFleet()
  const second = callerOf({ ...secondDevice })
  fleet.looker.state.embed.settings.sessionsPerUser = 'many'
  // As when the other device started in the same moment and did not see this one yet.
  await fleet.acquired()
  fleet.table.failing.set('end', 'unavailable')
  await fleet.acquired(second)
  fleet.table.failing.clear()
  fleet.sessions.endAll()
  await fleet.clock.advance(1_000)

  await fleet.acquired()

  expect(fleet.after()).toEqual(['nothing', 'nothing', 'lost'])
  expect((await fleet.itemOf(second))?.ended?.reason).toBe('replaced')
})

test('a session on another device that was started later goes on', async () => {
  const fleet = await createEmbedFleet()
  const second = callerOf(secondDevice)
  const act = () => fleet.outcome(fleet.coldStart(), second)
  fleet.table.meanwhile = { call: 'publish', act }

  await fleet.acquired()

  const item = await fleet.itemOf(second)
  expect(item?.sealed).toBeDefined()
  expect(item?.ended).toBeUndefined()
})

test('a session on another device that was started before is replaced, whatever its clock said', async () => {
  const fleet = await createEmbedFleet({
    parts: (parts, index) => ({
      ...parts,
      clock: index === 0 ? fleet.clock.skewed(2_000) : parts.clock,
    }),
  })
  const second = callerOf(secondDevice)
  await fleet.acquired(second)

  await fleet.acquired()

  expect((await fleet.itemOf(second))?.ended?.reason).toBe('replaced')
})

test('a session on another device that was begun anew meanwhile goes on', async () => {
  const fleet = await createEmbedFleet()
  const second = callerOf(secondDevice)
  await fleet.acquired(second)
  const anew = callerOf({ ...secondDevice, page: { userAgent: 'Browser/3' } })
  const act = () => fleet.outcome(fleet.coldStart(), anew)
  fleet.table.meanwhile = { call: 'publish', act }

  await fleet.acquired()

  const item = await fleet.itemOf(second)
  expect(fleet.started()).toBe(3)
  expect(item?.sealed).toBeDefined()
  expect(item?.ended).toBeUndefined()
})

test('a session on another device that is over gets no other end', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  await fleet.clock.advance(3_700_000)

  await fleet.acquired(callerOf({ ...secondDevice }))

  expect((await fleet.itemOf())?.ended).toBeUndefined()
})

test('a session on another device that ended already is not ended once more', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  await endedByUser(fleet)

  await fleet.acquired(callerOf(secondDevice))

  expect(fleet.table.calls.end).toBeUndefined()
  expect((await fleet.itemOf())?.ended?.reason).toBe('signed-out')
})

test('whoever ends it on the other device first is the one who tells Looker', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  await fleet.acquired()
  fleet.table.meanwhile = { call: 'end', act: () => endedByUser(fleet) }

  await fleet.acquired(callerOf({ ...secondDevice, user: other }))

  const item = await standingItem(fleet)
  expect(item.ended?.reason).toBe('signed-out')
  expect(item.sealed).toBeDefined()
  expect(fleet.looker.counts().calls[endCall]).toBeUndefined()
  expect(fleet.events.filter(({ name }) => name === 'session-ended')).toEqual([])
})

test('a start that has taken our place on this device meanwhile is not ended as on another', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  const takePlace = () => fleet.outcome(fleet.coldStart(), callerOf({ user: other }))
  const act = async () => {
    fleet.table.meanwhile = { call: 'listOfUser', act: takePlace }
  }
  fleet.table.meanwhile = { call: 'publish', act }

  await fleet.acquired()

  const item = await standingItem(fleet)
  expect(fleet.after()).toEqual(['nothing', 'other-profile'])
  expect(item.ended).toBeUndefined()
  expect(item.sealed).toBeDefined()
})
