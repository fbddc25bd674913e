// What Lambda answers for a function that failed. Pure. The message is never repeated: it may hold anything.
import * as v from 'valibot'
import type { Target } from './function-options.ts'
import type { Invoked } from './surroundings.ts'
import { TokenError } from './token-error.ts'

const text = v.fallback(v.string(), '')

/** Of Lambda's own answer for a function that failed. */
const functionError = v.fallback(v.object({ errorMessage: text, errorType: text }), {
  errorMessage: '',
  errorType: '',
})

export const failureOfFunction = (
  { payload, requestId }: Invoked,
  { functionName }: Target,
): TokenError => {
  const { errorMessage, errorType } = v.parse(functionError, parsedJson(payload))
  const check = 'Its log has more under the request id.'
  if (/\bTask timed out\b/.test(errorMessage)) {
    const message = `${functionName} ran out of its time. ${check}`
    return new TokenError('broker-timeout', message, { requestId })
  }
  const type = /^(Runtime|Sandbox|Extension|Function)\.\w{1,40}$/.test(errorType)
  const message = `${functionName} failed${type ? ` (${errorType})` : ''}. ${check}`
  return new TokenError('broker-failed', message, { requestId })
}

const parsedJson = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
