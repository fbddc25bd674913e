// What goes wrong with Looker, the table, KMS or the one who starts; and that the next acquire recovers.
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { KeysError, StoreError } from '../../lib/errors.ts'
import type { StoreFailure } from '../../lib/errors.ts'
import { startLeaseMs } from '../../lib/embed/parts.ts'
import type { EmbedParts } from '../../lib/embed/parts.ts'
import { answerOf, callerOf, createEmbedFleet, startAtMs } from './embed-fleet.ts'
import type { EmbedFleet, Operation } from './embed-fleet.ts'

const acquire = 'acquire_embed_cookieless_session'

const loggedInId = (fleet: EmbedFleet, result: Parameters<EmbedFleet['loggedIn']>[0]) =>
  fleet.loggedIn(result)?.id

/** The record in the table is of a session that lives, and the answer logs in to it. */
const expectRecovered = async (fleet: EmbedFleet) => {
  const result = await fleet.acquired()
  const { sessionId, lease } = (await fleet.itemOf()) ?? {}
  expect(result.code).toBe('ok')
  expect(loggedInId(fleet, result)).toBe(sessionId)
  expect(lease).toBeUndefined()
}

const never = new Promise<never>(() => undefined)

/** The first process stops for ever before that write. */
const dyingBefore =
  (operation: 'publish' | 'release') =>
  (parts: EmbedParts, index: number): EmbedParts => ({
    ...parts,
    store: index === 0 ? { ...parts.store, [operation]: () => never } : parts.store,
  })

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
  expect(fleet.table.calls.get('takeLease')).toBeUndefined()
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
  expect(fleet.looker.counts().calls[acquire]).toBeUndefined()
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
  expect(loggedInId(fleet, result)).toBe(sessionId)
  expect(fleet.sessions.countLive()).toBe(1)
})

test('whoever ends the session while another is started is obeyed, and nobody waits for its lease', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  await fleet.acquired()
  const seen = await fleet.itemOf()
  if (!seen) throw new Error('no item')
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
    fleet.looker.queueFaults(acquire, { kind: 'status', status })

    const results = await fleet.clock.run(
      Promise.all(Array.from({ length: 5 }, () => fleet.outcome(fleet.coldStart()))),
    )

    expect(results.map((result) => result.code)).toEqual(Array.from({ length: 5 }, () => code))
    for (const result of results) expect('error' in result && result.error.message).toMatch(text)
    expect(fleet.looker.counts().calls[acquire]).toBe(1)
    expect(fleet.events).toContainEqual(
      expect.objectContaining({ name: 'session-start-failed', reason: 'refused-embed', status }),
    )
    await expectRecovered(fleet)
  },
)

test('how long Looker asks for patience is remembered for all, and no longer than a minute', async () => {
  const fleet = await createEmbedFleet()
  const headers = { 'retry-after': '600' }
  fleet.looker.queueFaults(acquire, { kind: 'status', status: 429, headers })
  await fleet.acquired()

  const soon = await fleet.acquired()
  const calls = fleet.looker.counts().calls[acquire]
  await fleet.clock.advance(60_000)

  expect(soon.code).toBe('looker-rate-limited')
  expect('error' in soon && soon.error.retryAfterMs).toBeGreaterThan(50_000)
  expect('error' in soon && soon.error.retryAfterMs).toBeLessThanOrEqual(60_000)
  expect(calls).toBe(1)
  await expectRecovered(fleet)
})

test('an outage of Looker that ends in time is not noticed', async () => {
  const fleet = await createEmbedFleet()
  fleet.looker.queueFaults(acquire, { kind: 'status', status: 503 }, { kind: 'reset' })

  const result = await fleet.acquired()

  expect(result.code).toBe('ok')
  expect(fleet.started()).toBe(1)
})

test('an outage of Looker leaves the session that stands as it is', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  const before = await fleet.itemOf()
  fleet.looker.setFault(acquire, { kind: 'status', status: 503 })

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
    fleet.looker.queueFaults(acquire, { kind: 'status', status })

    const result = await fleet.acquired()

    expect(fleet.after()).toEqual(['nothing', 'lost'])
    expect(loggedInId(fleet, result)).toBe((await fleet.itemOf())?.sessionId)
    await expectRecovered(fleet)
  },
)

test('a Looker that refuses join and start alike is asked twice, and its refusal told', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  fleet.looker.state.embed.settings.cookieless = false

  const result = await fleet.acquired()

  expect(result.code).toBe('looker-refused-embed')
  expect(fleet.looker.counts().calls[acquire]).toBe(3)
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

const duringStart: readonly Operation[] = ['read', 'listOfUser', 'takeLease', 'publish']

test.each(
  duringStart.flatMap((operation): [Operation, StoreFailure, string][] => [
    [operation, 'unavailable', 'table-unavailable'],
    [operation, 'throttled', 'table-throttled'],
    [operation, 'refused', 'misconfigured'],
  ]),
)('a table that fails at %s (%s) during a start', async (operation, failure, code) => {
  const fleet = await createEmbedFleet()
  fleet.table.failing.set(operation, failure)

  const result = await fleet.acquired()

  expect(result.code).toBe(code)
  expect(fleet.sessions.countLive()).toBe(0)
  expect((await fleet.itemOf())?.lease).toBeUndefined()
  fleet.table.failing.clear()
  await expectRecovered(fleet)
})

test('a table that throttles for a moment only costs a moment', async () => {
  const fleet = await createEmbedFleet()
  for (const operation of [...duringStart, 'release'] as const) {
    fleet.table.failing.set(operation, 'throttled')
  }
  const result = fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1_000)
  fleet.table.failing.clear()

  expect((await fleet.clock.run(result)).code).toBe('ok')
})

test('a table that fails as a join is counted leaves Looker alone', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  fleet.table.failing.set('countAcquire', 'unavailable')

  const result = await fleet.acquired()

  expect(result.code).toBe('table-unavailable')
  expect(fleet.looker.counts().calls[acquire]).toBe(1)
  fleet.table.failing.clear()
  await expectRecovered(fleet)
})

test('a table that fails as a lost session is replaced: nothing is left at Looker', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  fleet.sessions.endAll()
  fleet.table.failing.set('replace', 'unavailable')

  const result = await fleet.acquired()

  expect(result.code).toBe('table-unavailable')
  expect(fleet.sessions.countLive()).toBe(0)
  fleet.table.failing.clear()
  await expectRecovered(fleet)
})

test.each<Operation>(['end', 'forget', 'listOfUser'])(
  'a table that fails at %s after a start does not fail the acquire',
  async (operation) => {
    const fleet = await createEmbedFleet({
      sessionsPerUser: 'many',
      wrap: (store) => ({
        ...store,
        publish: async (...args) => {
          const published = await store.publish(...args)
          fleet.table.failing.set(operation, 'unavailable')
          return published
        },
      }),
    })
    await fleet.acquired()
    fleet.table.failing.clear()

    const result = await fleet.acquired(
      callerOf({ device: 'device-2', user: { models: ['stock'] } }),
    )

    expect(result.code).toBe('ok')
  },
)

test('a Looker that does not confirm the end of another session does not fail the acquire', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  await fleet.acquired()
  fleet.looker.setFault('delete_embed_cookieless_session', { kind: 'status', status: 503 })

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

test.each(['takeLease', 'publish'] as const)(
  'a reply of the table that is lost at %s is asked for again, and nobody notices',
  async (operation) => {
    const lost = new Set<string>()
    const losing =
      <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        const reply = await call(...args)
        if (lost.has(operation)) return reply
        lost.add(operation)
        throw new StoreError('unavailable', 'the reply is lost')
      }
    const fleet = await createEmbedFleet({
      wrap: (store) =>
        operation === 'publish'
          ? { ...store, publish: losing(store.publish) }
          : { ...store, takeLease: losing(store.takeLease) },
    })

    expect((await fleet.acquired()).code).toBe('ok')
    expect(fleet.started()).toBe(1)
    await expectRecovered(fleet)
  },
)

test('a table that throttles as the session is published only costs a moment', async () => {
  const fleet = await createEmbedFleet()
  fleet.table.failing.set('publish', 'throttled')
  const result = fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1_000)
  fleet.table.failing.clear()

  expect((await fleet.clock.run(result)).code).toBe('ok')
  expect(fleet.started()).toBe(1)
})

test.each([0, 1])('a start that fails or dies (%i) forgets no end early', async (dying) => {
  const fleet = await createEmbedFleet({
    parts: (parts, index) => (index === 1 && dying ? dyingBefore('publish')(parts, 0) : parts),
  })
  await fleet.acquired()
  const seen = await fleet.itemOf()
  if (!seen) throw new Error('no item')
  const ttlEpochSeconds = startAtMs / 1000 + 30 * 86_400
  const end = { atMs: startAtMs - 1, reason: 'administrator', needsSignIn: true } as const
  await fleet.memory.end(seen.key, seen, { ...end, ttlEpochSeconds })
  fleet.looker.queueFaults(acquire, { kind: dying ? 'none' : 'status', status: 403 })

  void fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(10_000)

  expect(fleet.looker.counts().calls[acquire]).toBe(2)
  expect((await fleet.itemOf())?.ttlEpochSeconds).toBe(ttlEpochSeconds)
})
