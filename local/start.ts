// `npm start`: the whole broker on this machine. Starts a Looker simulator, a KMS double and a
// DynamoDB, stores a client secret, and serves the functions behind the routes of serverless.yml.
import { fileURLToPath } from 'node:url'
import { keyIdOf, tableNameOf } from '../cli/stage-names.ts'
import { readTenant } from '../cli/tenant-file.ts'
import { createBroker, systemServices } from '../lib/broker.ts'
import type { Broker, Services } from '../lib/broker.ts'
import { Secret } from '../lib/secret.ts'
import { createMemorySecretStore, createMemoryTokenStore } from '../lib/store/memory-token-store.ts'
import { secretKeyOf, writeClientSecret } from '../lib/tokens/client-secret.ts'
import { awsVariables, localKeys, ports } from './addresses.ts'
import { createTable, hasJava, localDynamoDbClient, startDynamoDb } from './dynamodb.ts'
import { createGateway } from './gateway/gateway.ts'
import { startKmsDouble } from './kms/server.ts'
import { loadHandlersWith } from './load-handlers.ts'
import { chooseLooker } from './looker-choice.ts'
import { createLookerSimulator } from './looker/server.ts'
import { startSchedules } from './schedules.ts'
import { readTableDefinition, resolveService } from './serverless-config.ts'
import { welcome } from './welcome.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const stage = 'local'
const tableName = tableNameOf(stage)
/** Long enough to see what sharing a login saves. */
const simulatedLoginMs = 400

const ending: (() => Promise<unknown>)[] = []

const start = async (): Promise<void> => {
  const given = { ...process.env }
  Object.assign(process.env, awsVariables(given))
  const { tenant, clientSecret } = chooseLooker(readTenant(root, stage), given)
  const [service, looker, table] = await Promise.all([
    resolveService(root, stage),
    clientSecret === undefined ? startSimulator(tenant.looker.client_id) : undefined,
    given['AWS_ENDPOINT_URL_DYNAMODB'] === undefined ? startTable() : givenTable,
    given['AWS_ENDPOINT_URL_KMS'] === undefined ? startKms() : undefined,
  ])
  const services = servicesFor(table)
  const broker = createBroker({ stage, tableName, tenant }, services)
  await storeSecret(broker, services, clientSecret ?? looker?.secret ?? '')

  const gateway = createGateway({
    ...service,
    loadHandler: loadHandlersWith(root, () => broker),
    jwtKeys: {},
    iamKeys: localKeys,
    clock: broker.clock,
    onError: (name, error) => console.error(name, error instanceof Error ? error.name : 'error'),
  })
  const { address, close } = await gateway.listen(ports.gateway)
  ending.push(close)
  ending.push(startSchedules(service.schedules, gateway.invoke))
  console.log(
    welcome({ broker: address, looker: looker?.url, lookerApi: tenant.looker.base_url, table }),
  )
}

type TableKind = 'DynamoDB Local' | 'DynamoDB as given' | 'memory'

const givenTable: TableKind = 'DynamoDB as given'

const startTable = async (): Promise<TableKind> => {
  if (!(await hasJava())) return 'memory'
  const database = await startDynamoDb({ port: ports.dynamoDb })
  ending.push(database.stop)
  const definition = readTableDefinition(new URL('../serverless.yml', import.meta.url))
  await createTable(localDynamoDbClient(database.endpoint), tableName, definition)
  return 'DynamoDB Local'
}

const startKms = async (): Promise<void> => {
  ending.push((await startKmsDouble({ port: ports.kms })).close)
}

const startSimulator = async (clientId: string): Promise<{ url: string; secret: string }> => {
  const simulator = createLookerSimulator({ clientId, loginLatencyMs: simulatedLoginMs })
  const { url, close } = await simulator.listen(ports.looker)
  ending.push(close)
  return { url, secret: simulator.state.clientSecret }
}

const servicesFor = (table: TableKind): Services => {
  const services = systemServices({ stage, tableName, keyId: keyIdOf(stage) })
  if (table !== 'memory') return services
  return { ...services, store: createMemoryTokenStore(), secrets: createMemorySecretStore() }
}

const storeSecret = async (broker: Broker, services: Services, secret: string): Promise<void> => {
  const { base_url: instance, client_id: clientId } = broker.tenant.looker
  await writeClientSecret(
    {
      store: services.secrets,
      sealer: broker.sealer,
      key: secretKeyOf({ instance, clientId }),
      clock: broker.clock,
    },
    new Secret(secret),
  )
}

const end = async (exitCode: number): Promise<void> => {
  await Promise.allSettled(ending.map((stop) => stop()))
  process.exit(exitCode)
}

process.once('SIGINT', () => void end(0))
process.once('SIGTERM', () => void end(0))
try {
  await start()
} catch (error) {
  console.error(`The broker did not start: ${error instanceof Error ? error.message : 'unknown'}`)
  await end(1)
}
