// Every way in which the broker fails, as one tree: a class per part that failed, a stable code, and
// plain data. Messages and data never hold a token, a secret, a reply body or an address with one.

/** Codes of problem documents (`type` ends in them) and of errors. Stable: callers may switch on them. */
export type ErrorCode =
  | 'invalid-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'user-agent-not-valid'
  | 'origin-not-allowed'
  | 'sign-in-required'
  | 'too-many-requests'
  | 'not-found'
  | 'extension-refused'
  | 'looker-refused-user'
  | 'looker-refused-credentials'
  | 'looker-rate-limited'
  | 'looker-unavailable'
  | 'login-in-progress'
  | 'session-in-progress'
  | 'looker-refused-embed'
  | 'renewal-limited'
  | 'table-throttled'
  | 'table-unavailable'
  | 'keys-unavailable'
  | 'secret-missing'
  | 'misconfigured'
  | 'internal'

/** What the `type` of a problem document begins with; the code follows. */
export const problemTypePrefix = 'urn:problem-type:looker-token-broker:'

/** `pointer` is a JSON pointer (RFC 6901) such as `/user_id`; empty for the whole body. */
export type FieldProblem = { readonly pointer: string; readonly detail: string }

export type ErrorDetail = {
  /** When trying again is worthwhile, in milliseconds from now. */
  readonly retryAfterMs?: number | undefined
  /** The fields of the request that are wrong. */
  readonly fields?: readonly FieldProblem[] | undefined
  /** Names and ids for the log alone: who asked for what. */
  readonly about?: Readonly<Record<string, string>> | undefined
  readonly cause?: unknown
}

export class BrokerError extends Error {
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined
  readonly fields: readonly FieldProblem[] | undefined
  readonly about: Readonly<Record<string, string>> | undefined

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'BrokerError'
    this.code = code
    this.retryAfterMs = detail.retryAfterMs
    this.fields = detail.fields
    this.about = detail.about
  }
}

/** Why Looker gave no answer that can be used. */
export type LookerFailure =
  | 'unreachable' // no connection, name, TLS, or connection lost
  | 'timeout' // our own deadline fired
  | 'rate-limited' // 429
  | 'server-error' // 5xx
  | 'refused-credentials' // login: JSON 404, 400, 401 or 403
  | 'refused-user' // login as a user: JSON 400, 403 or 404
  | 'refused-token' // 401 to a call that carried a token
  | 'refused-embed' // embed session: JSON 403 or 404 (embedding off, no right), or what was asked for is refused
  | 'refused-tokens' // new embed tokens: JSON 400 or 422 (wrong browser, or tokens of another session)
  | 'misrouted' // a redirect or an HTML page where the API should be
  | 'invalid-reply' // not what the API describes, or too long
  | 'workspace-not-confirmed' // the switch was refused, or answered another workspace

/** Thrown by `lib/looker`. */
export class LookerError extends Error {
  readonly failure: LookerFailure
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined
  /** Looker's `Retry-After`, in milliseconds from now; absent when not given or not understood. */
  readonly retryAfterMs: number | undefined

  constructor(
    failure: LookerFailure,
    message: string,
    detail: {
      status?: number | undefined
      retryAfterMs?: number | undefined
      cause?: unknown
    } = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'LookerError'
    this.failure = failure
    this.status = detail.status
    this.retryAfterMs = detail.retryAfterMs
  }
}

export type StoreFailure =
  | 'throttled' // asked to slow down
  | 'unavailable' // no connection, time-out or 5xx, twice
  | 'refused' // denied, no such table, invalid: somebody must change something

/** Thrown by `lib/store`. A failed condition is an answer, not an error. */
export class StoreError extends Error {
  readonly failure: StoreFailure

  constructor(failure: StoreFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.failure = failure
  }
}

/** KMS gave no key: down, throttled, denied, or the key is disabled. Nothing is known of the record. */
export class KeysError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'KeysError'
  }
}

/** A sealed record that does not open: of another row, of another version, altered. It is as good as absent. */
export class SealError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SealError'
  }
}

/** The system's word (`ECONNREFUSED`), else the name of the error; never its message, which can quote
 * what was sent or answered. */
export const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  const words = ['code' in error ? error.code : undefined, error.name]
  const code = words.find((word) => typeof word === 'string' && /^\w{1,60}$/.test(word))
  return typeof code === 'string' ? code : 'unknown'
}
