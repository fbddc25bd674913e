// What every token store promises to the holder of a lease: publication, and giving it back.
import { describe, expect, it } from 'vitest'
import type { TokenStore } from '../../lib/store/token-store.ts'
import {
  bytes,
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

export const describePublish = (make: Make): void => {
  describe('publish', () => {
    it('puts the token in and takes lease and failure out', async () => {
      const store = await make()
      await store.takeLease(key, claim())
      await store.release(key, first, { failure, ttlEpochSeconds: 3_620 })
      const seen = await store.read(key, { consistent: true })
      await store.takeLease(key, nextClaim(seen, { nowAtMs: 20_000 }))

      const outcome = await store.publish(key, second, publication())

      const item = {
        key,
        generation: 2,
        sealed: { frame: bytes('frame-1'), generation: 2 },
        usedGeneration: 2,
        loginMs: 400,
        ttlEpochSeconds: 3_700,
      }
      expect(outcome.applied).toBe(true)
      expect(plain(outcome.item)).toEqual(item)
      expect(await standing(store)).toEqual(item)
    })

    it.each([
      ['another owner', { owner: 'owner-2', generation: 1 }],
      ['another generation', { owner: 'owner-1', generation: 2 }],
    ])('by %s changes nothing', async (_, holder) => {
      const store = await make()
      const { item } = await store.takeLease(key, claim())

      const outcome = await store.publish(key, holder, publication())

      expect(outcome.applied).toBe(false)
      expect(plain(outcome.item)).toEqual(plain(item))
      expect(await standing(store)).toEqual(plain(item))
    })

    it('too late, after another took over, changes nothing', async () => {
      const store = await make()
      const { item: seen } = await store.takeLease(key, claim())
      await store.takeLease(key, nextClaim(seen, { nowAtMs: 15_500 }))
      const { item } = await store.publish(key, second, publication({ frame: bytes('frame-2') }))

      const late = await store.publish(key, first, publication())

      expect(late.applied).toBe(false)
      expect(plain(late.item)).toEqual(plain(item))
      expect(await standing(store)).toEqual(plain(item))
    })

    it('after giving the lease back changes nothing', async () => {
      const store = await make()
      await store.takeLease(key, claim())
      await store.release(key, first, { ttlEpochSeconds: 3_615 })

      const outcome = await store.publish(key, first, publication())

      expect(outcome.applied).toBe(false)
      expect(outcome.item?.sealed).toBeUndefined()
    })

    it('where there is no item any more makes none', async () => {
      const store = await make()

      const outcome = await store.publish(key, first, publication())

      expect(outcome).toEqual({ applied: false, item: undefined })
      expect(await standing(store)).toBeUndefined()
    })

    it('of the same again is applied, and changes nothing', async () => {
      const store = await make()
      const item = await published(store)

      const again = await store.publish(key, first, publication())

      expect(again.applied).toBe(true)
      expect(plain(again.item)).toEqual(plain(item))
    })

    it('of the same is applied even when another already renews it', async () => {
      const store = await make()
      const seen = await published(store)
      await store.takeLease(key, nextClaim(seen))

      const again = await store.publish(key, first, publication())

      expect(again.applied).toBe(true)
      expect(again.item?.lease?.owner).toBe('owner-2')
    })

    it('of another token under the same generation is not', async () => {
      const store = await make()
      await published(store)

      const other = await store.publish(key, first, publication({ frame: bytes('frame-2') }))

      expect(other.applied).toBe(false)
      expect(other.item?.sealed?.frame).toEqual(bytes('frame-1'))
    })

    it('of an unused token leaves the use of the former one on record', async () => {
      const store = await make()
      const seen = await published(store)
      await store.takeLease(key, nextClaim(seen))

      const { item } = await store.publish(key, second, publication({ used: false }))

      expect(item).toMatchObject({ usedGeneration: 1, sealed: { generation: 2 } })
    })

    it('leaves the pace of refusals on record', async () => {
      const store = await make()
      await published(store)
      const refused = { generation: 1, count: 1, notBeforeAtMs: 40_000 }
      const { item: seen } = await store.markRefused(key, { ...refused, nowAtMs: 10_000 })
      await store.takeLease(key, nextClaim(seen))

      const { item } = await store.publish(key, second, publication())

      expect(item?.refused).toEqual(refused)
    })
  })
}

export const describeRelease = (make: Make): void => {
  describe('release', () => {
    it('takes the lease out and keeps the generation', async () => {
      const store = await make()
      await store.takeLease(key, claim())

      const released = await store.release(key, first, { ttlEpochSeconds: 3_620 })

      expect(released).toBe(true)
      expect(await standing(store)).toEqual({ key, generation: 1, ttlEpochSeconds: 3_620 })
    })

    it('shares the failure it is given', async () => {
      const store = await make()
      await store.takeLease(key, claim())

      await store.release(key, first, { failure, ttlEpochSeconds: 3_620 })

      const item = { key, generation: 1, failure, ttlEpochSeconds: 3_620 }
      expect(await standing(store)).toEqual(item)
    })

    it('replaces all of the former failure', async () => {
      const store = await make()
      await store.takeLease(key, claim())
      await store.release(key, first, { failure, ttlEpochSeconds: 3_620 })
      const seen = await store.read(key, { consistent: true })
      await store.takeLease(key, nextClaim(seen, { nowAtMs: 20_000 }))

      const other = { reason: 'timeout', count: 1, notBeforeAtMs: 22_000 }
      await store.release(key, second, { failure: other, ttlEpochSeconds: 3_622 })

      expect((await standing(store))?.failure).toEqual(other)
    })

    it('without a failure leaves the former one', async () => {
      const store = await make()
      await store.takeLease(key, claim())
      await store.release(key, first, { failure, ttlEpochSeconds: 3_620 })
      const seen = await store.read(key, { consistent: true })
      await store.takeLease(key, nextClaim(seen, { nowAtMs: 20_000 }))

      await store.release(key, second, { ttlEpochSeconds: 3_622 })

      expect((await standing(store))?.failure).toEqual(failure)
    })

    it.each([
      ['another owner', { owner: 'owner-2', generation: 1 }],
      ['another generation', { owner: 'owner-1', generation: 2 }],
    ])('by %s changes nothing', async (_, holder) => {
      const store = await make()
      const { item } = await store.takeLease(key, claim())

      const released = await store.release(key, holder, { failure, ttlEpochSeconds: 3_620 })

      expect(released).toBe(false)
      expect(await standing(store)).toEqual(plain(item))
    })

    it('where there is no item makes none', async () => {
      const store = await make()

      const released = await store.release(key, first, { ttlEpochSeconds: 3_620 })

      expect(released).toBe(false)
      expect(await standing(store)).toBeUndefined()
    })
  })
}
