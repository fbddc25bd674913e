// What the parts of a shared login are made of. One object, made in `lib/broker.ts`.
import type { Sealer } from '../crypto/sealer.ts'
import type { Report } from '../events.ts'
import type { TokenStore } from '../store/token-store.ts'
import type { Clock, Deadline } from '../time.ts'
import type { TokenMemory } from './cache.ts'
import type { ClientSecret } from './client-secret.ts'
import type { LogIn } from './log-in.ts'

export type Settings = {
  /** Nothing is handed out within this time before its end; at least 10 s. */
  readonly marginMs: number
  /** The most that a login with everything it needs may take. */
  readonly loginBudgetMs: number
}

export type Parts = {
  readonly store: TokenStore
  readonly sealer: Sealer
  readonly logIn: LogIn
  readonly clientSecret: ClientSecret
  readonly memory: TokenMemory
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly chance: () => number
  /** 128 random bits as text: the owner of one lease. */
  readonly newOwner: () => string
  readonly report: Report
  readonly settings: Settings
}

/** Beyond the login itself: one publication, and the way back. */
export const leaseGraceMs = 250
/** Clocks of Lambda hosts differ by far less. */
export const clockSkewMs = 500

export const leaseLengthMs = (settings: Settings): number => settings.loginBudgetMs + leaseGraceMs

/** A process that could not finish a login does not begin one. */
export const mayLead = (settings: Settings, deadline: Deadline): boolean =>
  deadline.remainingMs() >= leaseLengthMs(settings)
