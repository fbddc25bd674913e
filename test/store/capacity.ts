// What a call of a store consumes, as DynamoDB tells with each reply: units of the table and of the
// index, apart.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

export type Consumed = { readonly table: number; readonly index: number }

/** Watches a client; the function it gives returns what was consumed since it was last called. */
export const watchCapacity = (client: DynamoDBClient): (() => Consumed) => {
  let consumed: Consumed = { table: 0, index: 0 }
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next({
        ...args,
        input: Object.assign(args.input, { ReturnConsumedCapacity: 'INDEXES' }),
      })
      const told = 'ConsumedCapacity' in result.output ? result.output.ConsumedCapacity : undefined
      if (!told || !('TableName' in told)) return result
      consumed = {
        table: consumed.table + (told.Table?.CapacityUnits ?? 0),
        index: consumed.index + (told.GlobalSecondaryIndexes?.['due']?.CapacityUnits ?? 0),
      }
      return result
    },
    { step: 'initialize', name: 'watchCapacity' },
  )
  return () => {
    const since = consumed
    consumed = { table: 0, index: 0 }
    return since
  }
}
