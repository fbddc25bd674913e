// What a warm environment and a cold hit ask of others, by count. Times are for `npm run bench:warm`.
import { expect, it } from 'vitest'
import { createLocalKms } from '../../local/kms/port.ts'
import { createFleet } from '../scenarios/fleet.ts'
import { countRacingLookups, countWarmRequests, measureColdHit } from './warm/counts.ts'
import { benchTenant, createRereadingRequest, measureRequests } from './warm/handler.ts'
import { measureLookups } from './warm/lookup.ts'

it('answers 10,000 warm requests without table, KMS or Looker', async () => {
  const calls = await countWarmRequests(10_000)

  expect(calls).toEqual({ store: 0, kms: 0, looker: 0 })
})

it('finds a token with one read and one call to KMS', async () => {
  const { calls } = await measureColdHit(1)

  expect(calls).toEqual({ store: 1, kms: 1, looker: 0 })
})

it('makes its first login and write without another call to KMS', async () => {
  const { firstWrite } = await measureColdHit(1)

  expect(firstWrite).toEqual({ store: 3, kms: 0, looker: 1 })
})

it('asks KMS once for 100 first look-ups at once', async () => {
  const { one, each } = await countRacingLookups(100)

  expect(one.kms).toBe(1)
  expect(each.kms).toBe(1)
  expect(one.looker).toBe(0)
  expect(each.looker).toBe(0)
})

it('compares with a function that asks KMS for every request', async () => {
  const fleet = await createFleet({ tenant: benchTenant() })
  await fleet.ask(fleet.coldStart())
  const request = await createRereadingRequest(fleet, createLocalKms(fleet.kms))
  fleet.kms.resetCounts()

  await measureRequests([request], { rounds: 5, warmUps: 2 })

  expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 7 })
})

it('names what it times', async () => {
  const figures = await measureLookups(1, 10)

  expect(figures.map(({ name }) => name)).toEqual(['broker.getToken', 'bentocache.get', 'Map.get'])
})
