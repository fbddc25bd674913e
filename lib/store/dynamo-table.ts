// One table of DynamoDB as the stores call it: every call under a deadline, every failure a
// `StoreError`, and a condition that fails an answer.
import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type {
  DynamoDBClient,
  QueryCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { StoreError } from '../errors.ts'
import { isConditionFailure, storeErrorOf } from './dynamo-errors.ts'
import type { Put, Write } from './expressions.ts'
import { keyAttributes } from './items.ts'
import type { Attributes } from './items.ts'
import type { ItemKey } from './token-store.ts'

export type Table = {
  /** Brings a time limit for each attempt, and at most two attempts; see `lib/broker.ts`. */
  readonly client: DynamoDBClient
  readonly tableName: string
  /** Made anew for each call and covers all of it. Default: fires after 2.5 seconds. */
  readonly deadline?: () => AbortSignal
}

/** Two attempts of a second each, and the pause between them. */
const defaultDeadline = (): AbortSignal => AbortSignal.timeout(2_500)

export type Written = {
  readonly applied: boolean
  /** What stands after the call; undefined when there is no item. */
  readonly attributes: Attributes | undefined
}

export const getItem = (
  { client, tableName, deadline }: Table,
  key: ItemKey,
  options: { readonly consistent: boolean; readonly only?: string },
): Promise<Attributes | undefined> =>
  answered(deadline, async (abortSignal) => {
    const command = new GetItemCommand({
      TableName: tableName,
      Key: keyAttributes(key),
      ConsistentRead: options.consistent,
      ...(options.only === undefined ? {} : { ProjectionExpression: options.only }),
    })
    return (await client.send(command, { abortSignal })).Item
  })

/** Brings the item home, whether the write was applied or not. */
export const updateItem = async (table: Table, key: ItemKey, write: Write): Promise<Written> => {
  const written = await update(table, key, {
    ...write,
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  if (written.applied || written.attributes) return written
  return { applied: false, attributes: await getItem(table, key, { consistent: true }) }
}

/** For writes of which nobody asks what stands there afterwards: no item is sent back. */
export const updateBlindly = async (table: Table, key: ItemKey, write: Write): Promise<boolean> =>
  (await update(table, key, write)).applied

type Update = Write &
  Pick<UpdateItemCommandInput, 'ReturnValues' | 'ReturnValuesOnConditionCheckFailure'>

const update = ({ client, tableName, deadline }: Table, key: ItemKey, input: Update) =>
  answered(deadline, (abortSignal) => {
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: keyAttributes(key),
      ...input,
    })
    return conditionally(async () => (await client.send(command, { abortSignal })).Attributes)
  })

/** The whole item is replaced; brings home the one that stood in the way, if the condition fails. */
export const putItem = ({ client, tableName, deadline }: Table, put: Put): Promise<Written> =>
  answered(deadline, (abortSignal) => {
    const command = new PutItemCommand({
      TableName: tableName,
      ...put,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    return conditionally(async () => {
      await client.send(command, { abortSignal })
      return put.Item
    })
  })

/** One page of the table or an index, and where the next begins. */
export const queryPage = (
  { client, tableName, deadline }: Table,
  query: Omit<QueryCommandInput, 'TableName' | 'ExclusiveStartKey'>,
  start: Attributes | undefined,
): Promise<{ readonly rows: readonly Attributes[]; readonly next: Attributes | undefined }> =>
  answered(deadline, async (abortSignal) => {
    const command = new QueryCommand({
      TableName: tableName,
      ...query,
      ...(start ? { ExclusiveStartKey: start } : {}),
    })
    const page = await client.send(command, { abortSignal })
    return { rows: page.Items ?? [], next: page.LastEvaluatedKey }
  })

const conditionally = async (write: () => Promise<Attributes | undefined>): Promise<Written> => {
  try {
    return { applied: true, attributes: await write() }
  } catch (error) {
    if (!isConditionFailure(error)) throw error
    return { applied: false, attributes: error.Item }
  }
}

const answered = async <T>(
  deadline: Table['deadline'] = defaultDeadline,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const signal = deadline()
  try {
    // The client's own limits end with the first byte of a reply, and do not cover credentials.
    return await Promise.race([call(signal), failsWith(signal)])
  } catch (error) {
    throw storeErrorOf(error)
  }
}

const failsWith = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const fail = () => reject(new StoreError('unavailable', 'The table did not answer in time.'))
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail, { once: true })
  })
