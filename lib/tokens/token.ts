// A Looker API token and its age. Pure: every function takes the time.
import type { DataKey } from '../crypto/sealer.ts'
import type { Secret } from '../secret.ts'

export type Token = {
  readonly secret: Secret
  readonly issuedAtMs: number
  /** The real end at Looker. Nothing is handed out within the margin before it. */
  readonly expiresAtMs: number
  /** Lease under which it was published; 0 for a token that only this process knows. */
  readonly generation: number
  /** Key its record is sealed under; absent for a token that only this process knows. */
  readonly dataKey?: DataKey
  /** The operator revoked it. Known for its logout alone: it is handed out to nobody. */
  readonly revoked?: true
}

export type Age = 'fresh' | 'aging' | 'expired'

const lifeOf = (token: Token): number => token.expiresAtMs - token.issuedAtMs

/** The scheduled renewal is due when the last tenth of the life begins. */
export const renewalDueAtMs = (token: Token): number => token.expiresAtMs - lifeOf(token) / 10

/**
 * Callers renew by themselves somewhat later, so that a schedule of one run a minute gets there first:
 * 75 s, or a fortieth of a short life.
 */
export const agingAtMs = (token: Token): number =>
  renewalDueAtMs(token) + Math.min(75_000, lifeOf(token) / 40)

/** `expired` within `marginMs` of the end, `aging` in the last part before, else `fresh`. */
export const ageOf = (token: Token, nowAtMs: number, marginMs: number): Age => {
  if (token.expiresAtMs - nowAtMs <= marginMs) return 'expired'
  return nowAtMs >= agingAtMs(token) ? 'aging' : 'fresh'
}

/** Whether a token of this life could ever have `ms` left after it was issued. */
export const canLast = (token: Token, ms: number): boolean => lifeOf(token) > ms

/** Whole seconds left, rounded down. */
export const expiresInSeconds = (token: Token, nowAtMs: number): number =>
  Math.max(0, Math.floor((token.expiresAtMs - nowAtMs) / 1000))
