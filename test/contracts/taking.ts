// What every token store promises to who wants a lease.
import { describe, expect, it } from 'vitest'
import type { TokenStore } from '../../lib/store/token-store.ts'
import {
  claim,
  failure,
  first,
  key,
  nextClaim,
  plain,
  publication,
  published,
  second,
  standing,
} from './leases.ts'

type Make = () => Promise<TokenStore>

export const describeTakeLease = (make: Make): void => {
  describe('takeLease', () => {
    it('takes the lease of an item that is not there and brings it home', async () => {
      const store = await make()

      const outcome = await store.takeLease(key, claim())

      const lease = { owner: 'owner-1', untilAtMs: 15_000, lengthMs: 5_000 }
      const item = { key, generation: 1, lease, ttlEpochSeconds: 3_615 }
      expect(outcome.taken).toBe(true)
      expect(plain(outcome.item)).toEqual(item)
      expect(await standing(store)).toEqual(item)
    })

    it('refuses while another holds the lease, and brings that home', async () => {
      const store = await make()
      const { item: seen } = await store.takeLease(key, claim())

      const outcome = await store.takeLease(key, nextClaim(seen, { nowAtMs: 12_000 }))

      expect(outcome.taken).toBe(false)
      expect(plain(outcome.item)).toEqual(plain(seen))
      expect(await standing(store)).toEqual(plain(seen))
    })

    it.each([
      [15_499, false],
      [15_500, true],
    ])('with 500 ms of grace a lease to 15,000 is over at %i: %s', async (nowAtMs, taken) => {
      const store = await make()
      const { item: seen } = await store.takeLease(key, claim())

      const outcome = await store.takeLease(key, nextClaim(seen, { nowAtMs }))

      expect(outcome.taken).toBe(taken)
      expect(outcome.item?.lease?.owner).toBe(taken ? 'owner-2' : 'owner-1')
    })

    it.each([
      ['of the same owner and generation', { owner: 'owner-1', generation: 1 }, true],
      ['of another owner', { owner: 'owner-3', generation: 1 }, false],
      ['of another generation', { owner: 'owner-1', generation: 2 }, false],
    ])('by a stalled lease %s it takes over: %o is %s', async (_, stalled, taken) => {
      const store = await make()
      const { item: seen } = await store.takeLease(key, claim())

      const outcome = await store.takeLease(key, nextClaim(seen, { nowAtMs: 10_001, stalled }))

      expect(outcome.taken).toBe(taken)
    })

    it('refuses a stalled lease that meanwhile became another', async () => {
      const store = await make()
      const { item: seen } = await store.takeLease(key, claim())
      await store.takeLease(key, nextClaim(seen, { nowAtMs: 15_500 }))

      const late = { owner: 'owner-3', generation: 3, stalled: first, nowAtMs: 15_500 }
      const outcome = await store.takeLease(key, claim({ seen, ...late }))

      expect(outcome.taken).toBe(false)
      expect(outcome.item?.lease?.owner).toBe('owner-2')
    })

    it('refuses when the generation is not the one that was seen', async () => {
      const store = await make()
      const seen = await published(store)
      await store.takeLease(key, nextClaim(seen))
      await store.release(key, second, { ttlEpochSeconds: 3_615 })

      const late = claim({ seen, owner: 'owner-3', generation: 3 })
      const outcome = await store.takeLease(key, late)

      expect(outcome.taken).toBe(false)
      expect(outcome.item?.generation).toBe(2)
    })

    it('refuses when another token stands there, even under the generation seen', async () => {
      const store = await make()
      const { item: seen } = await store.takeLease(key, claim())
      await store.publish(key, first, publication())

      const outcome = await store.takeLease(key, nextClaim(seen))

      expect(outcome.taken).toBe(false)
      expect(outcome.item?.sealed?.generation).toBe(1)
    })

    it('refuses who saw nothing where there is an item now', async () => {
      const store = await make()
      await published(store)

      const outcome = await store.takeLease(key, nextClaim(undefined))

      expect(outcome.taken).toBe(false)
      expect(outcome.item?.sealed?.generation).toBe(1)
    })

    it('refuses who saw an item where there is none now, and says so', async () => {
      const store = await make()
      const seen = await published(store)

      const gone = { partition: 'api-token#gone', sort: 'api-token' }
      const outcome = await store.takeLease(gone, nextClaim(seen))

      expect(outcome).toEqual({ taken: false, item: undefined })
      expect(await standing(store, gone)).toBeUndefined()
    })

    it.each([
      ['before the not-before time', { nowAtMs: 19_999 }, false],
      ['at the not-before time', { nowAtMs: 20_000 }, true],
      ['before it, when told to', { nowAtMs: 19_999, pastNotBefore: true }, true],
    ])('after a shared failure, %s: %o takes it: %s', async (_, changes, taken) => {
      const store = await make()
      await store.takeLease(key, claim())
      await store.release(key, first, { failure, ttlEpochSeconds: 3_620 })
      const seen = await store.read(key, { consistent: true })

      const outcome = await store.takeLease(key, nextClaim(seen, changes))

      expect(outcome.taken).toBe(taken)
      expect(outcome.item?.failure).toEqual(failure)
    })

    it('gives the same owner, asking again, what it took', async () => {
      const store = await make()
      const { item } = await store.takeLease(key, claim())

      const again = await store.takeLease(key, claim())

      expect(again.taken).toBe(true)
      expect(plain(again.item)).toEqual(plain(item))
    })

    it('leaves the token and all marks where they are', async () => {
      const store = await make()
      await published(store)
      const refused = { generation: 1, count: 1, notBeforeAtMs: 40_000 }
      await store.markRefused(key, { ...refused, nowAtMs: 10_000 })
      const seen = await store.read(key, { consistent: true })

      const { item } = await store.takeLease(key, nextClaim(seen))

      const lease = { owner: 'owner-2', untilAtMs: 15_000, lengthMs: 5_000 }
      const changed = { generation: 2, lease, ttlEpochSeconds: 3_615 }
      expect(plain(item)).toEqual({ ...plain(seen), ...changed })
      expect(item).toMatchObject({ sealed: { generation: 1 }, usedGeneration: 1, refused })
    })

    it('gives one of 50 the lease, and the others the item of that one', async () => {
      const store = await make()
      const owners = Array.from({ length: 50 }, (_, index) => `owner-${index}`)

      const outcomes = await Promise.all(
        owners.map((owner) => store.takeLease(key, claim({ owner }))),
      )

      const winners = owners.filter((_, index) => outcomes[index]?.taken)
      expect(winners).toHaveLength(1)
      for (const { item } of outcomes) expect(item?.lease?.owner).toBe(winners[0])
    })
  })
}
