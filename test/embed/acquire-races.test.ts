// Devices of one user that start at the same time: what each of them could not see at first.
import { describe, expect, test } from 'vitest'
import { acquireLimit } from '../../lib/embed/parts.ts'
import { acquireCall, endCall, modelsOf, other, standingItem } from './acquire-samples.ts'
import { callerOf, createEmbedFleet, startAtMs } from './embed-fleet.ts'
import type { EmbedFleet } from './embed-fleet.ts'

const newer = callerOf({
  device: 'device-2',
  user: other,
  visitor: { issuedAtMs: startAtMs + 60_000 },
})

const startsNewer = (fleet: EmbedFleet) => () => fleet.outcome(fleet.coldStart(), newer)

test.each([
  ['one', 300],
  ['many', 300],
  ['many', acquireLimit],
] as const)(
  'of devices that start at once the limit starts, and no more (%s, %i)',
  async (sessionsPerUser, size) => {
    const fleet = await createEmbedFleet({ sessionsPerUser })
    await fleet.logIn()
    const one = fleet.coldStart()
    const callers = Array.from({ length: size }, (_, at) => callerOf({ device: `device-${at}` }))

    const results = await fleet.clock.run(
      Promise.all(callers.map((caller) => fleet.outcome(one, caller))),
    )

    const codes = new Set(results.map(({ code }) => code))
    expect(fleet.started()).toBeLessThanOrEqual(acquireLimit)
    expect(codes).toEqual(new Set([size > acquireLimit ? 'too-many-requests' : 'ok']))
    const items = await Promise.all(callers.map((caller) => fleet.itemOf(caller)))
    expect(items.flatMap((item) => item?.lease ?? [])).toEqual([])
  },
)

test('newer claims of another device that come before the lease stop the start', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  fleet.table.meanwhile = { call: 'takeLease', act: startsNewer(fleet) }

  const result = await fleet.acquired()

  expect(result.code).toBe('sign-in-required')
  expect(fleet.looker.counts().calls[acquireCall]).toBe(1)
  expect((await standingItem(fleet)).lease).toBeUndefined()
  expect(fleet.looker.state.embed.users.find('ann')?.profile.models).toEqual(other.models)
})

test('an end on another device that comes before the lease stops the start of a new device', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  await fleet.acquired()
  const seen = await standingItem(fleet)
  const end = { atMs: startAtMs + 5_000, reason: 'administrator', needsSignIn: true } as const
  const act = () => fleet.memory.end(seen.key, seen, { ...end, ttlEpochSeconds: 0 })
  fleet.table.meanwhile = { call: 'takeLease', act }

  const result = await fleet.acquired(callerOf({ device: 'device-2' }))

  expect(result.code).toBe('sign-in-required')
  expect(fleet.started()).toBe(1)
})

describe('newer claims of another device that come before the publication', () => {
  test.each(['one', 'many'] as const)('end the new session (%s)', async (sessionsPerUser) => {
    const fleet = await createEmbedFleet({ sessionsPerUser })
    fleet.table.meanwhile = { call: 'publish', act: startsNewer(fleet) }

    const result = await fleet.acquired()

    const item = await standingItem(fleet)
    expect(result.code).toBe('sign-in-required')
    expect(item.ended).toMatchObject({ reason: 'profile-changed', needsSignIn: false })
    expect(item.sealed).toBeUndefined()
    expect(fleet.sessions.countLive()).toBe(1)
    expect((await standingItem(fleet, newer)).ended).toBeUndefined()
    expect(modelsOf(fleet, await fleet.acquired(newer))).toEqual(other.models)
    expect((await fleet.acquired()).code).toBe('sign-in-required')
  })

  test('end it also when the table cannot say so', async () => {
    const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
    fleet.table.meanwhile = { call: 'publish', act: startsNewer(fleet) }
    fleet.table.failing.set('end', 'unavailable')

    const result = await fleet.acquired()

    expect(result.code).toBe('sign-in-required')
    expect(fleet.looker.counts().calls[endCall]).toBe(1)
    expect(fleet.sessions.countLive()).toBe(1)
  })

  test('end it also when it was a join of a session that Looker has lost', async () => {
    const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
    await fleet.acquired()
    fleet.sessions.endAll()
    fleet.table.meanwhile = { call: 'replace', act: startsNewer(fleet) }

    const result = await fleet.acquired()

    expect(result.code).toBe('sign-in-required')
    expect((await standingItem(fleet)).ended?.reason).toBe('profile-changed')
    expect(fleet.sessions.countLive()).toBe(1)
  })
})

test('a start stands though the table cannot list the other devices after it', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  const act = async () => fleet.table.failing.set('listOfUser', 'unavailable')
  fleet.table.meanwhile = { call: 'publish', act }

  const result = await fleet.acquired()

  expect(result.code).toBe('ok')
  expect((await standingItem(fleet)).ended).toBeUndefined()
})
