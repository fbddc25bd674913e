// One request to Looker and the head of its answer; the body is not read here.
import type { IRawResponse } from '@looker/sdk-rtl'
import type { Clock } from '../time.ts'
import type { CarriedProps } from './carried.ts'
import type { Scope } from './exchange-scope.ts'
import { CallEnd, lost } from './failure-end.ts'
import { readBody } from './reply-body.ts'
import { headerIn } from './request-headers.ts'

export type Head = {
  readonly response: Response
  readonly props: CarriedProps
  readonly startedAtMs: number
}

export type HeadSurroundings = {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
}

/** A redirect is not followed. Errors: `CallEnd`. */
export const send = async (
  props: CarriedProps,
  scope: Scope,
  { clock, fetch }: HeadSurroundings,
): Promise<Head> => {
  const { url, method, headers, body = null } = props
  const init: RequestInit = { method, headers, body, redirect: 'manual' }
  assertSendable(url, init)
  const startedAtMs = clock.now()
  const answered = async (): Promise<Response> => {
    const response = await fetch(url, { ...init, signal: scope.signal })
    // A fetch that ignores the signal answers nobody any more.
    if (scope.end()) void response.body?.cancel().catch(() => {})
    return response
  }
  const response = await scope.within(answered).catch((error: unknown) => {
    throw lost(error)
  })
  return { response, props, startedAtMs }
}

// What fetch says of a bad header holds its value.
const assertSendable = (url: string, init: RequestInit): void => {
  try {
    void new Request(url, init)
  } catch {
    const message = 'The call cannot be sent: see its headers, its method and its address'
    throw new CallEnd('invalid-request', message)
  }
}

/** Errors: `CallEnd`. */
export const rawOf = async (
  { response, props, startedAtMs }: Head,
  scope: Scope,
  clock: Clock,
): Promise<IRawResponse> => {
  const { status, statusText, headers, ok } = response
  const body = await readBody(response, scope)
  const token = tokenIn(props)
  const named = [...headers.entries()].map(([name, value]) => [name, without(token, value)])
  return {
    method: props.method,
    ok,
    url: props.url,
    statusCode: status,
    statusMessage: without(token, statusText),
    contentType: headers.get('content-type') ?? '',
    body: ok || typeof body !== 'string' ? body : without(token, withoutEscapes(body)),
    headers: Object.fromEntries(named),
    requestStarted: startedAtMs,
    responseCompleted: clock.now(),
  }
}

const tokenIn = ({ headers }: CarriedProps): string =>
  headerIn(headers, 'authorization')?.replace(/^\S+\s+/, '') ?? ''

/** JSON may spell any letter as an escape, by which a token would not be found. */
const withoutEscapes = (text: string): string => {
  if (!text.includes('\\u')) return text
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

/** Error pages and headers of proxies may show the request. */
const without = (token: string, text: string): string =>
  token === '' ? text : text.replaceAll(token, '[secret]')
