// Errors as problem documents (RFC 9457). Our own messages are told, except of a 500: what happened
// there stands in the log under the request id. docs/problems.md says what to do about each.
import { BrokerError, problemTypePrefix } from '../errors.ts'
import type { ErrorCode, FieldProblem } from '../errors.ts'

export type Problem = {
  /** Stable; ends in the code. Callers may switch on it. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly request_id: string
  /** Whole seconds after which another try is worthwhile. */
  readonly retry_after?: number
  /** JSON pointers into the request (RFC 6901). */
  readonly errors?: readonly FieldProblem[]
}

type Kind = { readonly status: number; readonly title: string }

export const problemKinds: Readonly<Record<ErrorCode, Kind>> = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'The caller is not known' },
  'user-agent-not-valid': { status: 400, title: 'The user agent cannot be passed on' },
  forbidden: { status: 403, title: 'The caller may not do this' },
  'origin-not-allowed': { status: 403, title: 'This page may not embed' },
  'sign-in-required': { status: 403, title: 'A new sign-in is needed' },
  'looker-refused-user': { status: 403, title: 'Looker refuses this user' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'extension-refused': { status: 409, title: 'The session cannot be extended now' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  misconfigured: { status: 500, title: 'The broker is not set up correctly' },
  internal: { status: 500, title: 'The broker failed' },
  'looker-refused-embed': { status: 502, title: 'Looker refuses the embed session' },
  'looker-refused-credentials': { status: 503, title: 'Looker refuses the broker' },
  'secret-missing': { status: 503, title: 'The broker has no Looker secret' },
  'looker-rate-limited': { status: 503, title: 'Looker asks to slow down' },
  'looker-unavailable': { status: 503, title: 'Looker is not available' },
  'login-in-progress': { status: 503, title: 'The login takes too long' },
  'session-in-progress': { status: 503, title: 'The start of the session takes too long' },
  'renewal-limited': { status: 503, title: 'Renewals are limited' },
  'table-throttled': { status: 503, title: 'The table is busy' },
  'table-unavailable': { status: 503, title: 'The table is not available' },
  'keys-unavailable': { status: 503, title: 'The key service is not available' },
}

/** Where an error that is worth another try does not say when. */
const usualRetryAfterMs = 5_000

export const problemOf = (error: unknown, requestId: string): Problem => {
  const known = error instanceof BrokerError ? error : undefined
  const code = known?.code ?? 'internal'
  const { status, title } = problemKinds[code]
  const waitMs = known?.retryAfterMs ?? (status === 503 ? usualRetryAfterMs : undefined)
  const detail = status === 500 || !known ? 'See the log of this request.' : known.message
  return {
    type: problemTypePrefix + code,
    title,
    status,
    detail,
    request_id: requestId,
    ...(waitMs === undefined ? {} : { retry_after: Math.max(1, Math.ceil(waitMs / 1000)) }),
    ...(known?.fields === undefined ? {} : { errors: known.fields }),
  }
}
