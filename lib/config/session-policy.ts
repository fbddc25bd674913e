// The tenant file's section `embed.session_policy`, as the type that is enforced, and its defaults. Pure.

/**
 * The rules of Looker's admin page *Sessions*, which Looker does not apply to embedded users:
 * https://cloud.google.com/looker/docs/admin-panel-authentication-sessions
 */
export type SessionPolicySettings = {
  /** Seconds, 300 to 2,592,000. Default 1,800; 900 to 86,400 with inactivity logout, then by default 86,400. */
  readonly session_duration: number
  /** Seconds, never below the duration: the end of all extensions. Default 43,200, or the duration if longer. */
  readonly max_lifetime: number
  /** Seconds: the same for who signed in to stay. Not a key of the file: `max_lifetime` if given, else 2,592,000. */
  readonly stay_lifetime: number
  /** Whether users may stay signed in. Default true; false with inactivity logout and with `store: client`. */
  readonly persistent_sessions: boolean
  /** Whether 15 minutes without activity end a session. Default false. */
  readonly inactivity_logout: boolean
  /** Whether a user may have sessions in several browsers at once. Default true. */
  readonly concurrent_sessions: boolean
  /** Whether the address of a session's browser is recorded. Default false. */
  readonly session_location: boolean
  /** Whose headers tell the address, city and country behind it: CloudFront's, or nobody's. Default null. */
  readonly edge: 'cloudfront' | null
}

/** As written; null is a default that depends on other keys. */
export type WrittenSessionPolicy = {
  readonly session_duration: number | null
  readonly max_lifetime: number | null
  readonly persistent_sessions: boolean | null
  readonly inactivity_logout: boolean
  readonly concurrent_sessions: boolean
  readonly session_location: boolean
  readonly edge: 'cloudfront' | null
}

export const leastSeconds = 300
/** 30 days; Looker takes no longer `session_length`. */
export const mostSeconds = 2_592_000
const usualDuration = 1_800
const usualLifetime = 43_200
const inactivityDuration = { least: 900, most: 86_400 }

/**
 * Outside 15 minutes to one day, or without one, a policy with inactivity logout has a duration of one day:
 * Looker sets its own so.
 */
export const durationOf = (written: number | null, inactivityLogout: boolean): number => {
  if (!inactivityLogout) return written ?? usualDuration
  const { least, most } = inactivityDuration
  return written === null || written < least || written > most ? most : written
}

/** With `store: client` nothing is kept that could be extended, or that could tell browsers apart. */
export const resolvedPolicy = (
  written: WrittenSessionPolicy,
  store: 'server' | 'client',
): SessionPolicySettings => {
  const { max_lifetime, persistent_sessions, inactivity_logout } = written
  const session_duration = durationOf(written.session_duration, inactivity_logout)
  const kept = store === 'client'
  const lifetime = kept ? session_duration : max_lifetime
  return {
    ...written,
    session_duration,
    max_lifetime: lifetime ?? Math.max(usualLifetime, session_duration),
    stay_lifetime: lifetime ?? mostSeconds,
    persistent_sessions: !kept && (persistent_sessions ?? !inactivity_logout),
  }
}
