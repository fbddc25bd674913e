import { expect, test } from 'vitest'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import { service, serviceDev, user } from './fleet.ts'
import { withoutLease } from './stores.ts'
import { createVirtualFleet, distinct } from './virtual-fleet.ts'

test.each([1, 2, 10, 50, 200, 1000])(
  '%i cold environments at the same instant make one login and are all served its token',
  async (size) => {
    const fleet = await createVirtualFleet()
    const environments = Array.from({ length: size }, fleet.coldStart)

    const tokens = await fleet.run(Promise.all(environments.map((one) => fleet.ask(one))))

    expect(fleet.looker.counts().logins).toBe(1)
    expect(tokens).toHaveLength(size)
    expect(distinct(tokens)).toBe(1)
  },
)

test.each([2, 10, 50])(
  'with the lease switched off %i cold environments make as many logins: the lease is the guard',
  async (size) => {
    const fleet = await createVirtualFleet({ store: withoutLease(createMemoryTokenStore()) })
    const environments = Array.from({ length: size }, fleet.coldStart)

    await fleet.run(Promise.all(environments.map((one) => fleet.ask(one))))

    expect(fleet.looker.counts().logins).toBe(size)
  },
)

test.each([2, 10, 100, 1000, 10_000])(
  '%i parallel calls in one environment make one login, one read and one KMS call of each kind',
  async (calls) => {
    const fleet = await createVirtualFleet()
    const environment = fleet.coldStart()

    const tokens = await fleet.run(
      Promise.all(Array.from({ length: calls }, () => fleet.ask(environment))),
    )

    expect(fleet.looker.counts().logins).toBe(1)
    expect(distinct(tokens)).toBe(1)
    expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 1, Decrypt: 1 })
  },
)

test('principals do not mix: each of 20 users, the service account and its dev workspace have their own', async () => {
  const fleet = await createVirtualFleet()
  const users = Array.from({ length: 20 }, (_, index) => user(String(index + 1)))
  const principals = [service, serviceDev, ...users, { ...user('1'), workspace: 'dev' as const }]

  const served = await fleet.run(
    Promise.all(
      principals.flatMap((principal) =>
        Array.from({ length: 3 }, async () => ({
          principal,
          token: await fleet.ask(fleet.coldStart(), principal),
        })),
      ),
    ),
  )

  expect(fleet.looker.counts()).toMatchObject({ logins: 2, userLogins: 21, workspaceSwitches: 2 })
  expect(distinct(served.map(({ token }) => token))).toBe(23)
  for (const { principal, token } of served) {
    expect(fleet.looker.state.tokens.find(token.secret.reveal())).toMatchObject({
      userId: principal.userId ?? '1000',
      workspace: principal.workspace,
    })
  }
})

test('dev and production tokens of one user live side by side in one environment', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  const dev = { ...user('7'), workspace: 'dev' as const }

  const [production, inDev] = await fleet.run(
    Promise.all([fleet.ask(environment, user('7')), fleet.ask(environment, dev)]),
  )
  const [productionAgain, devAgain] = await fleet.run(
    Promise.all([fleet.ask(environment, user('7')), fleet.ask(environment, dev)]),
  )

  expect(fleet.looker.counts().userLogins).toBe(2)
  expect(productionAgain).toBe(production)
  expect(devAgain).toBe(inDev)
  expect(production).not.toBe(inDev)
})

test('a herd with different demands shares the one login', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()

  const tokens = await fleet.run(
    Promise.all(
      [0, 60_000, 600_000].map((minTtlMs) => fleet.ask(environment, service, { minTtlMs })),
    ),
  )

  expect(fleet.looker.counts().logins).toBe(1)
  expect(distinct(tokens)).toBe(1)
})
