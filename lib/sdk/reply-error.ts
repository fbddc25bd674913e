// The error of an answer whose status is none of a success: Looker's own words, or ours. Pure.
import type { IRawResponse } from '@looker/sdk-rtl'
import { retryAfterMsOf } from '../looker/retry-after.ts'
import type { TokenError } from '../sources/token-error.ts'
import { failedWith } from './failure.ts'
import type { ErrorBody } from './failure.ts'
import { pathOf } from './request.ts'

/** On an answer of 401: why there is no new token. A symbol, so that copies of observers keep it. */
export const refusal = Symbol('refusal')

export type RefusedResponse = IRawResponse & { [refusal]?: TokenError | undefined }

export const statusError = (raw: RefusedResponse, body: unknown): ErrorBody =>
  failedWith(
    {
      kind: 'status',
      method: raw.method,
      path: pathOf(raw.url),
      status: raw.statusCode,
      retryAfterMs: retryAfterMsOf(raw.headers['retry-after'], raw.responseCompleted),
      token: raw[refusal],
    },
    lookersOwn(body) ?? ours(raw),
  )

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const lookersOwn = (body: unknown): ErrorBody | undefined => {
  const { message, errors, documentation_url } = fieldsOf(body)
  if (typeof message !== 'string' || message === '') return undefined
  return {
    message: message.slice(0, 2000),
    errors: Array.isArray(errors) ? errors.slice(0, 50).map(itemOf) : [],
    documentation_url: typeof documentation_url === 'string' ? documentation_url.slice(0, 500) : '',
  }
}

const itemOf = (item: unknown): unknown => {
  const plain = Object.entries(fieldsOf(item)).filter(([, value]) => typeof value !== 'object')
  const short = plain.slice(0, 10).map(([name, value]) => [name.slice(0, 100), shortOf(value)])
  return Object.fromEntries(short)
}

const shortOf = (value: unknown): unknown =>
  typeof value === 'string' ? value.slice(0, 500) : value

const ours = ({ statusCode, contentType, statusMessage }: IRawResponse): ErrorBody => ({
  message: messageOf(statusCode, contentType, statusMessage),
  errors: [],
  documentation_url: '',
  type: 'sdk_error',
})

const messageOf = (status: number, contentType: string, statusMessage: string): string => {
  if (status < 300) return statusMessage.slice(0, 500) || `Looker answered with HTTP ${status}`
  if (status < 400)
    return `A redirect (HTTP ${status}), which is not followed: is baseUrl the address of the Looker API?`
  if (contentType.includes('html'))
    return `A page and not an answer of the API (HTTP ${status}): is baseUrl the address of the Looker API?`
  return `HTTP ${status} without a message of Looker's: ${checks[status] ?? 'see the status'}`
}

const checks: Readonly<Record<number, string>> = {
  401: 'the token was refused',
  403: 'may this user do that?',
  404: 'is baseUrl the address of the Looker API, and does this exist for this user?',
  429: 'too many calls; wait as retryAfterMs says',
  500: 'Looker failed',
  502: 'is Looker up?',
  503: 'is Looker up?',
  504: 'Looker, or a proxy before it, took too long',
}
