// `npm start`: the whole broker on this machine. Starts a Looker simulator, a KMS double and a
// DynamoDB, stores a client secret, and serves the functions behind the routes of serverless.yml.
import { fileURLToPath } from 'node:url'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { keyIdOf, tableNameOf } from '../cli/stage-names.ts'
import { readTenant } from '../cli/tenant-file.ts'
import { createBroker, systemEmbedServices } from '../lib/broker.ts'
import type { Broker, EmbedServices } from '../lib/broker.ts'
import { createDoctorBroker } from '../lib/doctor-broker.ts'
import { withAdministration, withEmbed, withRevocation, withSweep } from '../lib/embed-broker.ts'
import { everything } from '../lib/embed/composition.ts'
import { Secret } from '../lib/secret.ts'
import { createMemorySessionStore } from '../lib/store/memory-session-store.ts'
import { createMemorySecretStore, createMemoryTokenStore } from '../lib/store/memory-token-store.ts'
import { systemClock } from '../lib/system.ts'
import { secretKeyOf, writeClientSecret } from '../lib/tokens/client-secret.ts'
import { awsVariables, localKeys, portsOf, secureLocalhost } from './addresses.ts'
import { createDemoIdentities, startDemo } from './demo/start-demo.ts'
import { createTable, hasJava, startDynamoDb } from './dynamodb.ts'
import type { RunOutcome } from './gateway/function-runner.ts'
import { createGateway } from './gateway/gateway.ts'
import { startKmsDouble } from './kms/server.ts'
import { loadHandlersWith } from './load-handlers.ts'
import { chooseLooker } from './looker-choice.ts'
import { createLookerSimulator, type LookerSimulator } from './looker/server.ts'
import { movedTo } from './page-origin.ts'
import { startSchedules } from './schedules.ts'
import { createSessionsPage } from './sessions-page.ts'
import { readTableDefinition, resolveService } from './serverless-config.ts'
import { createShiftableClock } from './shiftable-clock.ts'
import { notStarted, welcome } from './welcome.ts'
import type { Welcome } from './welcome.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const stage = 'local'
const tableName = tableNameOf(stage)
/** Long enough to see what sharing a login saves. */
const simulatedLoginMs = 400

const ending: (() => Promise<unknown>)[] = []

const start = async (): Promise<void> => {
  const given = { ...process.env }
  const ports = portsOf(given)
  Object.assign(process.env, awsVariables(given))
  const { tenant: chosen, clientSecret } = chooseLooker(readTenant(root, stage), given)
  const [resolved, looker, table] = await Promise.all([
    resolveService(root, stage),
    clientSecret === undefined ? startSimulator(ports.looker, chosen.looker.client_id) : undefined,
    given['AWS_ENDPOINT_URL_DYNAMODB'] === undefined ? startTable(ports.dynamoDb) : givenTable,
    given['AWS_ENDPOINT_URL_KMS'] === undefined ? startKms(ports.kms) : undefined,
  ])
  const demoOrigin = secureLocalhost(ports.demo)
  const { service, tenant } = movedTo(demoOrigin, { service: resolved, tenant: chosen })
  const clock = createShiftableClock(systemClock)
  const services = { ...servicesFor(table), clock }
  const tokens = createBroker({ stage, tableName, tenant }, services)
  const pages = withEmbed(tokens, services, everything)
  const swept = withAdministration(withSweep(pages, services), services)
  const { examine, settings } = createDoctorBroker({ stage, tableName, tenant }, services)
  const broker = { ...withRevocation(swept, services), examine, settings }
  await storeSecret(broker, services, clientSecret ?? looker?.simulator.state.clientSecret ?? '')

  const identities = await createDemoIdentities(ports, broker.clock)
  const apiUrl = secureLocalhost(ports.gatewayTls)
  identities.app.route('/', createSessionsPage({ issuer: demoOrigin, apiUrl }))
  const gateway = createGateway({
    ...service,
    loadHandler: loadHandlersWith(root, () => broker),
    jwtKeys: { [demoOrigin]: identities.jwks },
    iamKeys: localKeys,
    clock: broker.clock,
    onError: reportThrown,
  })
  const { address, close } = await gateway.listen(ports.gateway)
  ending.push(close)
  const onFailure = (name: string, outcome: RunOutcome) =>
    reportThrown(name, outcome.kind === 'threw' ? outcome.error : undefined)
  ending.push(startSchedules(service.schedules, { invoke: gateway.invoke, onFailure }))
  const lookerApi = tenant.looker.base_url
  const demo = await startDemo({
    ports,
    identities,
    broker: address,
    invoke: gateway.invoke,
    looker: looker ?? lookerApi,
    skip: clock.advance,
  })
  ending.push(demo.close)
  const { region } = service
  console.log(welcome({ broker: address, region, looker: looker?.url, lookerApi, table, demo }))
}

/** By its name alone: what others wrote into an error could be a secret. */
const reportThrown = (functionName: string, error: unknown): void =>
  console.error(`${functionName} failed: ${error instanceof Error ? error.name : 'no answer'}`)

type TableKind = Welcome['table']

const givenTable: TableKind = 'DynamoDB as given'

const startTable = async (port: number): Promise<TableKind> => {
  if (!(await hasJava())) return 'memory'
  const database = await startDynamoDb({ port })
  ending.push(database.stop)
  const definition = readTableDefinition(new URL('../serverless.yml', import.meta.url))
  // With the broker's own region and credentials: DynamoDB Local keeps a database for each.
  await createTable(new DynamoDBClient({ endpoint: database.endpoint }), tableName, definition)
  return 'DynamoDB Local'
}

const startKms = async (port: number): Promise<void> => {
  ending.push((await startKmsDouble({ port })).close)
}

const startSimulator = async (
  port: number,
  clientId: string,
): Promise<{ url: string; simulator: LookerSimulator }> => {
  const simulator = createLookerSimulator({ clientId, loginLatencyMs: simulatedLoginMs })
  const { url, close } = await simulator.listen(port)
  ending.push(close)
  return { url, simulator }
}

const servicesFor = (table: TableKind): EmbedServices => {
  const services = systemEmbedServices({ stage, tableName, keyId: keyIdOf(stage) })
  if (table !== 'memory') return services
  return {
    ...services,
    store: createMemoryTokenStore(),
    secrets: createMemorySecretStore(),
    sessions: createMemorySessionStore(),
  }
}

const storeSecret = async (
  broker: Broker,
  services: EmbedServices,
  secret: string,
): Promise<void> => {
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

/** A second signal does not wait; `exit` still takes the database along. */
const endBySignal = (): void => {
  process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
  process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1))
  void end(0)
}

process.once('SIGINT', endBySignal).once('SIGTERM', endBySignal)
try {
  await start()
} catch (error) {
  console.error(notStarted(error))
  await end(1)
}
