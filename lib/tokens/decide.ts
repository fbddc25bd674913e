// What a caller does next, given what stands in the table. Pure; `from-table.ts` acts on it.
import type { TokenItem } from '../store/token-store.ts'
import { forbidsAttempt } from './pace.ts'
import { ageOf, canLast, renewalDueAtMs } from './token.ts'
import type { Token } from './token.ts'

export type Demand = {
  /** Seconds the caller wants left, in milliseconds; 0 for none. Best effort: one renewal. */
  readonly minTtlMs: number
  /** Digest of a token that Looker refused to the caller. */
  readonly refusedDigest?: string | undefined
  /** The scheduled renewal: wants a token that is not due. */
  readonly renewal?: boolean | undefined
}

export type Moment = {
  readonly item: TokenItem | undefined
  readonly nowAtMs: number
  /** Nothing is handed out within this time before its end. */
  readonly marginMs: number
}

export type Situation = Moment & {
  /** The best token known, from table or memory. */
  readonly token: Token | undefined
  /** Whether this process has the time left to finish a login. */
  readonly mayLead: boolean
  /** The lease in `item` is over: by the wall clock, or watched for its whole length. */
  readonly leaseOver: boolean
  /** A client secret newer than the one of the shared failure is there. */
  readonly newSecret: boolean
}

export type Decision =
  | { readonly act: 'serve'; readonly token: Token }
  | { readonly act: 'lead' }
  | { readonly act: 'wait' }
  | { readonly act: 'give-up'; readonly why: 'gated' | 'no-time' }

/** The token has its margin, was not revoked, and Looker did not refuse it to this very caller. */
export const isUsable = (token: Token, demand: Demand, { nowAtMs, marginMs }: Moment): boolean =>
  token.revoked !== true &&
  ageOf(token, nowAtMs, marginMs) !== 'expired' &&
  !(demand.refusedDigest !== undefined && token.secret.hasDigest(demand.refusedDigest))

export const isMarkedRefused = (token: Token, item: TokenItem | undefined): boolean =>
  token.generation > 0 && item?.refused?.generation === token.generation

const lastsFor = (token: Token, minTtlMs: number, nowAtMs: number): boolean =>
  token.expiresAtMs - nowAtMs >= minTtlMs || !canLast(token, minTtlMs)

/** Nothing about the token asks for a login. */
export const isSatisfying = (token: Token, demand: Demand, situation: Moment): boolean => {
  const { nowAtMs, marginMs, item } = situation
  if (!isUsable(token, demand, situation) || isMarkedRefused(token, item)) return false
  if (!lastsFor(token, demand.minTtlMs, nowAtMs)) return false
  if (demand.renewal === true) return nowAtMs < renewalDueAtMs(token)
  return ageOf(token, nowAtMs, marginMs) === 'fresh'
}

/** Only its age speaks against the token: while another renews it, it is as good as any. */
export const isMerelyAging = (token: Token, demand: Demand, situation: Moment): boolean =>
  isUsable(token, demand, situation) &&
  !isMarkedRefused(token, situation.item) &&
  lastsFor(token, demand.minTtlMs, situation.nowAtMs)

export const decide = (demand: Demand, situation: Situation): Decision => {
  const { token, item, nowAtMs } = situation
  if (token && isSatisfying(token, demand, situation)) return { act: 'serve', token }
  const fallback = token && isUsable(token, demand, situation) ? token : undefined

  const leased = item?.lease !== undefined && !situation.leaseOver
  if (leased) {
    return fallback && isMerelyAging(fallback, demand, situation)
      ? { act: 'serve', token: fallback }
      : { act: 'wait' }
  }

  const gated = forbidsAttempt(item?.failure, nowAtMs) && !situation.newSecret
  if (!gated && situation.mayLead) return { act: 'lead' }
  if (fallback) return { act: 'serve', token: fallback }
  return { act: 'give-up', why: gated ? 'gated' : 'no-time' }
}
