// What a browser that was never seen may have of a sign-in that began a session elsewhere. A browser chooses its
// device key, so a new one would else be a way around every limit of the session policy. Pure.
import type { SessionPolicySettings } from '../config/session-policy.ts'
import type { SessionItem } from '../store/session-store.ts'
import type { Terms } from './decide.ts'
import type { PolicyTimes } from './policy.ts'
import type { SessionRecord } from './session-record.ts'

/** A start that failed leaves no more than a lease and counts. */
export const isUnseen = (own: SessionItem | undefined): boolean => !own?.sealed && !own?.ended

/** The times of a session that this sign-in may have begun; undefined when the user signed in since, or it is over. */
export const timesOfSignIn = (
  { signedInAtMs = 0 }: Pick<Terms, 'signedInAtMs'>,
  { stand, times }: Pick<SessionRecord, 'stand' | 'times'>,
): PolicyTimes | undefined =>
  stand?.over === false && times && signedInAtMs <= times.startedAtMs ? times : undefined

/**
 * A new session's times, no longer than those of each session that its sign-in may have begun. Activity is the new
 * browser's own. Beside somebody who stays an ordinary session begins by itself: it is the shorter one.
 */
export const withinOthers = (
  { persistent_sessions }: Pick<SessionPolicySettings, 'persistent_sessions'>,
  begun: PolicyTimes,
  others: readonly PolicyTimes[],
): PolicyTimes =>
  others.reduce((times, other) => {
    const endsAtMs = Math.min(times.endsAtMs, other.endsAtMs)
    const lastsUntilMs = Math.min(times.lastsUntilMs, other.lastsUntilMs)
    const stays = other.stays && persistent_sessions
    if (stays && !times.stays) return { ...times, endsAtMs, lastsUntilMs }
    const startedAtMs = Math.min(times.startedAtMs, other.startedAtMs)
    const periodAtMs = Math.min(times.periodAtMs, other.periodAtMs)
    return { ...times, startedAtMs, periodAtMs, endsAtMs, lastsUntilMs, stays }
  }, begun)
