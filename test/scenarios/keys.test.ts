import { expect, test } from 'vitest'
import { deadlineIn } from '../../lib/time.ts'
import { service, serviceDev, user } from './fleet.ts'
import { createVirtualFleet, tokenOf } from './virtual-fleet.ts'

const wrappedKeyOf = (outcome: Parameters<typeof tokenOf>[0]): string =>
  Buffer.from(tokenOf(outcome).dataKey?.wrapped ?? []).toString('hex')

test('a cold hit is one read and one KMS call', async () => {
  const fleet = await createVirtualFleet()
  await fleet.served(fleet.coldStart())
  fleet.kms.resetCounts()
  Object.assign(fleet.table.calls, { read: 0, takeLease: 0, markUsed: 0 })

  await fleet.served(fleet.coldStart())

  expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 1 })
  expect(fleet.table.calls).toMatchObject({ read: 1, takeLease: 0, markUsed: 0 })
})

test('an environment opens any number of principals under one key with one Decrypt', async () => {
  const fleet = await createVirtualFleet()
  const users = Array.from({ length: 20 }, (_, index) => user(String(index + 1)))
  const maker = fleet.coldStart()
  await fleet.run(Promise.all(users.map((one) => fleet.outcome(maker, one))))
  fleet.kms.resetCounts()
  const environment = fleet.coldStart()

  await fleet.run(Promise.all(users.map((one) => fleet.outcome(environment, one))))

  expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 1 })
})

test("a user's token is sealed under the key that came with the service token, without a KMS call", async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  await fleet.served(fleet.coldStart())
  const base = await fleet.served(environment)
  fleet.kms.resetCounts()

  const outcome = await fleet.served(environment, user('1'))

  expect(wrappedKeyOf(outcome)).toBe(wrappedKeyOf(base))
  expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 0 })
})

test('the first login of the service account after a cold hit needs no KMS call', async () => {
  const fleet = await createVirtualFleet()
  await fleet.served(fleet.coldStart())
  const environment = fleet.coldStart()
  await fleet.served(environment)
  await fleet.clock.advance(3_600_000)
  fleet.kms.resetCounts()

  const outcome = await fleet.served(environment)

  expect(outcome.code).toBe('ok')
  expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 0 })
})

test('the dev workspace of the service account shares the key of production', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  const production = await fleet.served(environment)

  const dev = await fleet.served(environment, serviceDev)

  expect(wrappedKeyOf(dev)).toBe(wrappedKeyOf(production))
})

test('a fleet that is renewed for three days makes one key a day, for service account and users', async () => {
  const fleet = await createVirtualFleet()
  const scheduler = fleet.coldStart()
  const environment = fleet.coldStart()
  await fleet.served(environment)

  for (let minute = 0; minute < 3 * 1_440; minute += 2) {
    await fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 50_000)))
    await fleet.served(environment, user(String((minute % 10) + 1)))
    await fleet.served(environment, service)
    fleet.clock.skip(120_000)
  }

  expect(fleet.kms.counts().GenerateDataKey).toBe(3)
}, 60_000)

test('a key past its age seals no more', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  const first = await fleet.served(environment)
  await fleet.clock.advance(23 * 3_600_000)
  const inTime = await fleet.served(environment)
  await fleet.clock.advance(3_600_000)

  const after = await fleet.served(environment)

  expect(wrappedKeyOf(inTime)).toBe(wrappedKeyOf(first))
  expect(wrappedKeyOf(after)).not.toBe(wrappedKeyOf(first))
})

test('an environment that only ever had the dev token renews it under the key it came with', async () => {
  const fleet = await createVirtualFleet()
  await fleet.served(fleet.coldStart(), serviceDev)
  const environment = fleet.coldStart()
  const first = await fleet.served(environment, serviceDev)
  await fleet.clock.advance(3_600_000)
  fleet.kms.resetCounts()

  const renewed = await fleet.served(environment, serviceDev)

  expect(wrappedKeyOf(renewed)).toBe(wrappedKeyOf(first))
  expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 0 })
})
