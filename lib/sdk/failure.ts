// What an error of a call to Looker was. Looker's SDK makes errors of its own from what a transport
// answers and drops the HTTP status on the way, but it hands the list `errors` on as it is: so a failure
// is remembered by that list, and found again from whatever holds it.
import type { HttpMethod } from '@looker/sdk-rtl'
import type { TokenError } from '../sources/token-error.ts'

export type CallFailure = {
  /**
   * `status`: Looker answered with an error status. `timeout`, `aborted`: the call's own time or signal.
   * `unreachable`: no connection, or it was lost. `no-token`: there is none for this call (`token` says why).
   * `invalid-answer`: an answer that cannot be read. `invalid-request`: it cannot be sent as it was asked for.
   */
  readonly kind:
    | 'status'
    | 'timeout'
    | 'aborted'
    | 'unreachable'
    | 'no-token'
    | 'invalid-answer'
    | 'invalid-request'
  readonly method: HttpMethod
  /** As `/api/4.0/user`, without the query; of parts over 100 characters (tokens) the first 8. */
  readonly path: string
  /** HTTP status of Looker's answer, if there was one. */
  readonly status?: number | undefined
  /** Looker's `Retry-After`, or the broker's, in milliseconds from then. */
  readonly retryAfterMs?: number | undefined
  /** Why there was no token, or, beside a status of 401, no new one. */
  readonly token?: TokenError | undefined
}

/** As Looker's SDK knows errors: `sdk.ok` makes a `LookerSDKError` of it. */
export type ErrorBody = {
  readonly message: string
  readonly errors: readonly unknown[]
  readonly documentation_url: string
  /** With what did not come from Looker. */
  readonly type?: 'sdk_error'
}

const failures = new WeakMap<object, CallFailure>()

/** An error body of its own that `failureOf` knows, whichever of its copies it is asked about. */
export const failedWith = (failure: CallFailure, body: ErrorBody): ErrorBody => {
  const errors = [...body.errors]
  const remembered = { ...body, errors }
  failures.set(errors, failure)
  failures.set(remembered, failure)
  return remembered
}

/**
 * What is behind an error of a call through this transport: one that `sdk.ok` or `sdk.stream` threw, or the
 * `error` of a result that is not `ok`. Undefined for any other value.
 */
export const failureOf = (error: unknown): CallFailure | undefined => {
  if (typeof error !== 'object' || error === null) return undefined
  const known = failures.get(error)
  if (known) return known
  const errors = 'errors' in error ? error.errors : undefined
  return typeof errors === 'object' && errors !== null ? failures.get(errors) : undefined
}
