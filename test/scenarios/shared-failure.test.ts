import { expect, test } from 'vitest'
import { createMemorySecretStore } from '../../lib/store/memory-token-store.ts'
import { service, user } from './fleet.ts'
import { codesOf, createVirtualFleet, startAtMs, tokenOf } from './virtual-fleet.ts'
import type { VirtualFleet } from './virtual-fleet.ts'

const loginCalls = (fleet: VirtualFleet): number => fleet.looker.counts().calls.login ?? 0

/** Every environment asks once a second; answers all outcomes. */
const askForSeconds = async (fleet: VirtualFleet, environments: number, seconds: number) => {
  const all = Array.from({ length: environments }, fleet.coldStart)
  const outcomes = []
  for (let second = 0; second < seconds; second++) {
    const startedMs = fleet.clock.monotonic()
    outcomes.push(...(await fleet.run(Promise.all(all.map((one) => fleet.outcome(one))))))
    await fleet.clock.advance(Math.max(0, 1_000 - (fleet.clock.monotonic() - startedMs)))
  }
  return outcomes
}

test('in a five minute outage of Looker 100 environments that ask every second try at most 12 logins', async () => {
  const fleet = await createVirtualFleet()
  fleet.looker.setFault('login', { kind: 'status', status: 503 })

  const outcomes = await askForSeconds(fleet, 100, 300)

  expect(loginCalls(fleet)).toBeGreaterThan(5)
  expect(loginCalls(fleet)).toBeLessThanOrEqual(12)
  expect(codesOf(outcomes)).toEqual(['looker-unavailable'])
  expect(outcomes.every((one) => 'retryAfterMs' in one && (one.retryAfterMs ?? 0) > 0)).toBe(true)
}, 60_000)

test('an outage that shows itself in changing ways is one outage', async () => {
  const fleet = await createVirtualFleet()
  const ways = [
    { kind: 'status', status: 503 },
    { kind: 'html404' },
    { kind: 'reset' },
    { kind: 'malformed-json' },
  ] as const
  fleet.looker.queueFaults('login', ...Array.from({ length: 20 }, () => ways).flat())

  await askForSeconds(fleet, 3, 300)

  expect(loginCalls(fleet)).toBeLessThanOrEqual(12)
})

test.each([
  ['seconds', '120'],
  ['a date', new Date(startAtMs + 120_000).toUTCString()],
])('no environment logs in before the time that Looker asks for in %s', async (_, header) => {
  const fleet = await createVirtualFleet()
  fleet.looker.queueFaults('login', {
    kind: 'status',
    status: 429,
    headers: { 'retry-after': header },
  })

  const refused = await askForSeconds(fleet, 5, 119)
  const after = await askForSeconds(fleet, 5, 3)

  expect(codesOf(refused)).toEqual(['looker-rate-limited'])
  expect(after.at(-1)?.code).toBe('ok')
  expect(loginCalls(fleet)).toBe(2)
})

test('tokens that are still good are served throughout the outage, to warm and cold environments', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  await fleet.served(environment)
  await fleet.clock.advance(3_270_000)
  fleet.looker.setFault('every', { kind: 'status', status: 503 })

  const warm = []
  for (let second = 0; second < 299; second++) {
    warm.push(await fleet.served(environment))
    await fleet.clock.advance(1_000)
  }
  const cold = await fleet.served(fleet.coldStart())
  await fleet.clock.advance(2_000)
  const ended = await fleet.served(environment)

  expect(codesOf([...warm, cold])).toEqual(['ok'])
  expect(ended.code).toBe('looker-unavailable')
  expect(loginCalls(fleet)).toBeLessThanOrEqual(12)
})

test('a wrong secret is tried three times by the whole fleet, then once in 15 minutes', async () => {
  const fleet = await createVirtualFleet()
  fleet.looker.state.clientSecret = 'another-secret-0002'

  const outcomes = await askForSeconds(fleet, 20, 60)
  const inTheFirstMinute = loginCalls(fleet)
  await fleet.clock.advance(15 * 60_000)
  await askForSeconds(fleet, 20, 60)

  expect(codesOf(outcomes)).toEqual(['looker-refused-credentials'])
  expect(inTheFirstMinute).toBe(3)
  expect(loginCalls(fleet)).toBe(4)
})

test('a new secret in the table is tried at once', async () => {
  const fleet = await createVirtualFleet()
  fleet.looker.state.clientSecret = 'another-secret-0002'
  await askForSeconds(fleet, 5, 60)
  const before = loginCalls(fleet)

  await fleet.setSecret('another-secret-0002')
  const outcome = await fleet.served(fleet.coldStart())

  expect(outcome).toMatchObject({ code: 'ok' })
  expect(loginCalls(fleet)).toBe(before + 1)
})

test('a new secret that nobody can open does not make the refused one be sent again and again', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  await fleet.served(environment)
  fleet.looker.state.clientSecret = 'another-secret-0002'
  await fleet.setSecret('another-secret-0002')
  fleet.kms.addFault({ error: 'KMSInternalException', operation: 'Decrypt' })
  await fleet.clock.advance(3_590_000)
  const before = loginCalls(fleet)

  for (let second = 0; second < 100; second++) {
    await fleet.served(environment)
    await fleet.clock.advance(1_000)
  }
  const refused = loginCalls(fleet) - before
  fleet.kms.clearFaults()
  await fleet.clock.advance(60_000)
  const after = await fleet.served(environment)

  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThanOrEqual(4)
  expect(after.code).toBe('ok')
})

test('a secret that is gone after Looker refused the known one is asked for, not Looker', async () => {
  const secrets = createMemorySecretStore()
  let gone = false
  const fleet = await createVirtualFleet({
    secrets: {
      ...secrets,
      readSecret: async (key) => (gone ? undefined : secrets.readSecret(key)),
      readSecretVersion: async (key) => (gone ? undefined : secrets.readSecretVersion(key)),
    },
  })
  const environment = fleet.coldStart()
  await fleet.served(environment)
  fleet.looker.state.clientSecret = 'another-secret-0002'
  gone = true
  await fleet.clock.advance(3_590_000)
  const before = loginCalls(fleet)

  for (let second = 0; second < 100; second++) {
    await fleet.served(environment)
    await fleet.clock.advance(1_000)
  }

  expect(loginCalls(fleet) - before).toBe(1)
})

test('an environment that knows the former secret finds the new one with a single refused login', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  await fleet.served(environment)
  fleet.looker.state.clientSecret = 'another-secret-0002'
  await fleet.setSecret('another-secret-0002')
  await fleet.clock.advance(3_400_000)

  const outcome = await fleet.served(environment)

  expect(outcome.code).toBe('ok')
  expect(fleet.looker.counts()).toMatchObject({ logins: 2, failedLogins: 1 })
})

test('without a stored secret nothing is sent to Looker, until there is one', async () => {
  const fleet = await createVirtualFleet({ withoutSecret: true })

  const outcomes = await askForSeconds(fleet, 5, 30)
  await fleet.setSecret('fleet-secret-0001')
  const later = await fleet.served(fleet.coldStart())

  expect(codesOf(outcomes)).toEqual(['secret-missing'])
  expect(later.code).toBe('ok')
  expect(loginCalls(fleet)).toBe(1)
})

test("a user's failure neither touches the service account nor another user", async () => {
  const fleet = await createVirtualFleet()

  const refused = await fleet.served(fleet.coldStart(), user('999'))
  const again = await fleet.served(fleet.coldStart(), user('999'))
  const other = await fleet.served(fleet.coldStart(), user('1'))

  expect(refused.code).toBe('looker-refused-user')
  expect(again).toMatchObject({ code: 'looker-refused-user', tookMs: 0 })
  expect(other.code).toBe('ok')
  expect((await fleet.itemOf(service))?.failure).toBeUndefined()
  expect((await fleet.itemOf(user('999')))?.failure).toMatchObject({ reason: 'refused-user' })
  expect(fleet.looker.counts().calls.login_user).toBe(2)
})

test("the service account's failure is told to a user's caller, and not recorded as the user's", async () => {
  const fleet = await createVirtualFleet()
  fleet.looker.setFault('login', { kind: 'status', status: 503 })

  const outcome = await fleet.served(fleet.coldStart(), user('1'))

  expect(outcome.code).toBe('looker-unavailable')
  expect(await fleet.itemOf(user('1'))).toBeUndefined()
  expect((await fleet.itemOf(service))?.failure).toMatchObject({ reason: 'server-error', count: 1 })
})

test('a base that Looker has forgotten is replaced once, and the user is served', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  await fleet.served(environment)
  fleet.looker.revokeAll()

  const outcome = await fleet.served(environment, user('1'))

  expect(outcome.code).toBe('ok')
  expect(fleet.looker.counts()).toMatchObject({ logins: 2, userLogins: 1 })
  expect((await fleet.itemOf(user('1')))?.failure).toBeUndefined()
})

test('a base that Looker refuses again and again makes no login after login, and no failure of the user', async () => {
  const fleet = await createVirtualFleet()
  fleet.looker.setFault('login_user', { kind: 'status', status: 401 })
  const environments = Array.from({ length: 10 }, fleet.coldStart)

  const outcomes = []
  while (fleet.clock.monotonic() < 25_000) {
    outcomes.push(
      ...(await fleet.run(Promise.all(environments.map((one) => fleet.outcome(one, user('1')))))),
    )
    await fleet.clock.advance(1_000)
  }

  expect(codesOf(outcomes)).not.toContain('ok')
  expect(fleet.logins()).toBe(2)
  expect((await fleet.itemOf(user('1')))?.failure).toBeUndefined()
})

test('a base that ends while the login of the user runs is not the failure of the user', async () => {
  const fleet = await createVirtualFleet({ looker: { expiresInSeconds: 45 } })
  const environment = fleet.coldStart()
  await fleet.served(environment)
  await fleet.clock.advance(14_000)
  fleet.looker.queueFaults('login_user', { kind: 'slow', ms: 4_000 })
  fleet.looker.revokeAll()

  const outcome = await fleet.served(environment, user('1'))

  expect(outcome.code).toBe('ok')
  expect((await fleet.itemOf(user('1')))?.failure).toBeUndefined()
})

test('a dev switch that Looker does not confirm is a failed login, logged out and shared', async () => {
  const fleet = await createVirtualFleet()
  fleet.looker.setFault('update_session', { kind: 'wrong-workspace' })
  const dev = { ...service, workspace: 'dev' as const }

  const outcome = await fleet.served(fleet.coldStart(), dev)

  expect(outcome.code).toBe('looker-unavailable')
  expect(fleet.looker.state.tokens.countLive()).toBe(0)
  expect((await fleet.itemOf(dev))?.failure).toMatchObject({ reason: 'workspace-not-confirmed' })
})

test('tokens that live no longer than the margin are refused as one failure, not asked for by each caller', async () => {
  const fleet = await createVirtualFleet({ looker: { expiresInSeconds: 30 } })

  const outcomes = await askForSeconds(fleet, 10, 60)

  expect(codesOf(outcomes)).toEqual(['looker-unavailable'])
  expect(loginCalls(fleet)).toBeLessThanOrEqual(6)
  expect(fleet.looker.state.tokens.countLive()).toBe(0)
})

test('a renewal that fails leaves the caller with the token that is still good', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  const token = tokenOf(await fleet.served(environment, user('1')))
  await fleet.clock.advance(3_400_000)
  fleet.looker.setFault('every', { kind: 'status', status: 503 })

  const outcome = await fleet.served(environment, user('1'))

  expect(tokenOf(outcome)).toBe(token)
})

test('who finds a good token does not ask for the version of the secret, whatever failed before', async () => {
  const secrets = createMemorySecretStore()
  let asked = 0
  const readSecretVersion: typeof secrets.readSecretVersion = async (key) => {
    asked += 1
    return secrets.readSecretVersion(key)
  }
  const fleet = await createVirtualFleet({ secrets: { ...secrets, readSecretVersion } })
  const environment = fleet.coldStart()
  await fleet.served(environment)
  fleet.looker.state.clientSecret = 'another-secret-0002'
  await fleet.clock.advance(1_000_000)
  await fleet.served(environment, service, { minTtlMs: 3_000_000 })
  asked = 0

  const outcome = await fleet.served(fleet.coldStart())

  expect((await fleet.itemOf())?.failure).toMatchObject({ reason: 'refused-credentials' })
  expect(outcome.code).toBe('ok')
  expect(asked).toBe(0)
})
