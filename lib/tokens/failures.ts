// What a failed login looks like to a caller. Pure.
import { BrokerError, KeysError, StoreError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'

const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ['refused-credentials', 'looker-refused-credentials'],
  ['secret-missing', 'secret-missing'],
  ['refused-user', 'looker-refused-user'],
  ['rate-limited', 'looker-rate-limited'],
])

const messages: Partial<Record<ErrorCode, string>> = {
  'looker-refused-credentials': 'Looker refuses the client id and secret of this stage.',
  'secret-missing': 'This stage has no usable Looker client secret yet.',
  'looker-refused-user': 'Looker refuses to log in as this user.',
  'looker-rate-limited': 'Looker asks to log in less often.',
  'looker-unavailable': 'Looker did not answer a login as it should.',
}

/** `reason` is a `LookerFailure` or `secret-missing`; anything unknown counts as Looker being away. */
export const loginError = (reason: string, retryAfterMs: number): BrokerError => {
  const code = codes.get(reason) ?? 'looker-unavailable'
  return new BrokerError(code, messages[code] ?? 'The login failed.', { retryAfterMs })
}

/** Our own parts failing, told to the caller. Errors that are already told pass through. */
export const partError = (error: unknown): unknown => {
  if (error instanceof KeysError) {
    const message = 'The key service gives no key.'
    return new BrokerError('keys-unavailable', message, { retryAfterMs: 5_000, cause: error })
  }
  if (!(error instanceof StoreError)) return error
  if (error.failure === 'throttled') {
    const message = 'The table asks to slow down.'
    return new BrokerError('table-throttled', message, { retryAfterMs: 2_000, cause: error })
  }
  if (error.failure === 'unavailable') {
    const message = 'The table cannot be reached.'
    return new BrokerError('table-unavailable', message, { retryAfterMs: 5_000, cause: error })
  }
  return new BrokerError('misconfigured', 'The table refuses this function.', { cause: error })
}
