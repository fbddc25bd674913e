// One attempt to log in, judged and reported: a token worth having, the failure to share, or a service
// token that Looker refused.
import { whose } from '../events.ts'
import type { SharedFailure } from '../store/token-store.ts'
import type { Deadline } from '../time.ts'
import type { LoginResult } from './log-in.ts'
import { nextFailure } from './pace.ts'
import type { Parts } from './parts.ts'
import type { Principal } from './principal.ts'
import type { Token } from './token.ts'

export type LoggedIn = LoginResult & { readonly ok: true }

export type Attempt =
  | { readonly outcome: 'logged-in'; readonly login: LoggedIn }
  /** Says nothing about the user: nothing is to be remembered of it. */
  | { readonly outcome: 'base-refused' }
  | { readonly outcome: 'failed'; readonly failure: SharedFailure; readonly retryAfterMs: number }

export type AttemptFor = {
  readonly principal: Principal
  /** The service token; for users only. */
  readonly base: Token | undefined
  readonly previous: SharedFailure | undefined
}

/** Errors: what our own parts throw. */
export const attemptLogin = async (
  parts: Parts,
  { principal, base, previous }: AttemptFor,
  deadline: Deadline,
): Promise<Attempt> => {
  const refused = previous?.secretVersion !== undefined
  const result = await parts.logIn.logIn(principal, base, deadline, refused)
  const tooShort = result.ok && isTooShort(parts, result)
  if (tooShort) await parts.logIn.logOut(result.secret)
  if (result.ok && !tooShort) {
    const login_ms = Math.round(result.tookMs)
    parts.report({ name: 'login-succeeded', login_ms, ...whose(principal) })
    return { outcome: 'logged-in', login: result }
  }
  const failed = result.ok ? ({ ok: false, reason: 'invalid-reply' } as const) : result
  const { failure, retryAfterMs } = failing(parts, { principal, base, previous }, failed)
  if (base && failed.reason === 'refused-token') return { outcome: 'base-refused' }
  return { outcome: 'failed', failure, retryAfterMs }
}

/** A token that could never be handed out would be asked for again by every caller, without a pause. */
const isTooShort = ({ clock, settings }: Parts, { expiresAtMs }: LoggedIn): boolean =>
  expiresAtMs - clock.now() <= settings.marginMs

const failing = (
  { clock, report }: Parts,
  { principal, previous }: AttemptFor,
  failed: LoginResult & { readonly ok: false },
): { readonly failure: SharedFailure; readonly retryAfterMs: number } => {
  const nowAtMs = clock.now()
  const failure = nextFailure(previous, failed, nowAtMs)
  const retryAfterMs = failure.notBeforeAtMs - nowAtMs
  report({
    name: 'login-failed',
    reason: failed.reason,
    status: failed.status ?? null,
    count: failure.count,
    retry_in_ms: retryAfterMs,
    ...whose(principal),
  })
  return { failure, retryAfterMs }
}
