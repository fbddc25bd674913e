// A write that arrived, and whose reply did not: the client sends it again, and its condition fails on
// what it wrote itself.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import type { DueToken, TokenStore } from '../../lib/store/token-store.ts'
import { bytes, claim, failure, first, key, publication, published } from '../contracts/leases.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { clientWithLimits } from './clients.ts'
import { startLossyProxy } from './lossy-proxy.ts'
import type { Loss, LossyProxy } from './lossy-proxy.ts'
import { removeRaw } from './raw-items.ts'
import type { RawTable } from './raw-items.ts'

const losses: Loss[] = ['reset', 'silence']

describe.skipIf(!hasDynamoDb())('when the reply is lost', () => {
  let table: RawTable
  let direct: TokenStore
  let proxy: LossyProxy
  let client: DynamoDBClient

  beforeAll(async () => {
    table = await freshTable()
    direct = createDynamoTokenStore(table)
    proxy = await startLossyProxy(inject('dynamoDbEndpoint'))
    client = clientWithLimits(proxy.endpoint)
  })

  beforeEach(async () => {
    await removeRaw(table)
  })

  afterAll(async () => {
    client.destroy()
    await proxy.stop()
  })

  /** Loses the reply to the next call of the operation, and sees that the client sent it twice. */
  const losing = async <T>(
    [operation, loss]: readonly [string, Loss],
    call: (store: TokenStore) => Promise<T>,
  ): Promise<T> => {
    const before = proxy.arrived(operation)
    proxy.loseNext(operation, loss)
    const answer = await call(createDynamoTokenStore({ client, tableName: table.tableName }))
    expect(proxy.arrived(operation)).toBe(before + 2)
    return answer
  }

  const read = () => direct.read(key, { consistent: true })

  it.each(losses)('(%s) a lease that was taken is taken', async (loss) => {
    const outcome = await losing(['UpdateItem', loss], (store) => store.takeLease(key, claim()))

    expect(outcome).toMatchObject({
      taken: true,
      item: { generation: 1, lease: { owner: 'owner-1' } },
    })
  })

  it('(reset) a lease that another holds stays the other one’s', async () => {
    await direct.takeLease(key, claim())

    const outcome = await losing(['UpdateItem', 'reset'], (store) =>
      store.takeLease(key, claim({ owner: 'owner-2' })),
    )

    expect(outcome).toMatchObject({ taken: false, item: { lease: { owner: 'owner-1' } } })
  })

  it.each(losses)('(%s) a token that was published is published', async (loss) => {
    await direct.takeLease(key, claim())

    const outcome = await losing(['UpdateItem', loss], (store) =>
      store.publish(key, first, publication()),
    )

    expect(outcome).toMatchObject({ applied: true, item: { sealed: { generation: 1 } } })
  })

  it('(reset) a lease given back is free, with its failure, though the answer is no', async () => {
    await direct.takeLease(key, claim())

    const released = await losing(['UpdateItem', 'reset'], (store) =>
      store.release(key, first, { failure, ttlEpochSeconds: 3_620 }),
    )

    expect(released).toBe(false)
    const item = await read()
    expect(item?.lease).toBeUndefined()
    expect(item?.failure).toEqual(failure)
  })

  it('(reset) a refused token is marked once, and the mark is told', async () => {
    await published(direct)
    const mark = { generation: 1, count: 1, notBeforeAtMs: 40_000 }

    const outcome = await losing(['UpdateItem', 'reset'], (store) =>
      store.markRefused(key, { ...mark, nowAtMs: 10_000 }),
    )

    expect(outcome).toMatchObject({ applied: false, item: { refused: mark } })
  })

  it('(reset) a token in use is noted as used', async () => {
    await published(direct, { used: false })

    await losing(['UpdateItem', 'reset'], (store) => store.markUsed(key, 1))

    expect((await read())?.usedGeneration).toBe(1)
  })

  it('(reset) a token taken off the list is off it', async () => {
    await published(direct)

    await losing(['UpdateItem', 'reset'], (store) => store.dropDue(key, 1, true))

    const rows: DueToken[] = []
    for await (const row of direct.listDue(90_000)) rows.push(row)
    expect(rows).toEqual([])
  })

  it('(reset) what is read is read again', async () => {
    await published(direct)

    const item = await losing(['GetItem', 'reset'], (store) => store.read(key))

    expect(item?.sealed?.generation).toBe(1)
  })

  it('(reset) a page of the list is read again', async () => {
    await published(direct)

    const row = await losing(['Query', 'reset'], (store) =>
      store.listDue(90_000)[Symbol.asyncIterator]().next(),
    )

    expect(row.value).toMatchObject({ key, tokenGeneration: 1 })
  })

  it('(reset) a secret that was written is written', async () => {
    const store = createDynamoSecretStore({ client, tableName: table.tableName })
    const secretKey = { partition: 'looker-secret#a', sort: 'looker-secret' }
    proxy.loseNext('PutItem', 'reset')

    const secret = { frame: bytes('frame-1'), generation: 1 }
    const written = await store.writeSecret(secretKey, secret, undefined)

    expect(written).toBe(true)
    expect(proxy.arrived('PutItem')).toBe(2)
  })
})
