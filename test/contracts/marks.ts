// What every token store promises of refused tokens and of tokens in use.
import { describe, expect, it } from 'vitest'
import type { TokenStore } from '../../lib/store/token-store.ts'
import { key, nextClaim, plain, publication, published, second, standing } from './leases.ts'

type Make = () => Promise<TokenStore>

export const describeMarks = (make: Make): void => {
  const refused = { generation: 1, count: 1, notBeforeAtMs: 40_000 }

  describe('markRefused', () => {
    it('marks the token and leaves it there', async () => {
      const store = await make()
      const item = await published(store)

      const outcome = await store.markRefused(key, { ...refused, nowAtMs: 10_000 })

      expect(outcome.applied).toBe(true)
      expect(plain(outcome.item)).toEqual({ ...plain(item), refused })
    })

    it('marks a token once, and tells who comes second of the mark', async () => {
      const store = await make()
      await published(store)
      await store.markRefused(key, { ...refused, nowAtMs: 10_000 })

      const again = { generation: 1, count: 2, notBeforeAtMs: 90_000, nowAtMs: 50_000 }
      const outcome = await store.markRefused(key, again)

      expect(outcome.applied).toBe(false)
      expect(outcome.item?.refused).toEqual(refused)
    })

    it('leaves a token of another generation alone', async () => {
      const store = await make()
      const item = await published(store)

      const other = { ...refused, generation: 2, nowAtMs: 10_000 }
      const outcome = await store.markRefused(key, other)

      expect(outcome.applied).toBe(false)
      expect(plain(outcome.item)).toEqual(plain(item))
    })

    it.each([
      [39_999, false],
      [40_000, true],
    ])('marks the next token not before 40,000: at %i %s', async (nowAtMs, applied) => {
      const store = await make()
      await published(store)
      const { item: seen } = await store.markRefused(key, { ...refused, nowAtMs: 10_000 })
      await store.takeLease(key, nextClaim(seen))
      await store.publish(key, second, publication())

      const next = { generation: 2, count: 2, notBeforeAtMs: 100_000 }
      const outcome = await store.markRefused(key, { ...next, nowAtMs })

      expect(outcome.applied).toBe(applied)
      expect(outcome.item?.refused).toEqual(applied ? next : refused)
    })

    it('where there is no item makes none', async () => {
      const store = await make()

      const outcome = await store.markRefused(key, { ...refused, nowAtMs: 10_000 })

      expect(outcome).toEqual({ applied: false, item: undefined })
      expect(await standing(store)).toBeUndefined()
    })
  })

  describe('markRevoked', () => {
    it('marks the token and leaves it there', async () => {
      const store = await make()
      const item = await published(store)

      const outcome = await store.markRevoked(key, 1)

      expect(outcome.applied).toBe(true)
      expect(plain(outcome.item)).toEqual({ ...plain(item), revokedGeneration: 1 })
    })

    it('has no pace: the next token is marked at once', async () => {
      const store = await make()
      await published(store)
      const { item: seen } = await store.markRevoked(key, 1)
      await store.takeLease(key, nextClaim(seen))
      await store.publish(key, second, publication())
      expect((await standing(store))?.revokedGeneration).toBe(1)

      const outcome = await store.markRevoked(key, 2)

      expect(outcome.applied).toBe(true)
      expect(outcome.item?.revokedGeneration).toBe(2)
    })

    it('leaves a token of another generation alone', async () => {
      const store = await make()
      const item = await published(store)

      const outcome = await store.markRevoked(key, 2)

      expect(outcome.applied).toBe(false)
      expect(plain(outcome.item)).toEqual(plain(item))
    })

    it('where there is no item makes none', async () => {
      const store = await make()

      const outcome = await store.markRevoked(key, 1)

      expect(outcome).toEqual({ applied: false, item: undefined })
      expect(await standing(store)).toBeUndefined()
    })
  })

  describe('markUsed', () => {
    it('notes the use of the token that stands there', async () => {
      const store = await make()
      await published(store, { used: false })

      await store.markUsed(key, 1)

      expect((await standing(store))?.usedGeneration).toBe(1)
    })

    it('notes nothing for a token of another generation', async () => {
      const store = await make()
      await published(store, { used: false })

      await store.markUsed(key, 2)

      expect((await standing(store))?.usedGeneration).toBeUndefined()
    })

    it('where there is no item makes none', async () => {
      const store = await make()

      await store.markUsed(key, 1)

      expect(await standing(store)).toBeUndefined()
    })
  })
}
