// What goes wrong with Looker, KMS or what is sealed; and that the next acquire recovers.
import { expect, test } from 'vitest'
import { KeysError } from '../../lib/errors.ts'
import { acquireCall, endCall, expectRecovered } from './acquire-samples.ts'
import { answerOf, callerOf, createEmbedFleet } from './embed-fleet.ts'

test.each<[number, string, RegExp]>([
  [403, 'looker-refused-embed', /Admin > Embed/],
  [404, 'looker-refused-embed', /Admin > Embed/],
  [422, 'looker-refused-embed', /domain that is not allowed/],
  [409, 'looker-refused-embed', /Try again/],
])(
  'Looker refusing with %i is told to all who waited for that start, and to nobody later',
  async (status, code, text) => {
    const fleet = await createEmbedFleet()
    await fleet.logIn()
    fleet.looker.queueFaults(acquireCall, { kind: 'status', status })

    const results = await fleet.clock.run(
      Promise.all(Array.from({ length: 5 }, () => fleet.outcome(fleet.coldStart()))),
    )

    expect(results.map((result) => result.code)).toEqual(Array.from({ length: 5 }, () => code))
    for (const result of results) expect('error' in result && result.error.message).toMatch(text)
    expect(fleet.looker.counts().calls[acquireCall]).toBe(1)
    expect(fleet.events).toContainEqual(
      expect.objectContaining({ name: 'session-start-failed', reason: 'refused-embed', status }),
    )
    await expectRecovered(fleet)
  },
)

test('how long Looker asks for patience is remembered for all, and no longer than a minute', async () => {
  const fleet = await createEmbedFleet()
  const headers = { 'retry-after': '600' }
  fleet.looker.queueFaults(acquireCall, { kind: 'status', status: 429, headers })
  await fleet.acquired()

  const soon = await fleet.acquired()
  const calls = fleet.looker.counts().calls[acquireCall]
  await fleet.clock.advance(60_000)

  expect(soon.code).toBe('looker-rate-limited')
  expect('error' in soon && soon.error.retryAfterMs).toBeGreaterThan(50_000)
  expect('error' in soon && soon.error.retryAfterMs).toBeLessThanOrEqual(60_000)
  expect(calls).toBe(1)
  await expectRecovered(fleet)
})

test('an outage of Looker that ends in time is not noticed', async () => {
  const fleet = await createEmbedFleet()
  fleet.looker.queueFaults(acquireCall, { kind: 'status', status: 503 }, { kind: 'reset' })

  const result = await fleet.acquired()

  expect(result.code).toBe('ok')
  expect(fleet.started()).toBe(1)
})

test('an outage of Looker leaves the session that stands as it is', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  const before = await fleet.itemOf()
  fleet.looker.setFault(acquireCall, { kind: 'status', status: 503 })

  const result = await fleet.acquired()

  expect(result.code).toBe('looker-unavailable')
  expect((await fleet.itemOf())?.sealed).toEqual(before?.sealed)
  fleet.looker.clearFaults()
  await expectRecovered(fleet)
  expect(fleet.started()).toBe(1)
})

test.each([400, 404])(
  'a record with which Looker lets nobody join (%i) makes way for a new session',
  async (status) => {
    const fleet = await createEmbedFleet()
    await fleet.acquired()
    fleet.looker.queueFaults(acquireCall, { kind: 'status', status })

    const result = await fleet.acquired()

    expect(fleet.after()).toEqual(['nothing', 'lost'])
    expect(fleet.loggedIn(result)?.id).toBe((await fleet.itemOf())?.sessionId)
    await expectRecovered(fleet)
  },
)

test('a Looker that refuses join and start alike is asked twice, and its refusal told', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  fleet.looker.state.embed.settings.cookieless = false

  const result = await fleet.acquired()

  expect(result.code).toBe('looker-refused-embed')
  expect(fleet.looker.counts().calls[acquireCall]).toBe(3)
  fleet.looker.state.embed.settings.cookieless = true
  await expectRecovered(fleet)
})

test('a service token that Looker has revoked is replaced', async () => {
  const fleet = await createEmbedFleet()
  const one = fleet.coldStart()
  await fleet.acquired(callerOf(), one)
  await fleet.clock.advance(60_000)
  fleet.looker.revokeAll()

  const result = await fleet.acquired(callerOf(), one)

  expect(result.code).toBe('ok')
  expect(fleet.looker.counts().logins).toBe(2)
})

test('a service token that Looker has revoked is replaced in a start too', async () => {
  const fleet = await createEmbedFleet()
  const one = fleet.coldStart()
  await fleet.acquired(callerOf(), one)
  await fleet.clock.advance(60_000)
  fleet.looker.revokeAll()

  const result = await fleet.acquired(callerOf({ user: { external_user_id: 'grace' } }), one)

  expect(result.code).toBe('ok')
  expect(fleet.looker.counts().logins).toBe(2)
})

test('a Looker that does not confirm the end of another session does not fail the acquire', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  await fleet.acquired()
  fleet.looker.setFault(endCall, { kind: 'status', status: 503 })

  const result = await fleet.acquired(callerOf({ device: 'device-2', user: { models: ['stock'] } }))

  expect(result.code).toBe('ok')
  const { ended, sealed } = (await fleet.itemOf()) ?? {}
  expect(ended?.reason).toBe('profile-changed')
  // So that whoever ends it again can.
  expect(sealed).toBeDefined()
  expect(fleet.events).toContainEqual(expect.objectContaining({ name: 'end-not-confirmed' }))
})

test('without KMS a process that holds no key is told, and leaves the session as it is', async () => {
  const fleet = await createEmbedFleet()
  const warm = fleet.coldStart()
  await fleet.acquired(callerOf(), warm)
  fleet.brokenKms.down = true

  const cold = await fleet.acquired()
  const still = await fleet.acquired(callerOf(), warm)

  expect([cold.code, still.code]).toEqual(['keys-unavailable', 'ok'])
  fleet.brokenKms.down = false
  await expectRecovered(fleet)
  expect(fleet.started()).toBe(1)
})

test('a session that cannot be sealed is ended at Looker, and the lease given back', async () => {
  const fleet = await createEmbedFleet({
    parts: (parts, index) => ({
      ...parts,
      sealer:
        index === 0
          ? { ...parts.sealer, currentKey: () => Promise.reject(new KeysError('down')) }
          : parts.sealer,
    }),
  })

  const result = await fleet.acquired()

  expect(result.code).toBe('keys-unavailable')
  expect([fleet.started(), fleet.sessions.countLive()]).toEqual([1, 0])
  expect((await fleet.itemOf())?.lease).toBeUndefined()
  await expectRecovered(fleet)
})

test('a record that does not open is as good as none', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  const frame = (await fleet.itemOf())?.sealed?.frame
  // Altered in the table by somebody who cannot seal.
  frame?.reverse()

  const result = await fleet.acquired()

  expect(answerOf(result)).toBeDefined()
  expect(fleet.events).toContainEqual(expect.objectContaining({ name: 'session-unreadable' }))
  expect(fleet.after()).toEqual(['nothing', 'nothing'])
  await expectRecovered(fleet)
})
