// AWS as the operator's commands find it for a stage that was deployed: its table on DynamoDB Local, its key at
// the KMS double, and of its functions the doctor's, which asks a simulated Looker.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { inject } from 'vitest'
import { functionNameOf, keyIdOf, tableNameOf } from '../../cli/stage-names.ts'
import { create } from '../../functions/examine-looker.ts'
import type { Tenant } from '../../lib/config.ts'
import { createDoctorBroker } from '../../lib/doctor-broker.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { systemClock } from '../../lib/system.ts'
import { createTable, localDynamoDbClient } from '../../local/dynamodb.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { startKmsDouble } from '../../local/kms/server.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'

type Stage = { readonly stage: string; readonly tenant: Tenant; readonly clientSecret: string }

export type AwsOfAStage = {
  /** For the environment of a command. */
  readonly variables: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

export const startAws = async ({ stage, tenant, clientSecret }: Stage): Promise<AwsOfAStage> => {
  const tableName = tableNameOf(stage)
  const endpoint = inject('dynamoDbEndpoint')
  const client = localDynamoDbClient(endpoint)
  const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))
  await createTable(client, tableName, definition)
  const kms = await startKmsDouble()
  const looker = createLookerSimulator({ clientId: tenant.looker.client_id, clientSecret })
  const { direct } = create(() =>
    createDoctorBroker(
      { stage, tableName, tenant },
      {
        store: createDynamoTokenStore({ client, tableName }),
        secrets: createDynamoSecretStore({ client, tableName }),
        kms: createLocalKms(kms.double, keyIdOf(stage)),
        fetch: looker.fetch,
        clock: systemClock,
        randomBytes,
        chance: Math.random,
        report: () => {},
      },
    ),
  )
  const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 60_000 }
  const lambda = await startLambda({
    [functionNameOf(stage, 'examineLookerDirect')]: (payload) => direct(payload, context),
  })
  return {
    variables: {
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
      AWS_ENDPOINT_URL_KMS: kms.url,
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
    close: async () => {
      lambda.server.closeAllConnections()
      lambda.server.close()
      await kms.close()
    },
  }
}

type Functions = Readonly<Record<string, (payload: unknown) => Promise<unknown>>>

const invocation = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

/** Of the service alone what the AWS SDK needs for `Invoke`; signatures are not checked. */
const startLambda = async (functions: Functions): Promise<{ server: Server; url: string }> => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const run = functions[invocation.exec(request.url ?? '')?.[1] ?? '']
    if (run) response.end(JSON.stringify(await run(await json(request))))
    else response.writeHead(404).end()
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}
