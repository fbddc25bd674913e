// What every token store promises of the tokens whose renewal is due.
import { describe, expect, it } from 'vitest'
import type { DueToken, ItemKey, TokenStore } from '../../lib/store/token-store.ts'
import { bytes, claim, key, plain, published, standing } from './leases.ts'
import type { Stores } from './leases.ts'

const keyOf = (name: number | string): ItemKey => ({
  partition: `api-token#${name}`,
  sort: 'api-token',
})

const listed = async (store: TokenStore, beforeAtMs: number): Promise<DueToken[]> => {
  const rows: DueToken[] = []
  for await (const row of store.listDue(beforeAtMs)) rows.push(row)
  return rows
}

export const describeDue = (make: () => Promise<Stores>): void => {
  describe('listDue', () => {
    it('gives what is known of a token that is due', async () => {
      const { tokens } = await make()
      await published(tokens, { dueAtMs: 90_000 })

      const rows = await listed(tokens, 90_000)

      expect(rows).toEqual([{ key, dueAtMs: 90_000, tokenGeneration: 1, usedGeneration: 1 }])
    })

    it('tells a token that nobody used', async () => {
      const { tokens } = await make()
      await published(tokens, { used: false })

      const rows = await listed(tokens, 90_000)

      expect(rows).toMatchObject([{ tokenGeneration: 1, usedGeneration: undefined }])
    })

    it.each([
      [89_999, 0],
      [89_999.9, 0],
      [90_000, 1],
    ])('of a token due at 90,000 gives at %d: %i', async (beforeAtMs, count) => {
      const { tokens } = await make()
      await published(tokens, { dueAtMs: 90_000 })

      expect(await listed(tokens, beforeAtMs)).toHaveLength(count)
    })

    it('rounds what is due between two milliseconds', async () => {
      const { tokens } = await make()
      await published(tokens, { dueAtMs: 89_999.6 })

      expect(await listed(tokens, 90_000)).toMatchObject([{ dueAtMs: 90_000 }])
    })

    it('gives all of 250, the earliest first', async () => {
      const { tokens } = await make()
      const places = Array.from({ length: 250 }, (_, index) => (index * 37) % 250)
      for (const place of places) await published(tokens, { dueAtMs: place }, keyOf(place))

      const rows = await listed(tokens, 1_000)

      const sorted = Array.from({ length: 250 }, (_, index) => index)
      expect(rows.map((row) => row.dueAtMs)).toEqual(sorted)
      expect(rows.map((row) => row.key)).toEqual(sorted.map(keyOf))
    })

    it('gives nothing but tokens', async () => {
      const { tokens, secrets } = await make()
      await secrets.writeSecret(keyOf('a'), { frame: bytes('frame'), generation: 1 }, undefined)
      await tokens.takeLease(keyOf('b'), claim())
      await published(tokens, {}, keyOf('c'))

      const rows = await listed(tokens, 1_000_000)

      expect(rows.map((row) => row.key)).toEqual([keyOf('c')])
    })

    it('gives a token that is being renewed', async () => {
      const { tokens } = await make()
      const seen = await published(tokens)
      await tokens.takeLease(key, claim({ seen, owner: 'owner-2', generation: 2 }))

      expect(await listed(tokens, 90_000)).toMatchObject([{ tokenGeneration: 1 }])
    })
  })

  describe('dropDue', () => {
    it('takes the token off the list and leaves it where it is', async () => {
      const { tokens } = await make()
      const item = await published(tokens)

      await tokens.dropDue(key, 1, true)

      expect(await listed(tokens, 90_000)).toEqual([])
      expect(await standing(tokens)).toEqual(plain(item))
    })

    it('leaves a token of another generation on the list', async () => {
      const { tokens } = await make()
      await published(tokens)

      await tokens.dropDue(key, 2)

      expect(await listed(tokens, 90_000)).toHaveLength(1)
    })

    it('leaves a token on the list that is in use, unless asked for that too', async () => {
      const { tokens } = await make()
      await published(tokens)
      await tokens.markUsed(key, 1)

      await tokens.dropDue(key, 1)
      const kept = await listed(tokens, 90_000)
      await tokens.dropDue(key, 1, true)

      expect(kept).toHaveLength(1)
      expect(await listed(tokens, 90_000)).toEqual([])
    })

    it('where there is no item makes none', async () => {
      const { tokens } = await make()

      await tokens.dropDue(key, 1)

      expect(await standing(tokens)).toBeUndefined()
    })
  })
}
