import { describe, expect, test } from 'vitest'
import { LookerError } from '../../lib/errors.ts'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import { deadlineIn } from '../../lib/time.ts'
import { apiTokenOf, codesIn, createTableFleet } from './sdk-table.ts'
import type { SourceOutcome, TableFleet } from './sdk-table.ts'
import { withoutLease } from './stores.ts'
import { distinct, startAtMs } from './virtual-fleet.ts'

const loginSeconds = 3_600

describe('parallel calls', () => {
  test.each([2, 100, 10_000])(
    '%i of one environment make one login',
    async (calls) => {
      const fleet = await createTableFleet()
      const source = fleet.source()

      const tokens = await fleet.run(
        Promise.all(Array.from({ length: calls }, () => source.getToken())),
      )

      expect(fleet.logins()).toBe(1)
      expect(distinct(tokens)).toBe(1)
    },
    60_000,
  )

  test('of 100 environments make one login', async () => {
    const fleet = await createTableFleet()

    const tokens = await fleet.run(Promise.all(fleet.sources(100).map((one) => one.getToken())))

    expect(fleet.logins()).toBe(1)
    expect(distinct(tokens)).toBe(1)
  })

  test('of 100 environments make 100 logins without the lease', async () => {
    const fleet = await createTableFleet({ store: withoutLease(createMemoryTokenStore()) })

    await fleet.run(Promise.all(fleet.sources(100).map((one) => one.getToken())))

    expect(fleet.logins()).toBe(100)
  })

  test('for the service account, a user and their dev workspaces are answered each its own', async () => {
    const fleet = await createTableFleet()
    const source = fleet.source()
    const requests = [
      {},
      { workspace: 'dev' },
      { userId: '7' },
      { userId: '7', workspace: 'dev' },
    ] as const

    const tokens = await fleet.run(Promise.all(requests.map((one) => source.getToken(one))))

    expect(
      tokens.map(({ secret }) => fleet.looker.state.tokens.find(secret.reveal())),
    ).toMatchObject([
      { userId: '1000', workspace: 'production' },
      { userId: '1000', workspace: 'dev' },
      { userId: '7', workspace: 'production' },
      { userId: '7', workspace: 'dev' },
    ])
    expect(tokens.map(({ userId, workspace }) => [userId, workspace])).toEqual([
      [undefined, 'production'],
      [undefined, 'dev'],
      ['7', 'production'],
      ['7', 'dev'],
    ])
  })
})

/** A call every 4 s for a day, to eight environments in turn; answers how many waited for a login. */
const waitsOfADay = async (fleet: TableFleet, scheduled: boolean): Promise<number> => {
  const sources = fleet.sources(8)
  const scheduler = fleet.coldStart()
  let waits = 0
  for (let second = 0; second < 86_400; second += 4) {
    if (scheduled && second % 60 === 0) {
      await fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 50_000)))
    }
    const source = sources[(second / 4) % 8] ?? fleet.source()
    const { tookMs } = await fleet.served(source)
    if (tookMs > 0) waits += 1
    fleet.clock.skip(4_000)
  }
  return waits
}

describe('a day of calls', () => {
  test('has at most one that waits for a login in each life of a token', async () => {
    const fleet = await createTableFleet()

    const waits = await waitsOfADay(fleet, false)

    expect(waits).toBe(fleet.logins())
    expect(fleet.logins()).toBeLessThanOrEqual(27)
    expect(fleet.logins()).toBeGreaterThanOrEqual(86_400 / loginSeconds)
  }, 60_000)

  test('has none but the very first that waits while the schedule renews', async () => {
    const fleet = await createTableFleet()

    const waits = await waitsOfADay(fleet, true)

    expect(waits).toBe(1)
    expect(fleet.logins()).toBeGreaterThanOrEqual(86_400 / loginSeconds)
  }, 60_000)
})

/** 100 environments ask every second. */
const askForSeconds = async (
  fleet: TableFleet,
  sources: ReturnType<TableFleet['sources']>,
  seconds: number,
): Promise<SourceOutcome[]> => {
  const outcomes: SourceOutcome[] = []
  const endMs = fleet.clock.monotonic() + seconds * 1_000
  while (fleet.clock.monotonic() < endMs) {
    const startedMs = fleet.clock.monotonic()
    outcomes.push(...(await fleet.run(Promise.all(sources.map((one) => fleet.outcome(one))))))
    await fleet.clock.advance(Math.max(0, 1_000 - (fleet.clock.monotonic() - startedMs)))
  }
  return outcomes
}

/** Nobody learns that a login failed: what a fleet without the shared gate would do. */
const withoutGate = () => {
  const store = createMemoryTokenStore()
  const release: typeof store.release = (key, holder, { ttlEpochSeconds }) =>
    store.release(key, holder, { ttlEpochSeconds })
  return { ...store, release }
}

describe('in five minutes without Looker 100 environments', () => {
  test.each([
    ['503', { kind: 'status', status: 503 }],
    ['429', { kind: 'status', status: 429 }],
  ] as const)(
    'try at most 12 logins when it answers %s',
    async (_, fault) => {
      const fleet = await createTableFleet()
      fleet.looker.setFault('login', fault)

      const outcomes = await askForSeconds(fleet, fleet.sources(100), 300)

      expect(fleet.loginCalls()).toBeGreaterThan(2)
      expect(fleet.loginCalls()).toBeLessThanOrEqual(12)
      expect(codesIn(outcomes)).not.toContain('ok')
    },
    60_000,
  )

  test('try at most 12 logins when it does not answer in time', async () => {
    let attempts = 0
    const fleet = await createTableFleet({
      services: (services) => ({
        ...services,
        // As the exchange ends it, by its own timer.
        fetch: async () => {
          attempts += 1
          await services.clock.sleep(4_900)
          throw new LookerError('timeout', 'simulated')
        },
      }),
    })

    const outcomes = await askForSeconds(fleet, fleet.sources(100), 300)

    expect(attempts).toBeGreaterThan(2)
    expect(attempts).toBeLessThanOrEqual(12)
    expect(codesIn(outcomes)).toEqual(['looker-unavailable'])
  }, 60_000)

  test('try hundreds without the gate', async () => {
    const fleet = await createTableFleet({ store: withoutGate() })
    fleet.looker.setFault('login', { kind: 'status', status: 503 })

    await askForSeconds(fleet, fleet.sources(100), 5)

    expect(fleet.loginCalls()).toBeGreaterThanOrEqual(100)
  }, 60_000)

  test('wait as long as Looker asks for', async () => {
    const fleet = await createTableFleet()
    const headers = { 'retry-after': '120' }
    fleet.looker.queueFaults('login', { kind: 'status', status: 429, headers })
    const sources = fleet.sources(100)

    const refused = await askForSeconds(fleet, sources, 119)
    const after = await askForSeconds(fleet, sources, 3)

    expect(codesIn(refused)).toEqual(['looker-rate-limited'])
    expect(refused.at(-1)?.retryAfterMs).toBeLessThanOrEqual(2_000)
    expect(after.at(-1)?.code).toBe('ok')
    expect(fleet.loginCalls()).toBe(2)
  }, 60_000)

  test('are all answered with a token that is still good', async () => {
    const fleet = await createTableFleet()
    const sources = fleet.sources(100)
    await fleet.run(Promise.all(sources.map((one) => one.getToken())))
    await fleet.clock.advance(3_260_000)
    fleet.looker.setFault('every', { kind: 'status', status: 503 })

    const outcomes = await askForSeconds(fleet, sources, 300)

    expect(codesIn(outcomes)).toEqual(['ok'])
    expect(fleet.loginCalls()).toBeLessThanOrEqual(13)
  }, 60_000)
})

describe('a token that Looker refuses', () => {
  test.each([1, 100])('to 100 callers of %i environment(s) is replaced once', async (size) => {
    const fleet = await createTableFleet()
    const sources = fleet.sources(size)
    const tokens = await fleet.run(Promise.all(sources.map((one) => one.getToken())))
    const refused = tokens[0]?.secret.digest()
    fleet.looker.revokeAll()

    const outcomes = await fleet.run(
      Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          fleet.outcome(sources[index % size] ?? fleet.source(), { refused }),
        ),
      ),
    )

    expect(codesIn(outcomes)).toEqual(['ok'])
    expect(distinct(outcomes.map(apiTokenOf))).toBe(1)
    expect(outcomes.every((one) => fleet.isLive(apiTokenOf(one)))).toBe(true)
    expect(fleet.logins()).toBe(2)
  })

  test('costs each environment a login of its own without the lease', async () => {
    const fleet = await createTableFleet({ store: withoutLease(createMemoryTokenStore()) })
    const sources = fleet.sources(100)
    const tokens = await fleet.run(Promise.all(sources.map((one) => one.getToken())))
    const before = fleet.logins()

    await fleet.run(
      Promise.all(
        sources.map((one, index) => one.getToken({ refused: tokens[index]?.secret.digest() })),
      ),
    )

    expect(fleet.logins() - before).toBe(100)
  })

  test('reported late evicts nothing', async () => {
    const fleet = await createTableFleet()
    const [reporter, stale] = [fleet.source(), fleet.source()]
    const refused = apiTokenOf(await fleet.served(reporter)).secret.digest()
    await fleet.served(stale)
    fleet.looker.revokeAll()
    const renewed = apiTokenOf(await fleet.served(reporter, { refused }))

    const late = apiTokenOf(await fleet.served(stale, { refused }))

    expect(late.secret.digest()).toBe(renewed.secret.digest())
    expect(fleet.logins()).toBe(2)
    expect(fleet.isLive(late)).toBe(true)
  })
})

test('a token is answered with its end by the clock, and never within its margin', async () => {
  const fleet = await createTableFleet()
  const source = fleet.source()
  const first = apiTokenOf(await fleet.served(source))

  await fleet.clock.advance(3_569_900)
  const second = apiTokenOf(await fleet.served(source))

  expect(first.expiresAtMs).toBe(startAtMs + 400 + 3_600_000 - 400)
  expect(second.secret.digest()).not.toBe(first.secret.digest())
})
