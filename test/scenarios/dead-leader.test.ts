import { expect, test } from 'vitest'
import {
  codesOf,
  createVirtualFleet,
  distinct,
  leaseMs,
  loginMs,
  stoppedAt,
  tokenOf,
} from './virtual-fleet.ts'
import type { AwaitPoint } from './virtual-fleet.ts'

/** Ten environments wait for a leader that never goes on from the point. */
const bereaved = async (point: AwaitPoint) => {
  const fleet = await createVirtualFleet({
    services: (services, index) => (index === 0 ? stoppedAt(point, services).services : services),
  })
  if (point.endsWith('release')) fleet.looker.queueFaults('login', { kind: 'status', status: 503 })
  void fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1)
  const others = Array.from({ length: 10 }, fleet.coldStart)
  const outcomes = await fleet.run(Promise.all(others.map((one) => fleet.outcome(one))))
  return { fleet, outcomes }
}

test.each<[AwaitPoint, number]>([
  ['before takeLease', 1],
  ['after takeLease', 1],
  ['before login', 1],
  ['after login', 2],
  ['before publish', 2],
  ['after publish', 1],
])(
  'when the leader dies %s the others are served one token after %i login(s), within 1.1 leases and a login',
  async (point, logins) => {
    const { fleet, outcomes } = await bereaved(point)

    expect(codesOf(outcomes)).toEqual(['ok'])
    expect(distinct(outcomes.map(tokenOf))).toBe(1)
    expect(fleet.logins()).toBe(logins)
    const slowest = Math.max(...outcomes.map(({ tookMs }) => tookMs))
    expect(slowest).toBeLessThanOrEqual(1.1 * leaseMs + loginMs)
  },
)

test('when the leader dies after a failed login, before it says so, the others take over too', async () => {
  const { fleet, outcomes } = await bereaved('before release')

  expect(codesOf(outcomes)).toEqual(['ok'])
  expect(fleet.looker.counts().calls.login).toBe(2)
})

test('when the leader dies after it shared a failure, the others keep to it', async () => {
  const { fleet, outcomes } = await bereaved('after release')

  expect(codesOf(outcomes)).toEqual(['looker-unavailable'])
  expect(fleet.looker.counts().calls.login).toBe(1)
  for (const { tookMs } of outcomes) expect(tookMs).toBeLessThan(1_000)
})

test('nobody takes over before the lease has stood for its whole length', async () => {
  const { fleet } = await bereaved('after takeLease')

  const lastWait = fleet.events.findLast((event) => event.name === 'lease-waited')

  expect(fleet.eventsOf('lease-taken')).toMatchObject([{ taken_over: true }])
  expect(lastWait?.wait_ms).toBeGreaterThanOrEqual(leaseMs)
})

test('an environment that comes long after the death takes over by the wall clock', async () => {
  const fleet = await createVirtualFleet({
    services: (services, index) =>
      index === 0 ? stoppedAt('after takeLease', services).services : services,
  })
  void fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(leaseMs + 500)

  const outcome = await fleet.served(fleet.coldStart())

  expect(outcome).toMatchObject({ code: 'ok', tookMs: 400 })
})
