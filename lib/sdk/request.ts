// From a call of Looker's SDK and its options to what is sent. Pure; nothing is sent here.
import { addQueryParams, agentPrefix, LookerAppId } from '@looker/sdk-rtl'
import type {
  HttpMethod,
  IRawRequest,
  IRequestHeaders,
  ITransportSettings,
  Waitable,
} from '@looker/sdk-rtl'
import { TokenError } from '../sources/token-error.ts'
import { bodyOf } from './request-body.ts'
import { mergeHeaders } from './request-headers.ts'
import { CallEnd } from './failure-end.ts'
import { isTimeout } from './settings.ts'

/** Of the transport. */
export type Defaults = {
  /** An origin. */
  readonly baseUrl: string
  readonly timeout: number
  readonly maxTries: number
  readonly headers: IRequestHeaders
}

type Options = Partial<ITransportSettings>

/** What of the options is about time. */
export type Patience = {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly maxTries: number
  readonly waitHandler: Waitable | undefined
}

/** One that makes no sense counts as left out, as in Looker's SDK. */
export const patienceOf = (options: Options, defaults: Defaults): Patience => {
  const { timeout, maxTries, signal, waitHandler } = options
  const seconds = timeout !== undefined && isTimeout(timeout) ? timeout : defaults.timeout
  return {
    timeoutMs: Math.max(1, seconds * 1000),
    signal,
    maxTries: Number.isInteger(maxTries) ? between(1, Number(maxTries), 10) : defaults.maxTries,
    waitHandler,
  }
}

/** What is asked of Looker, without an authorization. */
export type Outgoing = {
  readonly method: HttpMethod
  readonly url: string
  readonly headers: IRequestHeaders
  readonly body: string | undefined
}

/** Errors: `CallEnd` `invalid-request`, and `no-token` for another origin than the transport's. */
export const outgoingOf = (request: IRawRequest, defaults: Defaults): Outgoing => {
  const { method, options = {} } = request
  if (options.verify_ssl === false) throw new CallEnd('invalid-request', verifyMistake)
  const url = urlOf(request, options.base_url ?? defaults.baseUrl)
  assertOwn(url, defaults.baseUrl)
  const tag = { [LookerAppId]: options.agentTag || agentPrefix }
  const given = mergeHeaders(tag, defaults.headers, options.headers)
  return { method, url, ...bodyOf(request.body, given) }
}

/** Errors: `CallEnd` `no-token`, before a token goes where it does not belong. */
export const assertOwn = (url: string, baseUrl: string): void => {
  if (!URL.canParse(url)) throw new CallEnd('invalid-request', 'The address of the call is no URL')
  if (new URL(url).origin === baseUrl) return
  const message = 'The call goes to another origin than baseUrl, which gets no token'
  throw new CallEnd('no-token', message, { token: new TokenError('invalid-options', message) })
}

/** For a person to read: no query, and no parts that are tokens. */
export const pathOf = (pathOrUrl: string): string => {
  const [path = ''] = pathOrUrl.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/)
  const parts = path.split('/')
  return parts.map((part) => (part.length > 100 ? `${part.slice(0, 8)}...` : part)).join('/')
}

export const verifyMistake =
  'verify_ssl: cannot be switched off for one client; NODE_EXTRA_CA_CERTS names certificates to trust'

const urlOf = ({ path, queryParams }: IRawRequest, base: string): string => {
  const url = /^https?:\/\//i.test(path) ? path : `${base}${path}`
  if (dotted.test(asRead(url).split(/[?#]/)[0] ?? ''))
    throw new CallEnd('invalid-request', 'The path of the call has a part of dots alone')
  try {
    return addQueryParams(url, queryParams)
  } catch {
    throw new CallEnd('invalid-request', 'A parameter of the call cannot be written into a URL')
  }
}

/** Without what `URL` drops: https://url.spec.whatwg.org/#concept-basic-url-parser */
const asRead = (url: string): string => url.replaceAll(/[\t\n\r]/g, '').replace(/[\p{Cc} ]+$/u, '')

// `URL` would resolve them: the call would be another one.
const dotted = /[/\\](\.|%2e){1,2}([/\\]|$)/i

const between = (least: number, value: number, most: number): number =>
  Math.min(most, Math.max(least, value))
