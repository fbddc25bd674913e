// What stands in the index that is no session, or none any more, and sessions that are not in it.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import { createDynamoTokenStore } from '../../lib/store/dynamo-token-store.ts'
import { keyAttributes } from '../../lib/store/items.ts'
import type { Attributes } from '../../lib/store/items.ts'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import { published } from '../contracts/leases.ts'
import { keyOf, startMany } from '../contracts/session-due.ts'
import { sessionEnd, sessionKey, startedSession } from '../contracts/sessions.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { putRaw, removeRaw } from './raw-items.ts'
import type { RawTable } from './raw-items.ts'
import { livingSession, without } from './session-raw-items.ts'

const kind = { S: 'embed-session' }

/** A living session at a place of its own, with a due time of any kind. */
const rowAt = (name: number | string, due: string): Attributes => ({
  ...livingSession(),
  ...keyAttributes(keyOf(name)),
  kind,
  due_at: { N: due },
})

/** Names of the calls, how many reads of items were under way at once at most, and if all were consistent. */
const watchCalls = (client: DynamoDBClient) => {
  const calls: string[] = []
  const reads = { now: 0, most: 0, consistent: true }
  client.middlewareStack.add(
    (next, { commandName = 'unknown' }) =>
      async (args) => {
        calls.push(commandName)
        const isRead = commandName === 'GetItemCommand'
        if (isRead)
          reads.consistent &&= 'ConsistentRead' in args.input && !!args.input.ConsistentRead
        if (isRead) reads.most = Math.max(reads.most, (reads.now += 1))
        try {
          return await next(args)
        } finally {
          if (isRead) reads.now -= 1
        }
      },
    { step: 'initialize' },
  )
  return { calls, reads }
}

describe.skipIf(!hasDynamoDb())('the index of due sessions', () => {
  let table: RawTable
  let store: SessionStore

  beforeEach(async () => {
    table = await freshTable()
    store = createDynamoSessionStore(table)
  })

  const dueNow = async (): Promise<readonly string[]> => {
    const users: string[] = []
    for await (const { key } of store.listDue(1_000_000)) users.push(key.partition)
    return users
  }

  const seenAt = async (item: Attributes): Promise<SessionItem> => {
    await putRaw(table, item)
    const seen = await store.read(sessionKey)
    if (!seen) throw new Error('the item was not read')
    return seen
  }

  it('keeps sessions and API tokens apart', async () => {
    const tokens = createDynamoTokenStore(table)
    await published(tokens)
    await startedSession(store)

    const dueTokens: string[] = []
    for await (const { key } of tokens.listDue(1_000_000)) dueTokens.push(key.partition)
    const { items } = await store.listPage({ limit: 100 })

    expect(dueTokens).toEqual(['api-token#service'])
    expect(await dueNow()).toEqual([sessionKey.partition])
    expect(items.map(({ key }) => key)).toEqual([sessionKey])
  })

  it.each(['-1', '1.5', '1e20', '9.9e125'])(
    'with rows due at %s has them passed over, by the list and by pages of any length',
    async (due) => {
      for (const name of ['x', 'y', 'z']) await putRaw(table, rowAt(name, due))
      await startMany(store, [1, 2, 3])

      const listed: string[] = []
      const lengths: number[] = []
      let page = await store.listPage({ limit: 2 })
      for (let pages = 1; pages < 10; pages += 1) {
        listed.push(...page.items.map(({ key }) => key.partition))
        lengths.push(page.items.length)
        if (!page.next) break
        page = await store.listPage({ after: page.next, limit: 2 })
      }

      const users = [0, 1, 2].map((at) => keyOf(at).partition)
      expect(await dueNow()).toEqual(users)
      expect(listed).toEqual(users)
      expect(Math.max(...lengths)).toBeLessThanOrEqual(2)
      expect(page.next).toBeUndefined()
    },
  )

  it('that is behind the table gives no session that is forgotten or removed', async () => {
    await putRaw(table, without(rowAt('forgotten', '1'), ['sealed', 'session_generation']))
    await putRaw(table, rowAt('living', '2'))
    await putRaw(table, rowAt('removed', '3'))
    table.client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const answer = await next(args)
          if (commandName === 'QueryCommand') await removeRaw(table, keyOf('removed'))
          return answer
        },
      { step: 'initialize' },
    )

    const { items, next } = await store.listPage({ limit: 3 })

    expect(items.map(({ key }) => key)).toEqual([keyOf('living')])
    expect(next).toBeDefined()
  })

  it('goes on behind a position whose item was removed', async () => {
    await startMany(store, [1_000, 2_000, 3_000])
    const first = await store.listPage({ limit: 2 })
    await removeRaw(table, keyOf(1))

    const { items } = await store.listPage({ after: first.next, limit: 2 })

    expect(items.map(({ key }) => key)).toEqual([keyOf(2)])
  })

  it('is asked once for a page, and each item is read, ten at a time', async () => {
    await startMany(
      store,
      Array.from({ length: 30 }, (_, at) => at),
    )
    const { calls, reads } = watchCalls(table.client)

    await store.listPage({ limit: 25 })

    expect(calls.filter((name) => name === 'QueryCommand')).toHaveLength(1)
    expect(calls.filter((name) => name === 'GetItemCommand')).toHaveLength(25)
    expect(calls).toHaveLength(26)
    expect(reads).toEqual({ now: 0, most: 10, consistent: true })
  })

  it('has no item of before there was one, which is read, ended and then listed', async () => {
    const seen = await seenAt(livingSession())
    const before = await dueNow()

    const { applied } = await store.end(sessionKey, seen, sessionEnd)

    expect(seen).toMatchObject({ sealed: { generation: 1 } })
    expect(seen).not.toHaveProperty('dueAtMs')
    expect([before, applied]).toEqual([[], true])
    expect(await dueNow()).toEqual([sessionKey.partition])
  })

  it('is entered by an item of before there was one when it is rescheduled', async () => {
    const seen = await seenAt(livingSession())

    await store.reschedule(sessionKey, seen, 40_000)

    expect((await store.read(sessionKey))?.dueAtMs).toBe(40_000)
    expect(await dueNow()).toEqual([sessionKey.partition])
  })

  it.each([
    ['another kind', { S: 'api-token' }, { N: '40000' }],
    ['a time that makes no sense', kind, { N: '-1' }],
  ])('under %s makes no item due', async (_, odd, due) => {
    const seen = await seenAt({ ...livingSession(), kind: odd, due_at: due })

    expect(seen).not.toHaveProperty('dueAtMs')
  })

  it('is left by an item whose session cannot be read, when it ends', async () => {
    const seen = await seenAt({ ...livingSession(), sealed: { S: 'x' }, kind, due_at: { N: '1' } })

    await store.end(sessionKey, seen, sessionEnd)

    expect(await dueNow()).toEqual([])
    expect((await store.read(sessionKey))?.raw).not.toHaveProperty('kind')
  })
})
