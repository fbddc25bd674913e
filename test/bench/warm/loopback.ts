// The request without memory over loopback: DynamoDB Local and the KMS double over HTTP, with the AWS
// clients as they are deployed.
import { KMSClient } from '@aws-sdk/client-kms'
import { createKms } from '../../../lib/crypto/kms.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../../lib/store/dynamo-token-store.ts'
import { createTable, localDynamoDbClient, startDynamoDb } from '../../../local/dynamodb.ts'
import { startKmsDouble } from '../../../local/kms/server.ts'
import { readTableDefinition } from '../../../local/serverless-config.ts'
import { createFleet, tableName } from '../../scenarios/fleet.ts'
import { benchTenant, createRereadingRequest } from './handler.ts'
import type { Request } from './handler.ts'

const definition = readTableDefinition(new URL('../../../serverless.yml', import.meta.url))

export const startLoopback = async (): Promise<{
  readonly request: Request
  readonly stop: () => Promise<void>
}> => {
  const database = await startDynamoDb()
  const client = localDynamoDbClient(database.endpoint)
  await createTable(client, tableName, definition)
  const table = { client, tableName }
  const fleet = await createFleet({
    tenant: benchTenant(),
    store: createDynamoTokenStore(table),
    secrets: createDynamoSecretStore(table),
  })
  await fleet.ask(fleet.coldStart())
  const kms = await startKmsDouble({ double: fleet.kms })
  const kmsClient = new KMSClient({
    endpoint: kms.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const port = createKms({ client: kmsClient, keyId: 'alias/looker-token-broker-local' })
  return {
    request: await createRereadingRequest(fleet, port),
    stop: async () => {
      client.destroy()
      kmsClient.destroy()
      await Promise.all([database.stop(), kms.close()])
    },
  }
}
