// One environment of a herd, as a process of its own. It does what its parent says and nothing else.
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { createBroker } from '../../../lib/broker.ts'
import { createKms } from '../../../lib/crypto/kms.ts'
import type { Secret } from '../../../lib/secret.ts'
import { systemClock } from '../../../lib/system.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../../lib/store/dynamo-token-store.ts'
import { deadlineIn } from '../../../lib/time.ts'
import { localDynamoDbClient } from '../../../local/dynamodb.ts'
import { parseOrder } from './messages.ts'
import type { Preparation, Reply } from './messages.ts'
import { createSdkCaller } from './sdk-herd.ts'
import { credentials, keyId, principalAt, stageName, tenantAt } from './stage.ts'
import { watchSecretStore, watchTokenStore, withoutLease } from './store-calls.ts'
import type { StoreCall, Watch } from './store-calls.ts'

type Environment = {
  readonly ask: () => Promise<Secret>
  readonly storeCalls: readonly StoreCall[]
}

type Clients = { readonly dynamoDb: DynamoDBClient; readonly kms: KMSClient }

const connect = ({ dynamoDbUrl, kmsUrl }: Preparation): Clients => ({
  dynamoDb: localDynamoDbClient(dynamoDbUrl),
  kms: new KMSClient({
    endpoint: kmsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  }),
})

const coldBroker = ({ dynamoDb, kms }: Clients, preparation: Preparation): Environment => {
  const { subject, tableName, lookerUrl } = preparation
  const watch: Watch = { calls: [], nowMs: Date.now, hop: async () => undefined }
  const table = { client: dynamoDb, tableName }
  const store = watchTokenStore(createDynamoTokenStore(table), watch)
  const broker = createBroker(
    { stage: stageName, tableName, tenant: tenantAt(lookerUrl) },
    {
      store: subject === 'lease-off' ? withoutLease(store) : store,
      secrets: watchSecretStore(createDynamoSecretStore(table), watch),
      kms: createKms({ client: kms, keyId, deadline: () => AbortSignal.timeout(10_000) }),
      fetch: globalThis.fetch,
      clock: systemClock,
      randomBytes,
      chance: Math.random,
      report: () => undefined,
    },
  )
  const ask = async () => {
    const deadline = deadlineIn(systemClock, 25_000)
    return (await broker.getToken(principalAt(lookerUrl), { minTtlMs: 0 }, deadline)).secret
  }
  return { ask, storeCalls: watch.calls }
}

const answer = (reply: Reply): void => void process.send?.(reply)

const askAt = async ({ ask, storeCalls }: Environment, atMs: number): Promise<void> => {
  await wait(Math.max(0, atMs - Date.now()))
  const token = await ask().catch(() => undefined)
  const waitMs = performance.timeOrigin + performance.now() - atMs
  answer({
    is: 'done',
    ...(token ? { outcome: { waitMs, digest: token.digest() } } : {}),
    storeCalls: [...storeCalls],
  })
}

let clients: Clients | undefined
let environment: Environment | undefined

process.on('message', (unverified) => {
  const order = parseOrder(unverified)
  if (order.do === 'prepare') {
    clients ??= connect(order)
    environment =
      order.subject === 'sdk-node'
        ? { ask: createSdkCaller(order.lookerUrl, credentials), storeCalls: [] }
        : coldBroker(clients, order)
    answer({ is: 'ready' })
  } else if (environment) {
    void askAt(environment, order.atMs)
  }
})
process.on('disconnect', () => process.exit())
answer({ is: 'ready' })
