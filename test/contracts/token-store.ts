// What every token store promises, whatever it is made of.
import { describe, expect, it } from 'vitest'
import type { SecretStore, TokenStore } from '../../lib/store/token-store.ts'
import { describeDue } from './due-tokens.ts'
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
import { describeSecretStore } from './secret-store.ts'

export type Stores = { readonly tokens: TokenStore; readonly secrets: SecretStore }

/** `make` gives empty stores over one table; `name` says on what, as in `in memory`. */
export const describeTokenStore = (name: string, make: () => Promise<Stores>): void => {
  const makeTokens = async (): Promise<TokenStore> => (await make()).tokens

  describe(`the stores ${name}`, () => {
    describeTakeLease(makeTokens)
    describePublish(makeTokens)
    describeRelease(makeTokens)
    describeMarks(makeTokens)
    describeDue(make)
    describeSecretStore(async () => (await make()).secrets)
  })
}

type Make = () => Promise<TokenStore>

const describeTakeLease = (make: Make): void => {
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

const describePublish = (make: Make): void => {
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

const describeRelease = (make: Make): void => {
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

const describeMarks = (make: Make): void => {
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
