// The table in DynamoDB Local, with the stores as they are deployed.
import { createDynamoSessionStore } from '../../../lib/store/dynamo-session-store.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../../lib/store/dynamo-token-store.ts'
import { createTable, localDynamoDbClient, startDynamoDb } from '../../../local/dynamodb.ts'
import { readTableDefinition } from '../../../local/serverless-config.ts'
import { tableName } from '../../scenarios/fleet.ts'
import type { Tables } from './scene.ts'

const definition = readTableDefinition(new URL('../../../serverless.yml', import.meta.url))

export const startTables = async (): Promise<{
  readonly tables: Tables
  readonly stop: () => Promise<void>
}> => {
  const database = await startDynamoDb()
  const client = localDynamoDbClient(database.endpoint)
  await createTable(client, tableName, definition)
  const table = { client, tableName }
  return {
    tables: {
      tokens: createDynamoTokenStore(table),
      secrets: createDynamoSecretStore(table),
      sessions: createDynamoSessionStore(table),
    },
    stop: async () => {
      client.destroy()
      await database.stop()
    },
  }
}
