// A table on DynamoDB Local with many living sessions among API tokens, and a count of what is asked of it.
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb'
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Sealer } from '../../../lib/crypto/sealer.ts'
import { partitionOf, sessionKind } from '../../../lib/embed/session-key.ts'
import { encodeSessionRecord } from '../../../lib/embed/session-record.ts'
import { Secret } from '../../../lib/secret.ts'
import { keyAttributes } from '../../../lib/store/items.ts'

export const instance = 'https://looker.example.com'
export const nowAtMs = 1_800_000_000_000
const atOnce = 8
const batchItems = 25

type Item = Record<string, AttributeValue>

export type Filling = {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly sealer: Sealer
  readonly sessions: number
  readonly tokens: number
}

const tokenAt = (index: number): Item => ({
  pk: { S: `api-token#looker#client#user:${index}#production` },
  sk: { S: 'api-token' },
  kind: { S: 'api-token' },
  due_at: { N: String(nowAtMs + index) },
  token_generation: { N: '1' },
})

export const fill = async (filling: Filling): Promise<void> => {
  const { sealer, sessions, tokens } = filling
  const dataKey = await sealer.currentKey(undefined)
  const sessionAt = (index: number): Item => {
    const key = { partition: partitionOf(instance, `user-${index}`), sort: 'device#one' }
    const expiresAtMs = nowAtMs + 60_000 + index
    const plaintext = encodeSessionRecord({
      reference: new Secret('r'.repeat(400)),
      sessionId: `session-${index}`,
      userAgentDigest: 'a'.repeat(43),
      profileDigest: 'p'.repeat(43),
      claimsAtMs: nowAtMs,
      startedAtMs: nowAtMs,
      lookerEndsAtMs: expiresAtMs,
      expiresAtMs,
      details: {
        firstName: 'Ann',
        lastName: 'Example',
        userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36',
      },
    })
    const frame = sealer.seal(
      { plaintext, expiresAtMs },
      { key, kind: sessionKind, generation: 1 },
      dataKey,
    )
    return {
      ...keyAttributes(key),
      generation: { N: '1' },
      session_generation: { N: '1' },
      sealed: { B: frame },
      kind: { S: sessionKind },
      due_at: { N: String(expiresAtMs) },
    }
  }
  await writeAll(filling, sessions, sessionAt)
  await writeAll(filling, tokens, tokenAt)
}

const writeAll = async (
  { client, tableName }: Filling,
  count: number,
  itemAt: (index: number) => Item,
): Promise<void> => {
  let next = 0
  const write = async (): Promise<void> => {
    while (next < count) {
      const indexes = Array.from(
        { length: Math.min(batchItems, count - next) },
        (_, at) => next + at,
      )
      next += indexes.length
      const puts = indexes.map((index) => ({ PutRequest: { Item: itemAt(index) } }))
      await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: puts } }))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, write))
}

/** Calls by their name, and rows that came home by what they are of. */
export type Asked = {
  readonly calls: Record<string, number>
  sessionRows: number
  otherRows: number
}

export const countAsked = (client: DynamoDBClient): Asked => {
  const asked: Asked = { calls: {}, sessionRows: 0, otherRows: 0 }
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        asked.calls[commandName] = (asked.calls[commandName] ?? 0) + 1
        const result = await next(args)
        for (const row of rowsIn(result.output)) {
          if (row['pk']?.S?.startsWith(`${sessionKind}#`)) asked.sessionRows += 1
          else asked.otherRows += 1
        }
        return result
      },
    { step: 'initialize' },
  )
  return asked
}

const rowsIn = (output: object): readonly Item[] => {
  const { Items = [], Item } = output as { Items?: Item[]; Item?: Item }
  return Item ? [Item] : Items
}
