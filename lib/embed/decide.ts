// Whether an acquire joins the session that stands in the table, starts one, waits for another's start or
// is refused. Pure: it sees what was read, who asks and what time it is.
import type { BrokerEvent } from '../events.ts'
import type { SessionItem } from '../store/session-store.ts'
import { endMarginMs } from './parts.ts'
import type { SessionRecord } from './session-record.ts'
import { isSignedInSince } from './tombstone.ts'

export type View = {
  readonly item: SessionItem | undefined
  /** Undefined also when it does not open. */
  readonly record: SessionRecord | undefined
}

/** What of the caller decides. */
export type Terms = {
  readonly userAgentDigest: string
  readonly profileDigest: string
  /** Undefined: the claims do not say, and count as the newest. */
  readonly claimsAtMs: number | undefined
  readonly signedInAtMs: number | undefined
}

export type Circumstances = {
  readonly nowAtMs: number
  readonly sessionsPerUser: 'one' | 'many'
  /** There is no lease, or it may be taken over. */
  readonly leaseOver: boolean
  /** Enough time is left for a start. */
  readonly mayStart: boolean
  /** The start that this caller waited for. */
  readonly waitedFor?: number | undefined
  /** Generation of a record with which Looker lets nobody join. */
  readonly useless?: number | undefined
}

export type After = Extract<BrokerEvent, { readonly name: 'session-started' }>['after']

export type Decision =
  | { readonly act: 'join'; readonly item: SessionItem; readonly record: SessionRecord }
  | { readonly act: 'start'; readonly after: After }
  | { readonly act: 'wait' }
  | { readonly act: 'refuse'; readonly why: 'sign-in-required' | 'failed' | 'no-time' }

export const decide = (view: View, terms: Terms, now: Circumstances): Decision => {
  const { item, record } = view
  if (needsSignIn(item, terms)) return { act: 'refuse', why: 'sign-in-required' }
  const outdated = isOutdated(view, terms)
  // A join of a session that Looker has lost is a start there, which changes what the user's other living
  // sessions may show.
  if (outdated && now.sessionsPerUser === 'many') return { act: 'refuse', why: 'sign-in-required' }
  if (item && record && isJoinable(view, terms, now)) {
    if (outdated || record.profileDigest === terms.profileDigest) {
      return { act: 'join', item, record }
    }
  }
  if (outdated) return { act: 'refuse', why: 'sign-in-required' }
  return start(view, terms, now)
}

/** When the newest claims were issued that are known to have had the profile of this item; else 0. */
export const newestClaimsAtMs = ({ item, record }: View): number =>
  Math.max(item?.claimsAtMs ?? 0, record?.claimsAtMs ?? 0)

/** Sealed, or plain where nothing is sealed any more; undefined of a record that does not open. */
export const profileOf = ({ item, record }: View): string | undefined =>
  item?.sealed ? record?.profileDigest : item?.profileDigest

/**
 * Older claims with another profile: they may join what stands there, and never bring their own profile
 * back. Where it is not known, it could have been any.
 */
export const isOutdated = (view: View, { claimsAtMs, profileDigest }: Terms): boolean =>
  claimsAtMs !== undefined &&
  claimsAtMs < newestClaimsAtMs(view) &&
  profileOf(view) !== profileDigest

export const needsSignIn = (item: SessionItem | undefined, { signedInAtMs }: Terms): boolean =>
  item?.ended?.needsSignIn === true && !isSignedInSince(signedInAtMs, item.ended)

const isJoinable = (view: View, terms: Terms, { nowAtMs, useless }: Circumstances): boolean => {
  const { item, record } = view
  if (!item?.sealed || item.ended || !record) return false
  return (
    item.sealed.generation !== useless &&
    record.expiresAtMs > nowAtMs &&
    record.lookerEndsAtMs - nowAtMs > endMarginMs &&
    record.userAgentDigest === terms.userAgentDigest
  )
}

const start = (view: View, terms: Terms, now: Circumstances): Decision => {
  const { failure, lease } = view.item ?? {}
  if (lease && !now.leaseOver) return { act: 'wait' }
  const shared = failure !== undefined && failure.generation === now.waitedFor
  if (shared || forbidsStart(failure?.retryAtMs, now.nowAtMs)) {
    return { act: 'refuse', why: 'failed' }
  }
  if (!now.mayStart) return { act: 'refuse', why: 'no-time' }
  return { act: 'start', after: afterOf(view, terms, now) }
}

/** The longest that Looker's `Retry-After` keeps others from a start. */
export const longestRetryAfterMs = 60_000

/** A time further ahead than clocks differ was never written here, and forbids nothing. */
const forbidsStart = (retryAtMs = 0, nowAtMs: number): boolean =>
  retryAtMs > nowAtMs && retryAtMs <= nowAtMs + 2 * longestRetryAfterMs

const afterOf = (
  { item, record }: View,
  terms: Terms,
  { nowAtMs, useless }: Circumstances,
): After => {
  if (item?.ended) return 'end'
  if (!record) return 'nothing'
  if (record.expiresAtMs <= nowAtMs) return 'end'
  if (item?.sealed?.generation === useless) return 'lost'
  if (record.userAgentDigest !== terms.userAgentDigest) return 'other-browser'
  return record.profileDigest === terms.profileDigest ? 'near-end' : 'other-profile'
}
