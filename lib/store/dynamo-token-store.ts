// The token store on DynamoDB. Every write is one conditional UpdateItem that brings the item home,
// whether it was applied or not.
import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient, QueryCommandOutput } from '@aws-sdk/client-dynamodb'
import { isConditionFailure, storeErrorOf } from './dynamo-errors.ts'
import {
  dropDueWrite,
  leaseWrite,
  publishWrite,
  refuseWrite,
  releaseWrite,
  useWrite,
} from './expressions.ts'
import type { Write } from './expressions.ts'
import {
  dueIndex,
  keyAttributes,
  parseDueToken,
  parseSecretItem,
  parseTokenItem,
  parseVersion,
  tokenIndexKind,
} from './items.ts'
import type { Attributes } from './items.ts'
import type { DueToken, ItemKey, SecretStore, TokenItem, TokenStore } from './token-store.ts'

const pageSize = 100

/** The client brings its own deadlines and at most two attempts; see `lib/broker.ts`. */
export type Table = { readonly client: DynamoDBClient; readonly tableName: string }

type Applied = { readonly applied: boolean; readonly item: TokenItem | undefined }

/** Errors of every call: `StoreError`. */
export const createDynamoTokenStore = (table: Table): TokenStore => ({
  read: async (key, { consistent = false } = {}) =>
    parseTokenItem(await getItem(table, key, { consistent })),
  takeLease: async (key, claim) => {
    const { applied, item } = await update(table, key, leaseWrite(claim))
    // A condition that fails on our own lease is a success whose reply was lost.
    return { taken: applied || item?.lease?.owner === claim.owner, item }
  },
  publish: async (key, holder, publication) => {
    const { applied, item } = await update(table, key, publishWrite(holder, publication))
    // Generations are handed out once, so ours on the token means that our write arrived.
    return { applied: applied || item?.sealed?.generation === holder.generation, item }
  },
  release: async (key, holder, end) =>
    (await update(table, key, releaseWrite(holder, end))).applied,
  markRefused: (key, refused) => update(table, key, refuseWrite(refused)),
  markUsed: async (key, generation) => {
    await update(table, key, useWrite(generation))
  },
  dropDue: async (key, generation) => {
    await update(table, key, dropDueWrite(generation))
  },
  listDue: (beforeAtMs) => listDue(table, beforeAtMs),
})

export const createDynamoSecretStore = (table: Table): SecretStore => ({
  readSecret: async (key) => parseSecretItem(await getItem(table, key, { consistent: true })),
  readSecretVersion: async (key) =>
    parseVersion(await getItem(table, key, { consistent: true, only: 'generation' })),
  writeSecret: async (key, secret, seenGeneration) => {
    const unchanged =
      seenGeneration === undefined
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: 'generation = :seen',
            ExpressionAttributeValues: { ':seen': { N: String(seenGeneration) } },
          }
    const Item = {
      ...keyAttributes(key),
      sealed: { B: secret.frame },
      generation: { N: String(secret.generation) },
    }
    try {
      await table.client.send(
        new PutItemCommand({ TableName: table.tableName, Item, ...unchanged }),
      )
      return true
    } catch (error) {
      if (isConditionFailure(error)) return false
      throw storeErrorOf(error)
    }
  },
})

const getItem = async (
  { client, tableName }: Table,
  key: ItemKey,
  options: { readonly consistent: boolean; readonly only?: string },
): Promise<Attributes | undefined> => {
  const command = new GetItemCommand({
    TableName: tableName,
    Key: keyAttributes(key),
    ConsistentRead: options.consistent,
    ...(options.only === undefined ? {} : { ProjectionExpression: options.only }),
  })
  try {
    return (await client.send(command)).Item
  } catch (error) {
    throw storeErrorOf(error)
  }
}

const update = async (table: Table, key: ItemKey, write: Write): Promise<Applied> => {
  const command = new UpdateItemCommand({
    TableName: table.tableName,
    Key: keyAttributes(key),
    ...write,
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  try {
    const { Attributes } = await table.client.send(command)
    return { applied: true, item: parseTokenItem(Attributes) }
  } catch (error) {
    if (!isConditionFailure(error)) throw storeErrorOf(error)
    const item = error.Item ?? (await getItem(table, key, { consistent: true }))
    return { applied: false, item: parseTokenItem(item) }
  }
}

async function* listDue(table: Table, beforeAtMs: number): AsyncGenerator<DueToken> {
  let start: Attributes | undefined
  do {
    const page = await queryDue(table, beforeAtMs, start)
    for (const row of page.Items ?? []) {
      const due = parseDueToken(row)
      if (due) yield due
    }
    start = page.LastEvaluatedKey
  } while (start)
}

const queryDue = async (
  { client, tableName }: Table,
  beforeAtMs: number,
  start: Attributes | undefined,
): Promise<QueryCommandOutput> => {
  const command = new QueryCommand({
    TableName: tableName,
    IndexName: dueIndex,
    KeyConditionExpression: 'kind = :kind AND due_at <= :before',
    ExpressionAttributeValues: {
      ':kind': { S: tokenIndexKind },
      ':before': { N: String(Math.floor(beforeAtMs)) },
    },
    Limit: pageSize,
    ...(start ? { ExclusiveStartKey: start } : {}),
  })
  try {
    return await client.send(command)
  } catch (error) {
    throw storeErrorOf(error)
  }
}
