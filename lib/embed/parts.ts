// What embed sessions are made of. One object, made in `lib/broker.ts`.
import type { SessionPolicySettings } from '../config/session-policy.ts'
import type { Sealer } from '../crypto/sealer.ts'
import type { Report } from '../events.ts'
import type { LookerEmbedClient } from '../looker/embed-client.ts'
import type { SessionStore } from '../store/session-store.ts'
import type { Clock } from '../time.ts'
import type { GetToken } from '../tokens/get-token.ts'
import type { Principal } from '../tokens/principal.ts'

export type EmbedParts = {
  readonly store: SessionStore
  readonly sealer: Sealer
  /** For the service account's token, the base of every call. */
  readonly getToken: GetToken
  /** The service account, in production. */
  readonly service: Principal
  readonly looker: LookerEmbedClient
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly chance: () => number
  /** 128 random bits as text: the owner of one lease. */
  readonly newOwner: () => string
  readonly report: Report
  readonly sessionsPerUser: 'one' | 'many'
  /** Null: a session lives for as long as Looker was asked for. */
  readonly policy: SessionPolicySettings | null
}

/** The most that one start at Looker may take, with all it needs. */
export const startBudgetMs = 5_000
export const startLeaseMs = startBudgetMs + 500
/** Clocks of Lambda hosts differ by far less. */
export const clockSkewMs = 500
/** A session this close to its end is not joined. */
export const endMarginMs = 30_000
/** At most this many acquires of one record a minute. */
export const acquireLimit = 30
export const acquireWindowMs = 60_000
