import { expect, test } from 'vitest'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import { clientSecret } from './fleet.ts'
import { codesIn, createTableFleet } from './sdk-table.ts'
import type { SourceOutcome, TableFleet } from './sdk-table.ts'

const wrong = { clientSecret: 'wrong-secret-0002' }
const right = { clientSecret }

const askForSeconds = async (
  fleet: TableFleet,
  sources: ReturnType<TableFleet['sources']>,
  seconds: number,
): Promise<SourceOutcome[]> => {
  const outcomes: SourceOutcome[] = []
  for (let second = 0; second < seconds; second++) {
    outcomes.push(...(await fleet.run(Promise.all(sources.map((one) => fleet.outcome(one))))))
    await fleet.clock.advance(1_000)
  }
  return outcomes
}

test('where no secret is stored the given one logs in, and is not put into the table', async () => {
  const fleet = await createTableFleet({ withoutSecret: true })

  const given = await fleet.served(fleet.source(right))
  await fleet.clock.advance(3_600_000)
  const without = await fleet.served(fleet.source())

  expect([given.code, without.code]).toEqual(['ok', 'secret-missing'])
})

test('a secret stored later is used from the next login', async () => {
  const fleet = await createTableFleet({ withoutSecret: true })
  const source = fleet.source(right)
  await fleet.served(source)
  fleet.looker.state.clientSecret = 'rotated-secret-0003'
  await fleet.setSecret('rotated-secret-0003')
  await fleet.clock.advance(3_600_000)

  const outcome = await fleet.served(source)

  expect(outcome.code).toBe('ok')
  expect(fleet.looker.counts()).toMatchObject({ logins: 2, failedLogins: 0 })
})

test('a stored secret counts, also one that Looker refuses while the given one is right', async () => {
  const fleet = await createTableFleet()
  await fleet.setSecret('stored-and-wrong')

  const outcomes = await askForSeconds(fleet, fleet.sources(5, right), 10)

  expect(codesIn(outcomes)).toEqual(['looker-refused-credentials'])
  expect(fleet.logins()).toBe(0)
  expect(fleet.loginCalls()).toBeLessThanOrEqual(3)
})

test('a given secret that Looker refuses is tried three times by 100 environments, then once in 15 minutes', async () => {
  const fleet = await createTableFleet({ withoutSecret: true })
  const sources = fleet.sources(100, wrong)

  const outcomes = await askForSeconds(fleet, sources, 60)
  const inTheFirstMinute = fleet.loginCalls()
  await fleet.clock.advance(15 * 60_000)
  await askForSeconds(fleet, sources, 60)

  expect(codesIn(outcomes)).toEqual(['looker-refused-credentials'])
  expect(inTheFirstMinute).toBe(3)
  expect(fleet.loginCalls()).toBe(4)
}, 60_000)

test('it is tried again and again without the shared gate', async () => {
  const store = createMemoryTokenStore()
  const release: typeof store.release = (key, holder, { ttlEpochSeconds }) =>
    store.release(key, holder, { ttlEpochSeconds })
  const fleet = await createTableFleet({ withoutSecret: true, store: { ...store, release } })

  await askForSeconds(fleet, fleet.sources(100, wrong), 5)

  expect(fleet.loginCalls()).toBeGreaterThan(30)
}, 60_000)

test('it is tried no more often when others of the fleet have no secret at all', async () => {
  const fleet = await createTableFleet({ withoutSecret: true })
  const mixed = [...fleet.sources(10), ...fleet.sources(10, wrong), ...fleet.sources(10)]

  await askForSeconds(fleet, mixed, 120)
  const atFirst = fleet.loginCalls()
  for (let probe = 0; probe < 4; probe++) {
    await fleet.clock.advance(15 * 60_000)
    await askForSeconds(fleet, mixed, 30)
  }

  expect(atFirst).toBeGreaterThanOrEqual(1)
  expect(atFirst).toBeLessThanOrEqual(3)
  expect(fleet.loginCalls() - atFirst).toBeLessThanOrEqual(4)
}, 60_000)

test('who brings the right one does not wait for those who have none', async () => {
  const fleet = await createTableFleet({ withoutSecret: true })
  await askForSeconds(fleet, fleet.sources(5), 60)

  const outcome = await fleet.served(fleet.source(right))

  expect(outcome.code).toBe('ok')
  expect(fleet.loginCalls()).toBe(1)
})

test('a secret that is stored after refusals of a given one is tried at once', async () => {
  const fleet = await createTableFleet({ withoutSecret: true })
  const sources = fleet.sources(10, wrong)
  await askForSeconds(fleet, sources, 60)
  const before = fleet.loginCalls()
  await fleet.setSecret(clientSecret)
  await fleet.clock.advance(5_000)

  const outcomes = await fleet.run(Promise.all(sources.map((one) => fleet.outcome(one))))

  expect(codesIn(outcomes)).toEqual(['ok'])
  expect(fleet.loginCalls()).toBe(before + 1)
})

test.each(['unavailable', 'throttled', 'refused'] as const)(
  'a table that is %s is not a table without a secret: nothing is sent to Looker',
  async (failing) => {
    const fleet = await createTableFleet({ withoutSecret: true })
    const source = fleet.source(right)
    fleet.table.failing = failing

    const outcome = await fleet.served(source)

    expect(outcome.code).toMatch(/^(table-|misconfigured)/)
    expect(fleet.loginCalls()).toBe(0)
  },
)

test('a stored secret that KMS does not open just now is not a missing one', async () => {
  const fleet = await createTableFleet()
  await fleet.setSecret('stored-and-wrong')
  fleet.kms.disable()

  const outcome = await fleet.served(fleet.source(right))

  expect(outcome.code).toBe('keys-unavailable')
  expect(fleet.loginCalls()).toBe(0)
})
