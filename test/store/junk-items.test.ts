// What somebody or something else left in the table must neither crash a reader nor keep everybody out.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import type { Attributes } from '../../lib/store/items.ts'
import { keyAttributes } from '../../lib/store/items.ts'
import type { LeaseClaim, TokenItem, TokenStore } from '../../lib/store/token-store.ts'
import { bytes, claim, key, publication } from '../contracts/leases.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { fits, freeAttributes, misfitsOf, oddValues, putRaw, wholeItem } from './raw-items.ts'
import type { RawTable } from './raw-items.ts'

const newest = { owner: 'owner-9', generation: 900 }

/** As a caller does: reads, claims what it saw, and once more with what losing brought home. */
const triesToLease = async (
  store: TokenStore,
  changes: Partial<LeaseClaim> = {},
): Promise<number> => {
  let seen: TokenItem | undefined = await store.read(key, { consistent: true })
  for (const attempt of [1, 2]) {
    const outcome = await store.takeLease(key, claim({ seen, ...newest, ...changes }))
    if (outcome.taken) return attempt
    seen = outcome.item
  }
  return Number.POSITIVE_INFINITY
}

const publishes = async (store: TokenStore): Promise<TokenItem | undefined> => {
  await store.publish(key, newest, publication())
  return store.read(key, { consistent: true })
}

const without = (item: Attributes, name: string): Attributes => {
  const { [name]: _removed, ...rest } = item
  return rest
}

describe.skipIf(!hasDynamoDb())('an item with an attribute of the wrong type', () => {
  let table: RawTable
  let store: TokenStore

  beforeAll(async () => {
    table = await freshTable()
    store = createDynamoTokenStore(table)
  })

  it.each(misfitsOf(freeAttributes))(
    'in %s (%s) is leased at once and healed by the token',
    async (name, _, value) => {
      await putRaw(table, { ...wholeItem(), [name]: value })

      const tries = await triesToLease(store, { nowAtMs: 16_000 })

      expect(tries).toBe(1)
      const sealed = { frame: bytes('frame-1'), generation: 900 }
      expect((await publishes(store))?.sealed).toEqual(sealed)
    },
  )

  it.each(freeAttributes)('is leased and healed when %s is missing', async (name) => {
    await putRaw(table, without(wholeItem(), name))

    const tries = await triesToLease(store, { nowAtMs: 16_000 })

    expect(tries).toBe(1)
    expect((await publishes(store))?.sealed?.generation).toBe(900)
  })

  it.each(misfitsOf(['lease_owner', 'lease_until_ms', 'lease_length_ms']))(
    'in %s (%s) holds no lease, however late the lease would end',
    async (name, _, value) => {
      const held = { ...wholeItem(), lease_until_ms: { N: '99999' } }
      await putRaw(table, { ...held, [name]: value })

      expect(await triesToLease(store, { nowAtMs: 16_000 })).toBe(1)
    },
  )

  it.each(misfitsOf(['failure_reason', 'failure_count', 'not_before_ms']))(
    'in %s (%s) forbids no login, however late the back-off would end',
    async (name, _, value) => {
      const forbidden = { ...wholeItem(), not_before_ms: { N: '99999' } }
      await putRaw(table, { ...forbidden, [name]: value })

      expect(await triesToLease(store, { nowAtMs: 16_000 })).toBe(1)
    },
  )

  it.each(misfitsOf(['refused_generation', 'refused_count', 'refused_not_before_ms']))(
    'in %s (%s) does not keep a token from being marked as refused',
    async (name, _, value) => {
      const mark = { generation: 1, count: 1, notBeforeAtMs: 40_000 }
      const marked = { ...wholeItem(), refused_not_before_ms: { N: '99999' } }
      await putRaw(table, { ...marked, [name]: value })

      const outcome = await store.markRefused(key, { ...mark, nowAtMs: 16_000 })

      expect(outcome).toMatchObject({ applied: true, item: { refused: mark } })
    },
  )

  it('in generation is still taken over when its lease stalls', async () => {
    const held = { ...wholeItem(), lease_until_ms: { N: '99999' }, generation: { S: 'x' } }
    await putRaw(table, held)

    const stalled = { owner: 'owner-2', generation: 0 }
    const tries = await triesToLease(store, { nowAtMs: 16_000, stalled })

    expect(tries).toBe(1)
  })

  it.each(misfitsOf(['kind', 'due_at']).filter(([, , { N }]) => N === undefined))(
    'in %s (%s) is refused by DynamoDB itself',
    async (name, _, value) => {
      const put = putRaw(table, { ...wholeItem(), [name]: value })

      await expect(put).rejects.toMatchObject({ name: 'ValidationException' })
    },
  )

  it('in the index is left out, or listed as not used', async () => {
    await putRaw(table, { ...wholeItem(), used_generation: { S: 'x' } })
    await putRaw(table, { ...wholeItem(), sk: { S: 'other' }, token_generation: { S: 'x' } })

    const rows = []
    for await (const row of store.listDue(90_000)) rows.push(row)

    expect(rows).toEqual([{ key, dueAtMs: 90_000, tokenGeneration: 1, usedGeneration: undefined }])
  })
})

const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.constantFrom(...Object.values(oddValues)),
  fc.record({ N: fc.nat({ max: 1_000_000 }).map(String) }),
  fc.record({ S: fc.string({ maxLength: 20 }) }),
)

const junkItem: fc.Arbitrary<Attributes> = fc.dictionary(
  fc.constantFrom(...freeAttributes, 'of_others'),
  anyValue,
  { minKeys: 6, maxKeys: 16 },
)

describe.skipIf(!hasDynamoDb())('an item of any junk', () => {
  it('is leased in at most two tries and healed by the token', async () => {
    const table = await freshTable()
    const store = createDynamoTokenStore(table)

    const holds = fc.asyncProperty(junkItem, async (junk) => {
      await putRaw(table, { ...keyAttributes(key), ...junk })
      const tries = await triesToLease(store, { nowAtMs: 2_000_000 })
      expect(tries).toBeLessThanOrEqual(2)
      expect((await publishes(store))?.sealed?.generation).toBe(900)
    })

    await fc.assert(holds, { numRuns: 150 })
  })
})

describe.skipIf(!hasDynamoDb())('an item with an edited attribute', () => {
  const edits = freeAttributes.flatMap((name) =>
    ['S' in (wholeItem()[name] ?? {}) ? { S: 'edited' } : { N: '0' }, { N: '999999999999999' }]
      .filter((value) => fits(name, value))
      .map((value): [string, AttributeValue] => [name, value]),
  )

  it.each(edits)('%s: %o does not outlast who watched its lease', async (name, value) => {
    const table = await freshTable()
    const store = createDynamoTokenStore(table)
    await putRaw(table, { ...wholeItem(), [name]: value })
    const { lease, generation } = (await store.read(key, { consistent: true })) ?? {}

    const stalled = { owner: lease?.owner ?? '', generation: generation ?? 0 }
    const tries = await triesToLease(store, { nowAtMs: 10_000, stalled, pastNotBefore: true })

    expect(tries).toBe(1)
    expect((await publishes(store))?.sealed?.generation).toBe(900)
  })

  it('to a lease longer than any function runs holds none', async () => {
    const table = await freshTable()
    const store = createDynamoTokenStore(table)
    await putRaw(table, {
      ...wholeItem(),
      lease_until_ms: { N: '9000000' },
      lease_length_ms: { N: '900001' },
    })

    expect(await triesToLease(store, { nowAtMs: 16_000 })).toBe(1)
  })

  it('to a lease of 15 minutes holds it', async () => {
    const table = await freshTable()
    const store = createDynamoTokenStore(table)
    await putRaw(table, {
      ...wholeItem(),
      lease_until_ms: { N: '900000' },
      lease_length_ms: { N: '900000' },
    })

    expect(await triesToLease(store, { nowAtMs: 16_000 })).toBe(Number.POSITIVE_INFINITY)
  })
})

describe.skipIf(!hasDynamoDb())('a secret whose version cannot be read', () => {
  const secretKey = { partition: 'looker-secret#a', sort: 'looker-secret' }
  const secret = { frame: bytes('frame-2'), generation: 7 }

  it.each(misfitsOf(['generation']))(
    '(%s: %s) is absent, and replaced by who saw none',
    async (_name, _kind, value) => {
      const table = await freshTable()
      const store = createDynamoSecretStore(table)
      const sealed = { B: bytes('frame-1') }
      await putRaw(table, { ...keyAttributes(secretKey), sealed, generation: value })

      expect(await store.readSecret(secretKey)).toBeUndefined()
      expect(await store.readSecretVersion(secretKey)).toBeUndefined()
      expect(await store.writeSecret(secretKey, secret, undefined)).toBe(true)
      expect(await store.readSecret(secretKey)).toEqual(secret)
    },
  )

  it('is replaced when there is no version at all', async () => {
    const table = await freshTable()
    const store = createDynamoSecretStore(table)
    await putRaw(table, { ...keyAttributes(secretKey), sealed: { B: bytes('frame-1') } })

    const written = await store.writeSecret(secretKey, secret, undefined)

    expect(written).toBe(true)
    expect(await store.readSecretVersion(secretKey)).toBe(7)
  })
})
