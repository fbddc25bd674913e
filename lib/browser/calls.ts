// The broker's routes, each call with a fresh sign-in token.
import { BrokerProblem, problemOf, problemOfThrown, unreadable } from './problem.ts'
import type { Surroundings } from './surroundings.ts'

export type CallsOptions = {
  /** Origin of the broker, and the path before its routes, if any. */
  readonly url: string
  readonly getToken: () => string | Promise<string>
  /** Undefined: no device key is sent. */
  readonly deviceKey: (() => Promise<string>) | undefined
}

export type Calls = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
) => Promise<unknown>

/** Longer than the broker itself takes for an answer. */
const limitMs = 30_000

/** Throws `BrokerProblem` alone. */
export const createCalls = (
  { url, getToken, deviceKey }: CallsOptions,
  { fetch, now }: Surroundings,
): Calls => {
  const base = url.replace(/\/+$/, '')
  let lastWasRead = true

  const send: Calls = async (method, path, body) => {
    const headers = {
      authorization: `Bearer ${await signInToken(getToken)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(deviceKey === undefined ? {} : { 'x-embed-device': await deviceKey() }),
    }
    const request = {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(limitMs),
    } as const
    const response = await fetch(`${base}${path}`, request).catch((cause: unknown) => {
      lastWasRead = false
      throw unreadable(cause)
    })
    lastWasRead = true
    if (!response.ok) throw await problemOf(response, now())
    return response.json()
  }

  return async (method, path, body) => {
    // In an outage that lasts, every call would be made twice.
    const isSurprise = lastWasRead
    try {
      return await send(method, path, body)
    } catch (error) {
      const isWorthAnother = isRefusal(error) || (isSurprise && isUnread(error))
      if (!isWorthAnother) throw problemOfThrown(error)
    }
    // The token may have ended on the way: another one, once.
    try {
      return await send(method, path, body)
    } catch (error) {
      throw problemOfThrown(error)
    }
  }
}

/** Pages in plain JavaScript may give nothing, and may throw before there is a promise. */
const signInToken = async (getToken: CallsOptions['getToken']): Promise<string> => {
  try {
    const token: unknown = await getToken()
    if (typeof token === 'string' && token !== '') return token
  } catch (cause) {
    throw new BrokerProblem({ code: 'no-sign-in-token', text: 'getToken failed', cause })
  }
  throw new BrokerProblem({ code: 'no-sign-in-token', text: 'getToken gave no text' })
}

const isRefusal = (error: unknown): boolean =>
  error instanceof BrokerProblem && (error.status === 401 || error.status === 403)

/** A refusal by the gateway's authorizer looks so to a page: it has no CORS headers. Time that ran out does not. */
const isUnread = (error: unknown): boolean =>
  error instanceof BrokerProblem && error.code === 'unreachable' && error.cause instanceof TypeError
