// DynamoDB removes an item by TTL late, early or never. Nothing but the generation depends on it, and that
// grows by the clock.
import { beforeEach, describe, expect, it } from 'vitest'
import { createDynamoTokenStore } from '../../lib/store/dynamo-token-store.ts'
import type { LeaseClaim, TokenItem, TokenStore } from '../../lib/store/token-store.ts'
import { claim, first, key, publication, published, standing } from '../contracts/leases.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { removeRaw } from './raw-items.ts'
import type { RawTable } from './raw-items.ts'

/** As a caller at that second makes it: the generation grows by one, or with the clock. */
const claimAt = (epochSeconds: number, seen: TokenItem | undefined): LeaseClaim =>
  claim({
    seen,
    owner: `owner-${epochSeconds}`,
    generation: Math.max((seen?.generation ?? 0) + 1, epochSeconds),
    nowAtMs: epochSeconds * 1_000,
  })

describe.skipIf(!hasDynamoDb())('an item that DynamoDB removes', () => {
  let table: RawTable
  let store: TokenStore

  beforeEach(async () => {
    table = await freshTable()
    store = createDynamoTokenStore(table)
  })

  const leasedAt = async (epochSeconds: number, seen: TokenItem | undefined) => {
    const asked = claimAt(epochSeconds, seen)
    const { item } = await store.takeLease(key, asked)
    return { item, holder: { owner: asked.owner, generation: asked.generation } }
  }

  it('in time comes back under a larger generation', async () => {
    const before = await leasedAt(100, undefined)
    await store.publish(key, before.holder, publication())
    await removeRaw(table)

    const after = await leasedAt(7_300, await store.read(key))

    expect(before.item?.generation).toBe(100)
    expect(after.item?.generation).toBe(7_300)
    expect(after.item?.sealed).toBeUndefined()
  })

  it('never goes on from the generation that stands', async () => {
    const before = await leasedAt(100, undefined)
    const { item } = await store.publish(key, before.holder, publication())

    const after = await leasedAt(9_000_000, item)

    expect(after.item).toMatchObject({ generation: 9_000_000, sealed: { generation: 100 } })
  })

  it('between reading and leasing is not there, and leased in the next try', async () => {
    const seen = await published(store)
    await removeRaw(table)

    const lost = await store.takeLease(key, claimAt(200, seen))
    const won = await store.takeLease(key, claimAt(200, lost.item))

    expect(lost).toEqual({ taken: false, item: undefined })
    expect(won).toMatchObject({ taken: true, item: { generation: 200 } })
  })

  it('under a lease leaves nothing for its holder to publish on', async () => {
    const { holder } = await leasedAt(100, undefined)
    await removeRaw(table)

    const outcome = await store.publish(key, holder, publication())

    expect(outcome).toEqual({ applied: false, item: undefined })
    expect(await standing(store)).toBeUndefined()
  })

  it('under a lease that is taken anew keeps the former holder out', async () => {
    const former = await leasedAt(100, undefined)
    await removeRaw(table)
    const present = await leasedAt(101, undefined)

    const late = await store.publish(key, former.holder, publication())
    const released = await store.release(key, former.holder, { ttlEpochSeconds: 3_700 })

    expect(late.applied).toBe(false)
    expect(released).toBe(false)
    expect((await standing(store))?.lease?.owner).toBe(present.holder.owner)
  })

  it('even in the same second keeps the former holder of that generation out', async () => {
    await store.takeLease(key, claim())
    await removeRaw(table)
    await store.takeLease(key, claim({ owner: 'owner-2' }))
    const other = publication({ frame: new Uint8Array([2]) })
    await store.publish(key, { ...first, owner: 'owner-2' }, other)

    const late = await store.publish(key, first, publication())

    expect(late.applied).toBe(false)
    expect(late.item?.sealed?.frame).toEqual(new Uint8Array([2]))
  })

  it('before its marks are written stays away', async () => {
    await published(store)
    await removeRaw(table)

    await store.markUsed(key, 1)
    await store.dropDue(key, 1)
    const mark = { generation: 1, count: 1, notBeforeAtMs: 40_000, nowAtMs: 10_000 }
    const marked = await store.markRefused(key, mark)

    expect(marked).toEqual({ applied: false, item: undefined })
    expect(await standing(store)).toBeUndefined()
  })

  it('is off the list of due tokens', async () => {
    await published(store)
    await removeRaw(table)

    const { done } = await store.listDue(90_000)[Symbol.asyncIterator]().next()

    expect(done).toBe(true)
  })
})
