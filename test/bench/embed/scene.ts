// A tenant that embeds: the simulated Looker over loopback, a table, a KMS double, and brokers as
// separate as cold environments are.
import type { EmbedServices } from '../../../lib/broker.ts'
import { createEmbedBroker } from '../../../lib/embed-broker.ts'
import type { EmbedBroker } from '../../../lib/embed-broker.ts'
import type { Tenant } from '../../../lib/config.ts'
import { createMemorySessionStore } from '../../../lib/store/memory-session-store.ts'
import type { SessionStore } from '../../../lib/store/session-store.ts'
import type { SecretStore, TokenStore } from '../../../lib/store/token-store.ts'
import type { Clock } from '../../../lib/time.ts'
import { createFleet, stage, tableName, tenantOf } from '../../scenarios/fleet.ts'
import type { Fleet } from '../../scenarios/fleet.ts'

export const origin = 'https://app.customer.example'
export const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0'

const embedding = tenantOf({
  origins: [origin],
  identity: { jwt: { issuer: 'https://login.customer.example', audience: ['looker'] } },
  embed: { user: { external_user_id: { claim: 'sub' }, session_length: 43_200 } },
})

export type Tables = {
  readonly tokens: TokenStore
  readonly secrets: SecretStore
  readonly sessions: SessionStore
}

export type SceneOptions = {
  /** At the Looker and with the client id of the fleet. Default: one whose users are what `sub` says. */
  readonly tenant?: Tenant
  /** Default: the real one. */
  readonly clock?: Clock
  /** Default: in memory. */
  readonly tables?: Tables
  /** Replaces the session store. */
  readonly sessions?: (store: SessionStore) => SessionStore
  /** A login at Looker takes 100 ms, an acquire 50 ms: time enough to race in. */
  readonly slowly?: boolean
}

export type Scene = {
  readonly fleet: Fleet
  readonly lookerUrl: string
  readonly coldStart: () => EmbedBroker
  readonly close: () => Promise<void>
}

export const startScene = async (options: SceneOptions = {}): Promise<Scene> => {
  const { tenant = embedding, clock, tables, slowly = false } = options
  const replace = options.sessions ?? ((store) => store)
  const sessions = replace(tables?.sessions ?? createMemorySessionStore())
  let latest: EmbedServices | undefined
  let lookerUrl = ''
  const toLooker: EmbedServices['fetch'] = (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input)
    return fetch(new URL(pathname + search, lookerUrl), init)
  }
  const fleet = await createFleet({
    tenant,
    looker: { loginLatencyMs: slowly ? 100 : 0 },
    ...(clock && { clock }),
    ...(tables && { store: tables.tokens, secrets: tables.secrets }),
    services: (services) => {
      const changed = {
        ...services,
        sessions,
        fetch: toLooker,
        report: () => undefined,
      }
      latest = changed
      return changed
    },
  })
  if (slowly) {
    fleet.looker.setFault('acquire_embed_cookieless_session', { kind: 'slow', ms: 50 })
  }
  const looker = await fleet.looker.listen()
  lookerUrl = looker.url
  return {
    fleet,
    lookerUrl,
    coldStart: () => {
      fleet.coldStart()
      if (latest === undefined) throw new Error('the fleet made no services')
      return createEmbedBroker({ stage, tableName, tenant }, latest)
    },
    close: looker.close,
  }
}
