// A write of a session that arrived, and whose reply did not: the client sends it again, and its
// condition fails on what it wrote itself.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import { bytes, first } from '../contracts/leases.ts'
import {
  acquireClaim,
  endedAt20s,
  endedSession,
  replacement,
  sessionClaim,
  sessionEnd,
  sessionKey,
  sessionPublication,
  startedSession,
} from '../contracts/sessions.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { clientWithLimits } from './clients.ts'
import { startLossyProxy } from './lossy-proxy.ts'
import type { LossyProxy } from './lossy-proxy.ts'
import { removeRaw } from './raw-items.ts'
import type { RawTable } from './raw-items.ts'

describe.skipIf(!hasDynamoDb())('when the reply about a session is lost', () => {
  let table: RawTable
  let direct: SessionStore
  let proxy: LossyProxy
  let client: DynamoDBClient

  beforeAll(async () => {
    table = await freshTable()
    direct = createDynamoSessionStore(table)
    proxy = await startLossyProxy(inject('dynamoDbEndpoint'))
    client = clientWithLimits(proxy.endpoint)
  })

  beforeEach(async () => {
    await removeRaw(table, sessionKey)
  })

  afterAll(async () => {
    client.destroy()
    await proxy.stop()
  })

  /** Loses the reply to the next call of the operation, and sees that it was sent again. */
  const losing = async <T>(
    operation: string,
    call: (store: SessionStore) => Promise<T>,
  ): Promise<T> => {
    const before = proxy.arrived(operation)
    proxy.loseNext(operation, 'reset')
    const answer = await call(createDynamoSessionStore({ client, tableName: table.tableName }))
    expect(proxy.arrived(operation)).toBeGreaterThanOrEqual(before + 2)
    return answer
  }

  it('a lease that was taken is taken', async () => {
    const outcome = await losing('UpdateItem', (store) =>
      store.takeLease(sessionKey, sessionClaim()),
    )

    expect(outcome).toMatchObject({ applied: true, item: { lease: { owner: 'owner-1' } } })
  })

  it('a session that was published is published', async () => {
    await direct.takeLease(sessionKey, sessionClaim())

    const outcome = await losing('UpdateItem', (store) =>
      store.publish(sessionKey, first, undefined, sessionPublication()),
    )

    expect(outcome).toMatchObject({ applied: true, item: { sealed: { generation: 1 } } })
  })

  it('a session that was replaced is replaced', async () => {
    const seen = await startedSession(direct)

    const outcome = await losing('UpdateItem', (store) =>
      store.replace(sessionKey, seen, replacement()),
    )

    const sealed = { frame: bytes('frame-9'), generation: 9 }
    expect(outcome).toMatchObject({ applied: true, item: { sealed } })
  })

  it('an end is that end', async () => {
    const seen = await startedSession(direct)

    const outcome = await losing('UpdateItem', (store) => store.end(sessionKey, seen, sessionEnd))

    expect(outcome).toMatchObject({ applied: true, item: { ended: endedAt20s } })
  })

  it.each([
    ['going on', 12_000, 3],
    ['new', 90_000, 2],
  ])(
    'an acquire in a window that is %s may count twice, and never lets one more pass',
    async (_, nowAtMs, count) => {
      const seen = await startedSession(direct)

      const { outcome, item } = await losing('UpdateItem', (store) =>
        store.countAcquire(sessionKey, acquireClaim(seen, { nowAtMs })),
      )

      expect(outcome).toBe('counted')
      expect(item?.acquires?.count).toBe(count)
    },
  )

  it('a lease given back is free, with its failure, though the answer is no', async () => {
    await direct.takeLease(sessionKey, sessionClaim())
    const failure = { reason: 'timeout' }

    const released = await losing('UpdateItem', (store) =>
      store.release(sessionKey, first, failure),
    )

    expect(released).toBe(false)
    const item = await direct.read(sessionKey)
    expect(item?.lease).toBeUndefined()
    expect(item?.failure).toEqual({ ...failure, generation: 1 })
  })

  it('a session that was forgotten is forgotten', async () => {
    const ended: SessionItem = await endedSession(direct, await startedSession(direct))

    await losing('UpdateItem', (store) => store.forget(sessionKey, ended))

    expect((await direct.read(sessionKey))?.sealed).toBeUndefined()
  })

  it('what is read or listed is read again', async () => {
    await startedSession(direct)

    const item = await losing('GetItem', (store) => store.read(sessionKey))
    const items = await losing('Query', (store) => store.listOfUser(sessionKey.partition))

    expect(item?.sealed?.generation).toBe(1)
    expect(items).toEqual([item])
  })
})
