import { expect, test } from 'vitest'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import type { TokenStore } from '../../lib/store/token-store.ts'
import { withoutFence } from './stores.ts'
import { createVirtualFleet, leaseMs, startAtMs, stoppedAt, tokenOf } from './virtual-fleet.ts'
import type { AwaitPoint, Mortal } from './virtual-fleet.ts'

/** The first environment stops at the point; the second takes over; then the first goes on. */
const overtaken = async (point: AwaitPoint, store: TokenStore = createMemoryTokenStore()) => {
  let first: Mortal | undefined
  const fleet = await createVirtualFleet({
    store,
    services: (services, index) => {
      if (index > 0) return services
      first = stoppedAt(point, services)
      return first.services
    },
  })
  const late = fleet.outcome(fleet.coldStart(), undefined, {}, 60_000)
  await fleet.clock.advance(1_000)
  const successor = tokenOf(await fleet.served(fleet.coldStart()))
  const published = await fleet.itemOf()
  await fleet.clock.advance(2 * leaseMs)
  first?.thaw()
  return { fleet, successor, published, late: tokenOf(await fleet.run(late)) }
}

test.each<AwaitPoint>(['before login', 'after login', 'before publish'])(
  'a leader stopped %s and thawed after two leases changes nothing and is served the newer token',
  async (point) => {
    const { fleet, successor, published, late } = await overtaken(point)

    expect(late.secret.digest()).toBe(successor.secret.digest())
    expect(await fleet.itemOf()).toEqual(published)
    expect(fleet.logins()).toBeLessThanOrEqual(2)
  },
)

test('the token of a late leader is logged out at Looker, as nobody will ever use it', async () => {
  const { fleet, late } = await overtaken('before publish')

  expect(fleet.looker.counts()).toMatchObject({ logins: 2, logouts: 1 })
  expect(fleet.looker.state.tokens.countLive()).toBe(1)
  expect(fleet.looker.state.tokens.find(late.secret.reveal())).toBeDefined()
  expect(fleet.eventsOf('late-login-discarded')).toHaveLength(1)
})

test('a store without the condition lets the late leader overwrite the newer token: the condition is the guard', async () => {
  const { fleet, successor, published, late } = await overtaken(
    'before publish',
    withoutFence(createMemoryTokenStore()),
  )

  expect(late.secret.digest()).not.toBe(successor.secret.digest())
  expect((await fleet.itemOf())?.sealed?.frame).not.toEqual(published?.sealed?.frame)
  expect(fleet.looker.counts().logouts).toBe(0)
})

test('a leader thawed after its lease does not begin a login at Looker', async () => {
  const { fleet } = await overtaken('after takeLease')

  expect(fleet.looker.counts()).toMatchObject({ logins: 1, logouts: 0 })
})

test('a late leader whose login failed does not share that failure, but finds the newer token', async () => {
  let first: Mortal | undefined
  const fleet = await createVirtualFleet({
    services: (services, index) => {
      if (index > 0) return services
      first = stoppedAt('after login', services)
      return first.services
    },
  })
  fleet.looker.queueFaults('login', { kind: 'status', status: 503 })
  const late = fleet.outcome(fleet.coldStart(), undefined, {}, 60_000)
  await fleet.clock.advance(1_000)
  const successor = tokenOf(await fleet.served(fleet.coldStart()))
  first?.thaw()

  const outcome = await fleet.run(late)

  expect(tokenOf(outcome).secret.digest()).toBe(successor.secret.digest())
  expect((await fleet.itemOf())?.failure).toBeUndefined()
})

test('a leader frozen for its whole lease, which nobody missed, blames no one and logs in anew', async () => {
  let leader: Mortal | undefined
  const fleet = await createVirtualFleet({
    services: (services) => {
      leader = stoppedAt('after takeLease', services)
      return leader.services
    },
  })
  const asked = fleet.outcome(fleet.coldStart(), undefined, {}, 60_000)
  await fleet.clock.advance(3 * leaseMs)
  leader?.thaw()

  const outcome = await fleet.run(asked)

  expect(outcome.code).toBe('ok')
  expect(fleet.eventsOf('login-failed')).toEqual([])
  expect(fleet.looker.counts()).toMatchObject({ logins: 1, calls: { login: 1 } })
})

test('generations begin with the epoch seconds, so that they grow even after the item was removed', async () => {
  const fleet = await createVirtualFleet()

  await fleet.served(fleet.coldStart())

  expect((await fleet.itemOf())?.generation).toBe(startAtMs / 1000)
})
