import { describe } from 'vitest'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { describeTokenStore } from '../contracts/token-store.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'

describe.skipIf(!hasDynamoDb())('with DynamoDB Local', () => {
  describeTokenStore('on DynamoDB', async () => {
    const table = await freshTable()
    return { tokens: createDynamoTokenStore(table), secrets: createDynamoSecretStore(table) }
  })
})
