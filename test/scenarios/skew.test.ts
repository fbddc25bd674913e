import { expect, test } from 'vitest'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import { createFakeClock } from './fake-clock.ts'
import {
  codesOf,
  createVirtualFleet,
  distinct,
  leaseMs,
  startAtMs,
  stoppedAt,
  tokenOf,
} from './virtual-fleet.ts'

const lookerEndAtMs = 3_600_000 + 400

test.each([
  [1_000, 1],
  [-1_000, 1],
  [-30_000, 1],
  // To a clock so far ahead the lease is long over. What it publishes everybody gets.
  [30_000, 2],
])(
  'a herd whose every other clock is %i ms ahead shares one token, after at most %i login(s)',
  async (aheadMs, logins) => {
    const clock = createFakeClock(startAtMs)
    const fleet = await createVirtualFleet({
      clock,
      services: (services, index) =>
        index % 2 === 0 ? services : { ...services, clock: clock.skewed(aheadMs) },
    })
    const environments = Array.from({ length: 20 }, fleet.coldStart)

    const outcomes = await fleet.run(Promise.all(environments.map((one) => fleet.outcome(one))))

    expect(codesOf(outcomes)).toEqual(['ok'])
    expect(distinct(outcomes.map(tokenOf))).toBe(1)
    expect(fleet.logins()).toBeLessThanOrEqual(logins)
  },
)

test.each([-30_000, 30_000])(
  'a token made by a leader whose clock is %i ms ahead is never served past its end at Looker',
  async (aheadMs) => {
    const clock = createFakeClock(startAtMs)
    const fleet = await createVirtualFleet({
      clock,
      services: (services, index) =>
        index === 0 ? { ...services, clock: clock.skewed(aheadMs) } : services,
    })
    await fleet.served(fleet.coldStart())
    const environment = fleet.coldStart()

    const seen = new Map<string, number>()
    for (let second = 0; second < 3_700; second += 5) {
      const token = tokenOf(await fleet.served(environment))
      seen.set(token.secret.digest(), fleet.clock.monotonic())
      await fleet.clock.advance(5_000)
    }

    const [firstServedUntilMs = Infinity] = [...seen.values()]
    expect(firstServedUntilMs).toBeLessThan(lookerEndAtMs)
    expect(fleet.logins()).toBe(2)
  },
)

test.each([-30_000, 30_000])(
  'a jump of the wall clock by %i ms during the login does not lengthen the token',
  async (jumpMs) => {
    const clock = createFakeClock(startAtMs)
    const fleet = await createVirtualFleet({ clock })
    const asked = fleet.outcome(fleet.coldStart())
    await clock.advance(200)
    clock.jump(jumpMs)

    const token = tokenOf(await fleet.run(asked))

    // Looker counts 3,600 s from 400 ms, by a clock that jumped as well.
    expect(token.expiresAtMs).toBe(startAtMs + Math.min(0, jumpMs) + 3_600_000)
  },
)

test('the lease of a dead leader whose clock is an hour ahead is taken over after its length', async () => {
  const clock = createFakeClock(startAtMs)
  const fleet = await createVirtualFleet({
    clock,
    services: (services, index) =>
      index === 0
        ? stoppedAt('after takeLease', { ...services, clock: clock.skewed(3_600_000) }).services
        : services,
  })
  void fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1)

  const outcome = await fleet.served(fleet.coldStart())

  expect(outcome.code).toBe('ok')
  expect(outcome.tookMs).toBeLessThanOrEqual(1.1 * leaseMs + 400)
})

test('with clocks ten minutes apart the logins stay bounded, also while Looker refuses them', async () => {
  const clock = createFakeClock(startAtMs)
  const fleet = await createVirtualFleet({
    clock,
    services: (services, index) => ({
      ...services,
      clock: clock.skewed((index % 3) * 600_000 - 600_000),
    }),
  })
  fleet.looker.setFault('login', { kind: 'status', status: 503 })
  const environments = Array.from({ length: 12 }, fleet.coldStart)

  for (let second = 0; second < 120; second++) {
    await fleet.run(Promise.all(environments.map((one) => fleet.outcome(one))))
    await clock.advance(1_000)
  }

  expect(fleet.looker.counts().calls.login).toBeLessThanOrEqual(60)
})

test('the renewal of one environment never shortens what another holds: generations only grow', async () => {
  const clock = createFakeClock(startAtMs)
  const store = createMemoryTokenStore()
  const fleet = await createVirtualFleet({
    clock,
    store,
    services: (services, index) => ({ ...services, clock: clock.skewed(index * -30_000) }),
  })
  const environments = Array.from({ length: 4 }, fleet.coldStart)

  const generations: number[] = []
  for (let minute = 0; minute < 300; minute++) {
    await fleet.run(Promise.all(environments.map((one) => fleet.outcome(one))))
    generations.push((await fleet.itemOf())?.generation ?? 0)
    await clock.advance(60_000)
  }

  expect(generations).toEqual(generations.toSorted((a, b) => a - b))
  expect(fleet.logins()).toBeLessThanOrEqual(6)
})
