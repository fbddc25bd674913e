// A token that a process remembers, and its age. Pure: every function takes the time.
import type { ApiToken } from './token-source.ts'

export type HeldToken = {
  readonly token: ApiToken
  /** What was left of its life when it was asked for. */
  readonly lifeMs: number
  /** Its end on the monotonic clock. */
  readonly endsMs: number
}

/** Both clocks of a process: the wall clock goes on while the process is frozen, the other is never set back. */
export type Moment = { readonly nowAtMs: number; readonly nowMs: number }

/** `over`: not answered any more. `aging`: answered, and the broker is asked for a better one. */
export type Standing = 'fresh' | 'aging' | 'over'

/** Enough for the caller's own call to reach Looker. */
const marginMs = 10_000
const longestAgingMs = 60_000

/** By whichever clock there is less. */
export const leftMs = ({ token, endsMs }: HeldToken, { nowAtMs, nowMs }: Moment): number =>
  Math.min(token.expiresAtMs - nowAtMs, endsMs - nowMs)

/** `aging` in the last tenth of what was left when it came, at most the last minute. */
export const standingOf = (held: HeldToken, moment: Moment): Standing => {
  const left = leftMs(held, moment)
  if (left <= marginMs) return 'over'
  return left <= Math.min(longestAgingMs, held.lifeMs / 10) ? 'aging' : 'fresh'
}

/** Whether a token that was just answered takes the place of the one that is remembered. */
export const replaces = (
  given: HeldToken,
  known: HeldToken,
  /** Digests: of the present report, and of the report that brought the known one. */
  refused: { readonly now: string | undefined; readonly before: string | undefined },
  moment: Moment,
): boolean => {
  if (standingOf(known, moment) === 'over' || isRefused(known, refused.now)) return true
  if (isRefused(given, refused.before)) return false
  const same = given.token.secret.hasDigest(known.token.secret.digest())
  return same || leftMs(given, moment) >= leftMs(known, moment)
}

export const isRefused = ({ token }: HeldToken, digest: string | undefined): boolean =>
  digest !== undefined && token.secret.hasDigest(digest)
