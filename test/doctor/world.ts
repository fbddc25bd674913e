// A stage with its table, key, function and Looker, in which nothing is wrong until a test makes it so.
import { randomBytes, randomUUID } from 'node:crypto'
import { KMSClient } from '@aws-sdk/client-kms'
import { array, looseObject, parse, string } from 'valibot'
import type { FunctionCall } from '../../cli/function-call.ts'
import { Remedy } from '../../cli/remedy.ts'
import { examineStage } from '../../cli/doctor/examine-stage.ts'
import type { Examination } from '../../cli/doctor/examine-stage.ts'
import { create } from '../../functions/examine-looker.ts'
import type { Services } from '../../lib/broker.ts'
import { parseTenant } from '../../lib/config.ts'
import { createKeys } from '../../lib/crypto/keys.ts'
import { createSealer } from '../../lib/crypto/sealer.ts'
import { createDoctorBroker } from '../../lib/doctor-broker.ts'
import type { CheckName } from '../../lib/doctor/finding.ts'
import { settingsDigest } from '../../lib/doctor/settings-digest.ts'
import { Secret } from '../../lib/secret.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { systemClock } from '../../lib/system.ts'
import { secretKeyOf, writeClientSecret } from '../../lib/tokens/client-secret.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { startKmsDouble } from '../../local/kms/server.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import type { LookerSimulatorOptions } from '../../local/looker/state.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'
import { freshTable } from '../setup/table.ts'

export const stage = 'test'
const instance = 'https://looker.example.com'
const secret = 'doctor-secret-0001'
const keyId = 'alias/looker-token-broker-test'
export const origin = 'https://portal.example.com'

export const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))

export const tenantWith = (changes: object = {}, clientId = 'doctor-client') =>
  parseTenant(
    {
      looker: { base_url: instance, client_id: clientId },
      api_tokens: { callers: [{ account: '111122223333', role: 'portal', users: ['7'] }] },
      origins: [origin],
      identity: { jwt: { issuer: 'https://issuer.example.com', audience: ['embed'] } },
      embed: { user: { external_user_id: { claim: 'sub' } } },
      ...changes,
    },
    { allowLoopback: false },
  )

const answered = looseObject({ findings: array(looseObject({ check: string() })) })

export type WorldOptions = {
  readonly tenant?: object
  /** What the deployed tenant file has otherwise. */
  readonly deployed?: object
  readonly looker?: LookerSimulatorOptions
  /** Milliseconds that the clock of AWS is ahead. */
  readonly awsAheadMs?: number
  /** What the function may still take. */
  readonly functionMs?: number
  readonly known?: Partial<Examination['known']>
  readonly withoutSecret?: boolean
  readonly table?: Awaited<ReturnType<typeof freshTable>>
}

export type World = Awaited<ReturnType<typeof createWorld>>

export const createWorld = async (options: WorldOptions = {}) => {
  // Its own client id, so that many can share a table.
  const clientId = `doctor-${randomUUID()}`
  const tenant = tenantWith(options.tenant, clientId)
  const { client, tableName } = options.table ?? (await freshTable())
  const { awsAheadMs = 0 } = options
  const kms = await startKmsDouble({ now: () => Date.now() + awsAheadMs })
  const looker = createLookerSimulator({
    clientId,
    clientSecret: secret,
    embed: { domainAllowlist: [origin] },
    ...options.looker,
  })
  const seen = new Set<string>()
  const services: Services = {
    store: createDynamoTokenStore({ client, tableName }),
    secrets: createDynamoSecretStore({ client, tableName }),
    kms: createLocalKms(kms.double, keyId),
    fetch: async (input, init) => {
      const answer = await looker.fetch(input, init)
      const text = await answer.clone().text()
      for (const [, token = ''] of text.matchAll(/_token":"([^"]+)"/g)) seen.add(token)
      return answer
    },
    clock: systemClock,
    randomBytes,
    chance: Math.random,
    report: () => {},
  }
  const storeSecret = async (text: string, sealedFor = stage): Promise<void> => {
    const { clock, kms: port, secrets: store } = services
    const keys = createKeys({ kms: port, stage: sealedFor, table: tableName, clock })
    const sealer = createSealer({
      keys,
      table: tableName,
      random: randomBytes,
      now: clock.now,
      keyMaxAgeSeconds: 86_400,
    })
    const key = secretKeyOf({ instance, clientId })
    await writeClientSecret({ store, sealer, key, clock }, new Secret(text))
  }
  if (options.withoutSecret !== true) await storeSecret(secret)

  const deployed = tenantWith({ ...options.tenant, ...options.deployed }, clientId)
  const { direct } = create(() =>
    createDoctorBroker({ stage, tableName, tenant: deployed }, services),
  )
  const context = {
    awsRequestId: 'request-1',
    getRemainingTimeInMillis: () => options.functionMs ?? 60_000,
  }
  let callFunction: FunctionCall = (payload) => direct(payload, context)
  const keys = new KMSClient({
    region: 'us-east-1',
    endpoint: kms.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  const examine = (clients: Partial<Examination['clients']> = {}) =>
    examineStage({
      known: {
        stage,
        region: 'us-east-1',
        tenantMistakes: undefined,
        settings: settingsDigest(tenant),
        definition,
        tableName,
        keyId,
        ...options.known,
      },
      clients: { table: client, keys, ...clients },
      callFunction,
    })
  return {
    looker,
    clientId,
    client,
    tableName,
    services,
    kms: kms.double,
    storeSecret,
    forgetFunction: () => {
      callFunction = () => Promise.reject(new Remedy('There is no such function.'))
    },
    /** As one that was deployed before there was the check. */
    ageFunction: (unknown: CheckName) => {
      callFunction = async (payload) => {
        const { findings, settings } = parse(answered, await direct(payload, context))
        const known = findings.filter(({ check }) => check !== unknown)
        return unknown === 'deployed-settings' ? { findings } : { findings: known, settings }
      }
    },
    examine,
    direct: (payload: unknown) => direct(payload, context),
    /** Every token that Looker gave out. */
    tokens: (): readonly string[] => [...seen],
    secret,
    close: kms.close,
  }
}
