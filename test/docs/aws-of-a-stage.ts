// AWS as the operator's commands find it for a stage that was deployed: its stack with the outputs, its table on
// DynamoDB Local, its key at the KMS double, and of its functions the doctor's, which asks a simulated Looker.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { json, text } from 'node:stream/consumers'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
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
import { createTable } from '../../local/dynamodb.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { startKmsDouble } from '../../local/kms/server.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'

type Stage = {
  readonly stage: string
  readonly tenant: Tenant
  readonly clientSecret: string
  /** Names of the outputs of its stack. */
  readonly outputs: () => readonly string[]
}

export type AwsOfAStage = {
  /** For the environment of a command. */
  readonly variables: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

export const startAws = async ({
  stage,
  tenant,
  clientSecret,
  outputs,
}: Stage): Promise<AwsOfAStage> => {
  const tableName = tableNameOf(stage)
  const endpoint = inject('dynamoDbEndpoint')
  // DynamoDB Local keeps a database for each access key, and this table has a name that stays.
  const credentials = { accessKeyId: randomBytes(8).toString('hex'), secretAccessKey: 'none' }
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
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
  const doctor = `/2015-03-31/functions/${functionNameOf(stage, 'examineLookerDirect')}/invocations`
  const others = await listen({
    [doctor]: async (request) => JSON.stringify(await direct(await json(request), context)),
    '/': async (request) => answerOfStack(await text(request), outputs()),
  })
  return {
    variables: {
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
      AWS_ENDPOINT_URL_KMS: kms.url,
      AWS_ENDPOINT_URL_LAMBDA: others.url,
      AWS_ENDPOINT_URL_CLOUDFORMATION: others.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    close: async () => {
      others.server.closeAllConnections()
      others.server.close()
      await kms.close()
    },
  }
}

/** CloudFormation's words for a stack: what the `serverless` command asks of one. */
const answerOfStack = (form: string, outputs: readonly string[]): string => {
  const action = new URLSearchParams(form).get('Action') ?? ''
  const entries = outputs.map(
    (name) =>
      `<member><OutputKey>${name}</OutputKey><OutputValue>value-of-${name}</OutputValue></member>`,
  )
  const stack = `<StackName>x</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${entries.join('')}</Outputs>`
  const result = action === 'DescribeStacks' ? `<Stacks><member>${stack}</member></Stacks>` : ''
  return `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`
}

type Answers = Readonly<Record<string, (request: IncomingMessage) => Promise<string>>>

/** By the path of the request; signatures are not checked. */
const listen = async (answers: Answers): Promise<{ server: Server; url: string }> => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const found = answers[request.url ?? '']
    if (found) response.end(await found(request))
    else response.writeHead(404).end()
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}
