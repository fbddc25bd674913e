import { expect, test } from 'vitest'
import type { StoreFailure } from '../../lib/errors.ts'
import { service, user } from './fleet.ts'
import { codesOf, createVirtualFleet, tokenOf } from './virtual-fleet.ts'
import type { VirtualFleet } from './virtual-fleet.ts'

const lifeMs = 3_600_000
const marginMs = 30_000

/** An environment that opened a service token once, and so knows the client secret. */
const warmFleet = async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  const token = tokenOf(await fleet.served(environment))
  return { fleet, environment, token, issuedMs: fleet.clock.monotonic() }
}

const lookerCalls = (fleet: VirtualFleet): number => fleet.looker.counts().calls.login ?? 0

test.each<StoreFailure>(['unavailable', 'throttled', 'refused'])(
  'with the table %s a warm environment serves its token to the real end',
  async (failing) => {
    const { fleet, environment, token } = await warmFleet()
    fleet.table.failing = failing

    const outcomes = [await fleet.served(environment)]
    await fleet.clock.advance(lifeMs - marginMs - 2_000 - 400)
    outcomes.push(await fleet.served(environment), await fleet.served(environment))

    expect(outcomes.map(tokenOf)).toEqual([token, token, token])
    expect(lookerCalls(fleet)).toBe(1)
  },
)

test('an aging token is served at once while the table is throttled, without waiting for it', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(3_400_000)
  fleet.table.failing = 'throttled'
  fleet.table.only = ['takeLease']

  const outcome = await fleet.served(environment)

  expect(outcome).toMatchObject({ code: 'ok', tookMs: 0 })
})

test('while the table is away it is asked every ten seconds at most', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(3_400_000)
  fleet.table.failing = 'unavailable'
  fleet.table.calls.read = 0

  for (let second = 0; second < 30; second++) {
    await fleet.served(environment)
    await fleet.clock.advance(1_000)
  }

  expect(fleet.table.calls.read).toBe(3)
})

test('with the table away a warm environment logs in by itself, once per life of a token', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'

  const outcomes = []
  for (let minute = 0; minute < 50; minute++) {
    outcomes.push(await fleet.served(environment))
    await fleet.clock.advance(60_000)
  }

  expect(codesOf(outcomes)).toEqual(['ok'])
  expect(lookerCalls(fleet)).toBe(2)
  expect(fleet.eventsOf('token-served')).toContainEqual(
    expect.objectContaining({ layer: 'alone', workspace: 'production' }),
  )
})

test('parallel callers with different demands share the login of an environment alone', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'

  const outcomes = await fleet.run(
    Promise.all(
      [0, 60_000, 600_000].map((minTtlMs) => fleet.outcome(environment, service, { minTtlMs })),
    ),
  )

  expect(codesOf(outcomes)).toEqual(['ok'])
  expect(lookerCalls(fleet)).toBe(2)
})

test('a user is served by an environment alone, on a base that it made alone', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'

  const outcome = await fleet.served(environment, user('1'))

  expect(outcome.code).toBe('ok')
  expect(fleet.looker.counts()).toMatchObject({ logins: 2, userLogins: 1 })
})

test('a token of an environment alone that is reported as refused is replaced after 30 s', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'
  const alone = tokenOf(await fleet.served(environment))
  const demand = { refusedDigest: alone.secret.digest() }

  const early = await fleet.served(environment, service, demand)
  await fleet.clock.advance(30_000)
  const later = await fleet.served(environment, service, demand)

  expect(early).toMatchObject({ code: 'renewal-limited', retryAfterMs: 30_000 })
  expect(later.code).toBe('ok')
  expect(lookerCalls(fleet)).toBe(3)
})

test('a login alone that fails backs off, whatever the wall clock does', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'
  fleet.looker.setFault('login', { kind: 'status', status: 503 })

  const outcomes = []
  for (let second = 0; second < 60; second++) {
    outcomes.push(await fleet.served(environment))
    await fleet.clock.advance(1_000)
    fleet.clock.jump(60_000)
  }

  expect(codesOf(outcomes)).toEqual(['looker-unavailable'])
  expect(lookerCalls(fleet) - 1).toBeLessThanOrEqual(6)
})

test.each<[StoreFailure, string]>([
  ['unavailable', 'table-unavailable'],
  ['throttled', 'table-throttled'],
  ['refused', 'misconfigured'],
])(
  'with the table %s a cold environment, which knows no secret, answers %s without a login',
  async (failing, code) => {
    const fleet = await createVirtualFleet()
    fleet.table.failing = failing

    const outcomes = await fleet.run(
      Promise.all(Array.from({ length: 10 }, () => fleet.outcome(fleet.coldStart()))),
    )

    expect(codesOf(outcomes)).toEqual([code])
    expect(lookerCalls(fleet)).toBe(0)
    for (const { tookMs } of outcomes) expect(tookMs).toBeLessThanOrEqual(12_000)
  },
)

test.each<[StoreFailure, string]>([
  ['throttled', 'table-throttled'],
  ['refused', 'misconfigured'],
])(
  'with the table %s an environment whose token ended answers %s: a login of each would be a herd',
  async (failing, code) => {
    const { fleet, environment } = await warmFleet()
    await fleet.clock.advance(lifeMs)
    fleet.table.failing = failing

    const outcome = await fleet.served(environment)

    expect(outcome.code).toBe(code)
    expect(lookerCalls(fleet)).toBe(1)
  },
)

test('a throttled table is waited for inside the deadline, by a herd that then makes one login', async () => {
  const fleet = await createVirtualFleet()
  fleet.table.failing = 'throttled'
  const herd = Promise.all(Array.from({ length: 20 }, () => fleet.outcome(fleet.coldStart())))
  await fleet.clock.advance(3_000)
  fleet.table.failing = undefined

  const outcomes = await fleet.run(herd)

  expect(codesOf(outcomes)).toEqual(['ok'])
  expect(lookerCalls(fleet)).toBe(1)
})

test('a lease that comes too late for a login is not begun with', async () => {
  const fleet = await createVirtualFleet()
  fleet.table.failing = 'throttled'
  fleet.table.only = ['takeLease']
  const asked = fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(6_700)
  fleet.table.failing = undefined

  const outcome = await fleet.run(asked)

  expect(outcome.code).toBe('table-throttled')
  expect(lookerCalls(fleet)).toBe(0)
})

const kmsErrors = [
  'AccessDeniedException',
  'DependencyTimeoutException',
  'DisabledException',
  'KMSInternalException',
  'KMSInvalidStateException',
  'KeyUnavailableException',
  'NotFoundException',
  'ThrottlingException',
  'reset',
] as const

test.each(kmsErrors)(
  'when KMS answers %s a warm environment renews under the key it has, and a cold one answers 503',
  async (error) => {
    const { fleet, environment } = await warmFleet()
    await fleet.clock.advance(lifeMs)
    fleet.kms.addFault({ error })

    const warm = await fleet.served(environment)
    const cold = await fleet.served(fleet.coldStart())

    expect(warm.code).toBe('ok')
    expect(cold).toMatchObject({ code: 'keys-unavailable', retryAfterMs: 5_000 })
    expect(lookerCalls(fleet)).toBe(2)
  },
)

test('without KMS and with a key past its age a login is kept by its environment and stored nowhere', async () => {
  const { fleet, environment } = await warmFleet()
  const sealed = (await fleet.itemOf())?.sealed
  await fleet.clock.advance(25 * lifeMs)
  fleet.kms.disable()

  const outcomes = []
  for (let minute = 0; minute < 50; minute++) {
    outcomes.push(await fleet.served(environment))
    await fleet.clock.advance(60_000)
  }

  expect(codesOf(outcomes)).toEqual(['ok'])
  expect(lookerCalls(fleet)).toBe(2)
  expect((await fleet.itemOf())?.sealed).toEqual(sealed)
  expect((await fleet.itemOf())?.lease).toBeUndefined()
  expect(fleet.eventsOf('token-not-stored')).toMatchObject([{ why: 'keys' }])
})

test('an environment that cannot open the newer token serves the one it holds', async () => {
  const { fleet, environment, token } = await warmFleet()
  await fleet.clock.advance(3_400_000)
  fleet.kms.rotate()
  await fleet.served(fleet.coldStart())
  fleet.kms.disable()

  const outcome = await fleet.served(environment)

  expect([token.generation, (await fleet.itemOf())?.sealed?.generation]).toContain(
    tokenOf(outcome).generation,
  )
})

test('in a cold fleet without KMS nobody logs in at Looker, and everyone is answered in time', async () => {
  const fleet = await createVirtualFleet()
  fleet.kms.disable()

  const outcomes = await fleet.run(
    Promise.all(Array.from({ length: 30 }, () => fleet.outcome(fleet.coldStart()))),
  )

  expect(codesOf(outcomes)).toEqual(['keys-unavailable'])
  expect(lookerCalls(fleet)).toBe(0)
})

test('with table and KMS both away a warm environment still serves, then logs in alone', async () => {
  const { fleet, environment, token } = await warmFleet()
  fleet.table.failing = 'unavailable'
  fleet.kms.disable()

  const first = await fleet.served(environment)
  await fleet.clock.advance(lifeMs)
  const second = await fleet.served(environment)

  expect(tokenOf(first)).toBe(token)
  expect(second.code).toBe('ok')
  expect(lookerCalls(fleet)).toBe(2)
})

test('with table and Looker both away the token is served to its end, and then nothing', async () => {
  const { fleet, environment, token } = await warmFleet()
  fleet.table.failing = 'unavailable'
  fleet.looker.setFault('every', { kind: 'reset' })

  await fleet.clock.advance(3_560_000)
  const last = await fleet.served(environment)
  await fleet.clock.advance(20_000)
  const none = await fleet.served(environment)

  expect(tokenOf(last)).toBe(token)
  expect(none).toMatchObject({ code: 'looker-unavailable', retryAfterMs: 2_000 })
})

test('when the table comes back the fleet has one token again', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'
  await fleet.served(environment)
  fleet.table.failing = undefined

  const cold = tokenOf(await fleet.served(fleet.coldStart()))
  await fleet.clock.advance(3_400_000)
  const outcomes = [await fleet.served(environment), await fleet.served(fleet.coldStart())]

  expect(outcomes.map((one) => tokenOf(one).generation)).toEqual([
    tokenOf(outcomes[0] ?? { code: 'internal', retryAfterMs: 0, tookMs: 0 }).generation,
    (await fleet.itemOf())?.sealed?.generation,
  ])
  expect(cold.generation).toBeGreaterThan(0)
  expect(lookerCalls(fleet)).toBeLessThanOrEqual(4)
})

test('when only the mark of use cannot be written the token is served all the same', async () => {
  const { fleet } = await warmFleet()
  const scheduler = fleet.coldStart()
  await fleet.clock.advance(3_300_000)
  await fleet.run(scheduler.renewDue({ remainingMs: () => 50_000 }))
  fleet.table.failing = 'unavailable'
  fleet.table.only = ['markUsed']

  const outcome = await fleet.served(fleet.coldStart())

  expect(outcome.code).toBe('ok')
  expect(fleet.table.calls.markUsed).toBe(1)
})

test('with the table away nobody begins a login alone without the time for it', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'

  const outcome = await fleet.run(fleet.outcome(environment, service, {}, 5_000))

  expect(outcome.code).toBe('table-unavailable')
  expect(lookerCalls(fleet)).toBe(1)
})

test('with the table away the schedule logs nobody in alone', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'

  const outcome = await fleet.run(fleet.outcome(environment, service, { renewal: true }))

  expect(outcome.code).toBe('table-unavailable')
  expect(lookerCalls(fleet)).toBe(1)
})

test('with the table away a slow base is not followed by a login of the user without the time for it', async () => {
  const { fleet, environment } = await warmFleet()
  await fleet.clock.advance(lifeMs)
  fleet.table.failing = 'unavailable'
  fleet.looker.state.loginLatencyMs = 2_000

  const outcome = await fleet.run(fleet.outcome(environment, user('1'), {}, 6_000))

  expect(outcome.code).toBe('login-in-progress')
  expect(fleet.looker.counts()).toMatchObject({ logins: 2, userLogins: 0 })
})
