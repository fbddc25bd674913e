// The one place where the parts meet: the only file of functions that reads the environment, makes AWS clients
// and names randomness. What is for embed sessions alone is composed in embed-broker.ts.
import { randomBytes } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import * as v from 'valibot'
import type { Tenant } from './config.ts'
import { createKeys } from './crypto/keys.ts'
import type { KmsPort } from './crypto/keys.ts'
import { createKms } from './crypto/kms.ts'
import { createSealer } from './crypto/sealer.ts'
import type { Sealer } from './crypto/sealer.ts'
import { BrokerError } from './errors.ts'
import type { Report } from './events.ts'
import { createLogReport } from './log.ts'
import { createLookerClient } from './looker/client.ts'
import { createDynamoSessionStore } from './store/dynamo-session-store.ts'
import type { Table } from './store/dynamo-table.ts'
import { createDynamoSecretStore, createDynamoTokenStore } from './store/dynamo-token-store.ts'
import type { SessionStore } from './store/session-store.ts'
import type { SecretStore, TokenStore } from './store/token-store.ts'
import { systemClock } from './system.ts'
import type { Clock } from './time.ts'
import { createIssueApiToken } from './tokens/api-token.ts'
import type { IssueApiToken } from './tokens/api-token.ts'
import { createTokenMemory } from './tokens/cache.ts'
import { createClientSecret, secretKeyOf } from './tokens/client-secret.ts'
import { createLogIn } from './tokens/log-in.ts'
import type { Parts } from './tokens/parts.ts'
import { createRenewDue } from './tokens/renewal.ts'
import type { RenewDue } from './tokens/renewal.ts'
import { createSharedLogin } from './tokens/shared-login.ts'
import type { GetToken } from './tokens/get-token.ts'
import type { TokenStage } from './tokens/token-stage.ts'
import { version } from './version.ts'

/** Compiled into the bundle by packaging; absent when run from the source. */
declare const TENANT_FILE_JSON: string | undefined

/** What is outside the process: replaced one by one in tests and on one machine. */
export type Services = {
  readonly store: TokenStore
  readonly secrets: SecretStore
  readonly kms: KmsPort
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly randomBytes: (length: number) => Uint8Array
  /** Uniform in [0, 1). */
  readonly chance: () => number
  readonly report: Report
}

export type EmbedServices = Services & { readonly sessions: SessionStore }

export type Stage = {
  readonly stage: string
  readonly tableName: string
  readonly tenant: Tenant
}

/** What answers without a table, keys or Looker. */
export type Front = {
  readonly stage: string
  readonly version: string
  readonly clock: Clock
  readonly report: Report
}

/** What every broker has. What one answers besides is composed apart: a bundle holds only its own. */
export type Base = Stage &
  Front & {
    readonly sealer: Sealer
    readonly getToken: GetToken
  }

export type Broker = Base & {
  readonly issueApiToken: IssueApiToken
  readonly renewDue: RenewDue
}

export const createBroker = (stage: Stage, services: Services): Broker => {
  const base = createBase(stage, services)
  const { store, clock, report } = services
  const parts = { getToken: base.getToken, client: clientOf(stage.tenant), clock }
  return {
    ...base,
    issueApiToken: createIssueApiToken(parts),
    renewDue: createRenewDue({ ...parts, store, report, settings: settingsOf(stage.tenant) }),
  }
}

export const clientOf = ({ looker }: Pick<Tenant, 'looker'>) => ({
  instance: looker.base_url,
  clientId: looker.client_id,
})

export const settingsOf = ({ looker, api_tokens }: TokenStage['tenant']) => ({
  marginMs: api_tokens.margin_seconds * 1000,
  loginBudgetMs: looker.login_timeout_seconds * 1000,
})

export const createBase = (stage: Stage, services: Services): Base => {
  const sealer = sealerOf(stage, services)
  const getToken = tokensOf(stage, services, sealer)
  return { ...stage, version, clock: services.clock, report: services.report, sealer, getToken }
}

/** Tokens, and nothing that answers requests. */
export const createTokens = (stage: TokenStage, services: Services): GetToken =>
  tokensOf(stage, services, sealerOf(stage, services))

const tokensOf = (stage: TokenStage, services: Services, sealer: Sealer): GetToken => {
  const { clock, report, store } = services
  const key = secretKeyOf(clientOf(stage.tenant))
  const stored = createClientSecret({ store: services.secrets, sealer, key, clock })
  const clientSecret = stage.clientSecretAround?.(stored) ?? stored
  const looker = createLookerClient(lookerOptions(stage.tenant, services))
  const parts: Parts = {
    store,
    sealer,
    clientSecret,
    logIn: createLogIn({ looker, clientSecret, clock }),
    memory: createTokenMemory(),
    clock,
    chance: services.chance,
    newOwner: ownerOf(services),
    report,
    settings: settingsOf(stage.tenant),
  }
  return createSharedLogin(parts)
}

export const lookerOptions = ({ looker }: Pick<Tenant, 'looker'>, { fetch, clock }: Services) => ({
  baseUrl: looker.base_url,
  fetch,
  now: clock.now,
  userAgent: `looker-token-broker/${version}`,
})

export const ownerOf =
  ({ randomBytes: draw }: Services) =>
  (): string =>
    Buffer.from(draw(16)).toString('base64url')

export const sealerOf = ({ stage, tableName, tenant }: TokenStage, services: Services): Sealer =>
  createSealer({
    keys: createKeys({ kms: services.kms, stage, table: tableName, clock: services.clock }),
    table: tableName,
    random: services.randomBytes,
    now: services.clock.now,
    keyMaxAgeSeconds: tenant.encryption.data_key_hours * 3600,
  })

type Environment = {
  readonly stage: string
  readonly tableName: string
  readonly keyId: string
  readonly aws?: { readonly region: string }
}

/** Everything real: AWS by its usual variables, Looker by the network, the system's clock and chance. */
export const systemServices = (
  environment: Environment,
  table: Table = tableOf(environment),
): Services => {
  return {
    store: createDynamoTokenStore(table),
    secrets: createDynamoSecretStore(table),
    kms: createKms({
      client: new KMSClient({ ...clientOptions, ...environment.aws }),
      keyId: environment.keyId,
    }),
    fetch: globalThis.fetch,
    clock: systemClock,
    randomBytes,
    chance: Math.random,
    report: reportOf(environment),
  }
}

export const systemEmbedServices = (environment: Environment): EmbedServices => {
  const table = tableOf(environment)
  return { ...systemServices(environment, table), sessions: createDynamoSessionStore(table) }
}

const reportOf = ({ stage }: Pick<Environment, 'stage'>): Report =>
  createLogReport({ write: console.log, stage, clock: systemClock })

const tableOf = (environment: Environment): Table => ({
  client: new DynamoDBClient({ ...clientOptions, ...environment.aws }),
  tableName: environment.tableName,
})

/** Two attempts of a second each at most: a table that is away must be found away quickly. */
const clientOptions = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
}

type Variables = Readonly<Record<string, string | undefined>>

const variable = v.pipe(v.string(), v.minLength(1))
const environmentSchema = v.object({ STAGE: variable, TABLE_NAME: variable, KEY_ID: variable })
const frontSchema = v.object({ STAGE: variable })

/** Errors: `misconfigured`, naming every variable that is missing. */
export const parseEnvironment = (unverified: Variables): Environment => {
  const { STAGE, TABLE_NAME, KEY_ID } = parseVariables(environmentSchema, unverified)
  return { stage: STAGE, tableName: TABLE_NAME, keyId: KEY_ID }
}

const parseVariables = <S extends v.GenericSchema>(
  schema: S,
  unverified: Variables,
): v.InferOutput<S> => {
  const parsed = v.safeParse(schema, unverified)
  if (parsed.success) return parsed.output
  const names = parsed.issues.map((issue) => v.getDotPath(issue))
  throw new BrokerError('misconfigured', `Missing in the environment: ${names.join(', ')}.`)
}

/** With the tenant that packaging validated and compiled in. Errors: `misconfigured`. */
const bundledStage = ({ stage, tableName }: Environment): Stage => {
  if (typeof TENANT_FILE_JSON === 'undefined') {
    throw new BrokerError('misconfigured', 'No tenant file is compiled into this function.')
  }
  const tenant: Tenant = JSON.parse(TENANT_FILE_JSON)
  return { stage, tableName, tenant }
}

/** Made at the first request of a process; tried again after an error. */
export const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined
  return () => (made ??= make())
}

/** The broker of a deployed function that issues API tokens. Errors: `misconfigured`. */
export const brokerFromEnvironment: () => Broker = /* @__PURE__ */ once(() => {
  const { stage, services } = stageFromEnvironment()
  return createBroker(stage, services)
})

/** For a broker that is composed elsewhere, without tokens. Errors: `misconfigured`. */
export const stageFromEnvironment = (): { readonly stage: Stage; readonly services: Services } => {
  const environment = parseEnvironment(process.env)
  return { stage: bundledStage(environment), services: systemServices(environment) }
}

/** Of a deployed function of embed sessions, which composes its own (embed-broker.ts). Errors: `misconfigured`. */
export const embedBaseFromEnvironment = (): {
  readonly base: Base
  readonly services: EmbedServices
} => {
  const environment = parseEnvironment(process.env)
  const services = systemEmbedServices(environment)
  return { base: createBase(bundledStage(environment), services), services }
}

/** Of a deployed function that has no right to table and key. Errors: `misconfigured`. */
export const frontFromEnvironment = (): Front => {
  const { STAGE: stage } = parseVariables(frontSchema, process.env)
  return { stage, version, clock: systemClock, report: reportOf({ stage }) }
}
