// Tables for tests, on the DynamoDB Local that test/setup/dynamodb.ts started. Each caller gets an
// empty one of its own, defined as the deployed one is.
import { randomUUID } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { inject } from 'vitest'
import { createTable, localDynamoDbClient } from '../../local/dynamodb.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'

const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))

/** False without Java: use it in `describe.skipIf(!hasDynamoDb())`. */
export const hasDynamoDb = (): boolean => inject('dynamoDbEndpoint') !== ''

export const freshTable = async (): Promise<{ client: DynamoDBClient; tableName: string }> => {
  const client = localDynamoDbClient(inject('dynamoDbEndpoint'))
  const tableName = `test-${randomUUID()}`
  await createTable(client, tableName, definition)
  return { client, tableName }
}
