// How long to wait, for what. Pure: time and chance (0 to 1) are given.
import type { Lease, SharedFailure, TokenItem } from '../store/token-store.ts'
import { sharedVersion } from './given-secret.ts'

/** What a login takes when no earlier one was measured. */
const usualLoginMs = 400
/** What a call to the table takes. */
export const usualHopMs = 5
const firstBackOffMs = 2_000
const longestBackOffMs = 60_000
const longestRetryAfterMs = 15 * 60_000
const refusedProbeMs = 15 * 60_000
/** Twice the longest that is ever written: clocks differ, but not by so much. */
const longestGateMs = 30 * 60_000
const attemptsBeforeProbing = 3
/** Between two renewals that callers force. */
export const forcedRenewalMs = 30_000
const longestForcedRenewalMs = 60 * 60_000
const ttlGraceSeconds = 3_600

/**
 * How long a waiter sleeps before it looks again: to the expected end of the login and a little more;
 * once that has passed, a twelfth of the lease's age. Never past the moment it may be taken over, and
 * at least 1 ms, so that a waiter always yields.
 */
export const pollDelayMs = (
  lease: Lease,
  observed: { ageMs: number; overInMs: number; loginMs: number | undefined },
  chance: number,
): number => {
  const expectedMs = Math.min(observed.loginMs ?? usualLoginMs, lease.lengthMs)
  const untilExpected = expectedMs * 1.02 + usualHopMs - observed.ageMs
  const pause = untilExpected > 0 ? untilExpected : Math.max(20, observed.ageMs * 0.08)
  const jitter = chance * Math.max(10, expectedMs * 0.04)
  return Math.max(1, Math.min(pause, observed.overInMs) + jitter)
}

/** Age of a lease by the wall clock, kept within its length because clocks differ. */
export const leaseAgeMs = (lease: Lease, nowAtMs: number): number =>
  Math.min(lease.lengthMs, Math.max(0, lease.lengthMs - (lease.untilAtMs - nowAtMs)))

/**
 * The failure to share after one more login failed: 2 s, doubling to 60 s, or what Looker asked for up
 * to 15 minutes. Refused credentials: after three attempts, one probe per 15 minutes.
 */
export const nextFailure = (
  previous: SharedFailure | undefined,
  failed: { reason: string; retryAfterMs?: number | undefined; secretVersion?: number | undefined },
  nowAtMs: number,
): SharedFailure => {
  const version = sharedVersion(previous?.secretVersion, failed.secretVersion)
  // Whatever Looker's trouble looks like from one time to the next, it is one outage.
  const continues =
    previous?.secretVersion === version &&
    (previous?.reason === 'refused-user') === (failed.reason === 'refused-user')
  const count = (continues ? (previous?.count ?? 0) : 0) + 1
  const backOff = Math.min(longestBackOffMs, firstBackOffMs * 2 ** Math.min(count - 1, 10))
  const probing = version !== undefined && count >= attemptsBeforeProbing
  const asked = Math.min(failed.retryAfterMs ?? 0, longestRetryAfterMs)
  return {
    reason: failed.reason,
    count,
    notBeforeAtMs: nowAtMs + Math.max(probing ? refusedProbeMs : backOff, asked),
    ...(version === undefined ? {} : { secretVersion: version }),
  }
}

/** Whether it is too early for another attempt. A time that is never written here forbids nothing. */
export const forbidsAttempt = (failure: SharedFailure | undefined, nowAtMs: number): boolean => {
  const waitMs = (failure?.notBeforeAtMs ?? 0) - nowAtMs
  return waitMs > 0 && waitMs <= longestGateMs
}

export type Refusal = {
  readonly generation: number
  readonly count: number
  readonly notBeforeAtMs: number
}

/**
 * Forced renewals of one principal: one, the next after 30 s, then doubling to an hour; an hour of
 * quiet forgets. `allowed: false` carries the wait.
 */
export const nextRefusal = (
  previous: TokenItem['refused'],
  generation: number,
  nowAtMs: number,
): { allowed: true; refusal: Refusal } | { allowed: false; retryAfterMs: number } => {
  if (previous && previous.notBeforeAtMs > nowAtMs) {
    const retryAfterMs = Math.min(longestForcedRenewalMs, previous.notBeforeAtMs - nowAtMs)
    return { allowed: false, retryAfterMs }
  }
  const quiet = !previous || nowAtMs - previous.notBeforeAtMs > longestForcedRenewalMs
  const count = quiet ? 1 : previous.count + 1
  const pause = Math.min(longestForcedRenewalMs, forcedRenewalMs * 2 ** Math.min(count - 1, 10))
  return { allowed: true, refusal: { generation, count, notBeforeAtMs: nowAtMs + pause } }
}

/** DynamoDB removes an item at least an hour after the last instant that anybody may still ask for. */
export const ttlEpochSeconds = (...instantsAtMs: number[]): number =>
  Math.ceil(Math.max(...instantsAtMs) / 1000) + ttlGraceSeconds
