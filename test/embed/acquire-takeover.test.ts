// Starts that never end, end too late or had no time; and that the next acquire recovers.
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startLeaseMs } from '../../lib/embed/parts.ts'
import { acquireCall, dyingBefore, expectRecovered, standingItem } from './acquire-samples.ts'
import { callerOf, createEmbedFleet, startAtMs } from './embed-fleet.ts'

test('when the one who starts dies, one of the others takes over when the lease is over', async () => {
  const fleet = await createEmbedFleet({ parts: dyingBefore('publish') })
  void fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1_000)
  const startedMs = fleet.clock.monotonic()

  const results = await fleet.clock.run(
    Promise.all(Array.from({ length: 5 }, () => fleet.outcome(fleet.coldStart()))),
  )

  expect(results.map(({ code }) => code)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
  expect(fleet.started()).toBe(2)
  const tookMs = fleet.clock.monotonic() - startedMs
  expect(tookMs).toBeGreaterThan(startLeaseMs - 1_000)
  expect(tookMs).toBeLessThan(startLeaseMs + 1_500)
  await expectRecovered(fleet)
})

test('a lease that stalled is told by a clock that no wrong time can mislead', async () => {
  const fleet = await createEmbedFleet({
    parts: (parts, index) => ({
      ...dyingBefore('publish')(parts, index),
      clock: index === 0 ? parts.clock : fleet.clock.skewed(-3_600_000),
    }),
  })
  void fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1_000)

  const result = await fleet.clock.run(fleet.outcome(fleet.coldStart(), callerOf(), 12_000))

  expect(result.code).toBe('ok')
})

test('who waited too long for a login leaves the start to others', async () => {
  const fleet = await createEmbedFleet()
  fleet.looker.state.loginLatencyMs = 3_000

  const result = await fleet.clock.run(fleet.outcome(fleet.coldStart(), callerOf(), 8_000))

  expect(result.code).toBe('session-in-progress')
  expect(fleet.table.calls.takeLease).toBeUndefined()
  await expectRecovered(fleet)
})

test('who has no time to wait is told that a start is going on', async () => {
  const fleet = await createEmbedFleet({ parts: dyingBefore('publish') })
  void fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1_000)

  const result = await fleet.clock.run(fleet.outcome(fleet.coldStart(), callerOf(), 3_000))

  expect(result.code).toBe('session-in-progress')
  expect(fleet.started()).toBe(1)
})

test('who could not finish a start does not begin one', async () => {
  const fleet = await createEmbedFleet()

  const result = await fleet.clock.run(
    fleet.outcome(fleet.coldStart(), callerOf(), startLeaseMs - 1),
  )

  expect(result.code).toBe('session-in-progress')
  expect(fleet.looker.counts().calls[acquireCall]).toBeUndefined()
})

test('a session that is started too late is ended, and the one of the table joined', async () => {
  const frozen = new EventTarget()
  const fleet = await createEmbedFleet({
    sessionsPerUser: 'many',
    parts: (parts, index) => ({
      ...parts,
      store:
        index === 0
          ? {
              ...parts.store,
              publish: async (...args) => {
                await once(frozen, 'thaw')
                return parts.store.publish(...args)
              },
            }
          : parts.store,
    }),
  })
  const late = fleet.outcome(fleet.coldStart(), callerOf(), 60_000)
  await fleet.clock.advance(1_000)
  await fleet.acquired()

  frozen.dispatchEvent(new Event('thaw'))
  const result = await fleet.clock.run(late)

  const { sessionId } = (await fleet.itemOf()) ?? {}
  expect(fleet.loggedIn(result)?.id).toBe(sessionId)
  expect(fleet.sessions.countLive()).toBe(1)
})

test('whoever ends the session while another is started is obeyed, and nobody waits for its lease', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  await fleet.acquired()
  const seen = await standingItem(fleet)
  const changed = fleet.outcome(fleet.coldStart(), callerOf({ user: { models: ['stock'] } }))
  await fleet.clock.advance(100)
  const end = { atMs: startAtMs + 200, reason: 'administrator', needsSignIn: true } as const
  await fleet.memory.end(seen.key, seen, { ...end, ttlEpochSeconds: 0 })

  const result = await fleet.clock.run(changed)

  expect(result.code).toBe('sign-in-required')
  expect(fleet.started()).toBe(2)
  const item = await fleet.itemOf()
  expect(item?.ended).toMatchObject(end)
  expect(item?.lease).toBeUndefined()
  expect(fleet.sessions.countLive()).toBe(1)
})

test.each([0, 1])('a start that fails or dies (%i) forgets no end early', async (dying) => {
  const fleet = await createEmbedFleet({
    parts: (parts, index) => (index === 1 && dying ? dyingBefore('publish')(parts, 0) : parts),
  })
  await fleet.acquired()
  const seen = await standingItem(fleet)
  const ttlEpochSeconds = startAtMs / 1000 + 30 * 86_400
  const end = { atMs: startAtMs - 1, reason: 'administrator', needsSignIn: true } as const
  await fleet.memory.end(seen.key, seen, { ...end, ttlEpochSeconds })
  fleet.looker.queueFaults(acquireCall, { kind: dying ? 'none' : 'status', status: 403 })

  void fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(10_000)

  expect(fleet.looker.counts().calls[acquireCall]).toBe(2)
  expect((await fleet.itemOf())?.ttlEpochSeconds).toBe(ttlEpochSeconds)
})
