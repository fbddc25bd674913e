// A fleet in one process: brokers as separate as cold environments are (own memory, own flights, own
// unwrapped keys), sharing a table, a KMS and a Looker that count.
import { randomBytes } from 'node:crypto'
import { createBroker } from '../../lib/broker.ts'
import type { Broker, Services } from '../../lib/broker.ts'
import { parseTenant } from '../../lib/config.ts'
import type { Tenant } from '../../lib/config.ts'
import { createKeys } from '../../lib/crypto/keys.ts'
import { createSealer } from '../../lib/crypto/sealer.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import { Secret } from '../../lib/secret.ts'
import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../lib/store/memory-token-store.ts'
import type { SecretStore, TokenStore } from '../../lib/store/token-store.ts'
import { systemClock } from '../../lib/system.ts'
import { deadlineIn } from '../../lib/time.ts'
import type { Clock } from '../../lib/time.ts'
import { secretKeyOf, writeClientSecret } from '../../lib/tokens/client-secret.ts'
import type { Demand } from '../../lib/tokens/decide.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import type { Token } from '../../lib/tokens/token.ts'
import { createKmsDouble } from '../../local/kms/double.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import type { LookerSimulatorOptions } from '../../local/looker/state.ts'

export const stage = 'test'
export const tableName = 'test-table'
export const clientId = 'fleet-client'
export const clientSecret = 'fleet-secret-0001'
export const instance = 'https://looker.example.com'

export const service: Principal = { instance, clientId, workspace: 'production' }
export const serviceDev: Principal = { ...service, workspace: 'dev' }
export const user = (userId: string): Principal => ({ ...service, userId })

export const tenantOf = (changes: Record<string, unknown> = {}): Tenant =>
  parseTenant(
    { looker: { base_url: instance, client_id: clientId }, ...changes },
    { allowLoopback: false },
  )

export type FleetOptions = {
  readonly clock?: Clock
  readonly looker?: LookerSimulatorOptions
  readonly store?: TokenStore
  readonly secrets?: SecretStore
  readonly tenant?: Tenant
  /** The operator has not stored the client secret yet. */
  readonly withoutSecret?: boolean
  /** Changes what one environment sees of the world. */
  readonly services?: (services: Services, index: number) => Services
}

export type Fleet = Awaited<ReturnType<typeof createFleet>>

export const createFleet = async (options: FleetOptions = {}) => {
  const clock = options.clock ?? systemClock
  const looker = createLookerSimulator({
    clientId,
    clientSecret,
    now: clock.now,
    sleep: (ms) => clock.sleep(ms),
    ...options.looker,
  })
  const kms = createKmsDouble()
  const store = options.store ?? createMemoryTokenStore()
  const secrets = options.secrets ?? createMemorySecretStore()
  const events: BrokerEvent[] = []
  const tenant = options.tenant ?? tenantOf()
  const setSecret = async (text: string): Promise<void> => {
    const keys = createKeys({ kms: createLocalKms(kms), stage, table: tableName, clock })
    const sealer = createSealer({
      keys,
      table: tableName,
      random: randomBytes,
      now: clock.now,
      keyMaxAgeSeconds: 86_400,
    })
    const { base_url, client_id } = tenant.looker
    const key = secretKeyOf({ instance: base_url, clientId: client_id })
    await writeClientSecret({ store: secrets, sealer, key, clock }, new Secret(text))
  }
  if (options.withoutSecret !== true) await setSecret(clientSecret)
  kms.resetCounts()

  let made = 0
  const coldStart = (): Broker => {
    const services: Services = {
      store,
      secrets,
      kms: createLocalKms(kms),
      fetch: looker.fetch,
      clock,
      randomBytes,
      chance: Math.random,
      report: (event) => events.push(event),
    }
    made += 1
    const changed = options.services ? options.services(services, made - 1) : services
    return createBroker({ stage, tableName, tenant }, changed)
  }
  const ask = (
    broker: Broker,
    principal: Principal = service,
    demand: Partial<Demand> = {},
    limitMs = 12_000,
  ): Promise<Token> =>
    broker.getToken(principal, { minTtlMs: 0, ...demand }, deadlineIn(clock, limitMs))

  return { looker, kms, store, secrets, clock, events, coldStart, ask, setSecret }
}
