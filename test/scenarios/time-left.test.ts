import { expect, test } from 'vitest'
import { service, user } from './fleet.ts'
import { codesOf, createVirtualFleet, leaseMs, tokenOf } from './virtual-fleet.ts'

/** What a request keeps back of its time for its answer. */
const reserveMs = 100

test('a request that could not finish a login does not take the lease, and says so at once', async () => {
  const fleet = await createVirtualFleet()

  const outcome = await fleet.served(fleet.coldStart(), service, {}, leaseMs + reserveMs - 1)

  expect(outcome).toMatchObject({ code: 'login-in-progress', retryAfterMs: 1_000, tookMs: 0 })
  expect(fleet.table.calls).toMatchObject({ read: 1, takeLease: 0 })
  expect(fleet.logins()).toBe(0)
})

test('a request with just enough time logs in', async () => {
  const fleet = await createVirtualFleet()

  const outcome = await fleet.served(fleet.coldStart(), service, {}, leaseMs + reserveMs)

  expect(outcome).toMatchObject({ code: 'ok', tookMs: 400 })
})

test('a request that joined a search answers at its own deadline, while the search goes on', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()

  const [starter, joiner] = await fleet.run(
    Promise.all([fleet.outcome(environment), fleet.outcome(environment, service, {}, 250)]),
  )

  expect(starter).toMatchObject({ code: 'ok', tookMs: 400 })
  expect(joiner).toMatchObject({ code: 'login-in-progress', tookMs: 250 })
})

test('who joined the search of a request without time begins another of its own', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()

  const [starter, joiner] = await fleet.run(
    Promise.all([fleet.outcome(environment, service, {}, 1_000), fleet.outcome(environment)]),
  )

  expect(starter).toMatchObject({ code: 'login-in-progress' })
  expect(joiner).toMatchObject({ code: 'ok' })
  expect(fleet.logins()).toBe(1)
})

test('a waiter in another environment gives up inside its own deadline', async () => {
  const fleet = await createVirtualFleet()
  fleet.looker.setFault('login', { kind: 'slow', ms: 3_000 })
  const leader = fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(10)

  const outcome = await fleet.served(fleet.coldStart(), service, {}, 2_000)

  expect(outcome).toMatchObject({ code: 'login-in-progress' })
  expect(outcome.tookMs).toBeLessThanOrEqual(2_000)
  expect(await fleet.run(leader)).toMatchObject({ code: 'ok' })
})

test('a request without time for a login is served the aging token, and leaves the renewal to others', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  const first = tokenOf(await fleet.served(environment))
  await fleet.clock.advance(3_400_000)

  const outcome = await fleet.served(environment, service, {}, 1_000)

  expect(tokenOf(outcome)).toBe(first)
  expect(fleet.logins()).toBe(1)
})

test('while one caller renews an aging token the others of its environment go on using it', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  await fleet.served(environment)
  await fleet.clock.advance(3_400_000)

  const [renewer, ...others] = await fleet.run(
    Promise.all(Array.from({ length: 20 }, () => fleet.outcome(environment))),
  )

  expect(renewer).toMatchObject({ code: 'ok', tookMs: 400 })
  expect(others.map(({ tookMs }) => tookMs)).toEqual(Array.from({ length: 19 }, () => 0))
  expect(fleet.logins()).toBe(2)
})

test('the time that the base took is not taken from the login of the user', async () => {
  const fleet = await createVirtualFleet()
  fleet.looker.setFault('login', { kind: 'slow', ms: 2_000 })

  const outcome = await fleet.served(fleet.coldStart(), user('1'), {}, 6_000)

  expect(outcome).toMatchObject({ code: 'login-in-progress', tookMs: 2_400 })
  expect(fleet.looker.counts()).toMatchObject({ logins: 1, userLogins: 0 })
  expect(await fleet.itemOf(user('1'))).toBeUndefined()
})

test('a herd that all come too late is answered without a login', async () => {
  const fleet = await createVirtualFleet()

  const outcomes = await fleet.run(
    Promise.all(
      Array.from({ length: 50 }, () => fleet.outcome(fleet.coldStart(), service, {}, 500)),
    ),
  )

  expect(codesOf(outcomes)).toEqual(['login-in-progress'])
  expect(fleet.looker.counts().calls.login).toBeUndefined()
})
