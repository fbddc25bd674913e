// The way to Looker for its SDK: deadlines that fire, status and `Retry-After` on errors, one renewal on 401.
import { sdkError } from '@looker/sdk-rtl'
import type { IRawRequest, IRawResponse, ITransport, SDKResponse } from '@looker/sdk-rtl'
import { callSurroundings } from '../sources/surroundings.ts'
import type { Surroundings } from '../sources/surroundings.ts'
import { converse } from './exchange.ts'
import type { Answer, Call } from './exchange.ts'
import { rawOf } from './exchange-head.ts'
import { openScope } from './exchange-scope.ts'
import { bodyOfEnd, CallEnd, messageOf } from './failure-end.ts'
import { resultOf } from './reply.ts'
import { pathOf, patienceOf, verifyMistake } from './request.ts'
import type { Defaults } from './request.ts'
import { parseBaseUrl, refused, transportMistakes } from './settings.ts'
import { handOver } from './stream.ts'
import type { TransportOptions } from './types.ts'

/** Errors: `TokenError` `invalid-options`, at once. */
export const brokerTransport = (options: TransportOptions): ITransport =>
  createTransport(options, callSurroundings())

export type TransportSurroundings = Pick<Surroundings, 'clock' | 'chance' | 'fetch'>

export const createTransport = (
  options: TransportOptions,
  surroundings: TransportSurroundings,
): ITransport => {
  const { clock } = surroundings
  const defaults = defaultsOf(options)

  /** Of one call, from the first timer to the last listener. */
  const during = async <Value>(request: IRawRequest, work: (call: Call) => Promise<Value>) => {
    const patience = patienceOf(request.options ?? {}, defaults)
    const scope = openScope({ clock, ...patience })
    try {
      return await work({ request, defaults, patience, scope })
    } finally {
      scope.release()
    }
  }

  const read = async (answer: Answer, { scope }: Call): Promise<IRawResponse> =>
    answer.kind === 'read' ? answer.raw : rawOf(answer.head, scope, clock)

  const retry = async (request: IRawRequest): Promise<IRawResponse> => {
    const startedAtMs = clock.now()
    try {
      return await during(request, async (call) => read(await converse(call, surroundings), call))
    } catch (error) {
      if (!(error instanceof CallEnd)) throw error
      return unanswered(request, error, [startedAtMs, clock.now()])
    }
  }

  const transport: ITransport = {
    observer: undefined,
    retry,
    rawRequest: async (method, path, queryParams, body, authenticator, given) => {
      const raw = await retry(requestOf(method, path, queryParams, body, authenticator, given))
      return transport.observer ? transport.observer(raw) : raw
    },
    parseResponse: resultOf,
    request: async <Success, Failure>(...given: Parameters<ITransport['rawRequest']>) => {
      try {
        return await resultOf<Success, Failure>(await transport.rawRequest(...given))
      } catch (error) {
        return ownError<Success, Failure>(error)
      }
    },
    stream: async (callback, method, path, queryParams, body, authenticator, given) => {
      const request = requestOf(method, path, queryParams, body, authenticator, given)
      const errorOf = (end: CallEnd) => sdkError({ error: bodyOfEnd(end, calledBy(request)) })
      return during(request, async (call) => {
        const answer = await converse(call, surroundings)
        if (answer.kind === 'open' && answer.head.response.ok)
          return handOver(answer.head.response, callback, { scope: call.scope, errorOf })
        const raw = await read(answer, call)
        if (!raw.ok) throw sdkError(await resultOf(raw))
        return handOver(responseOf(raw), callback, { scope: call.scope, errorOf })
      }).catch((error: unknown) => {
        throw error instanceof CallEnd ? errorOf(error) : error
      })
    },
  }
  return transport
}

const defaultsOf = (unverified: TransportOptions): Defaults => {
  const { baseUrl, timeout = 120, maxTries = 1, headers = {} } = unverified
  const isUnsafe = 'verify_ssl' in unverified && unverified.verify_ssl === false
  const mistakes = [...transportMistakes(unverified), ...(isUnsafe ? [verifyMistake] : [])]
  if (mistakes.length > 0) throw refused(mistakes)
  return { baseUrl: parseBaseUrl(baseUrl), timeout, maxTries, headers }
}

const requestOf = (
  ...[method, path, queryParams, body, authenticator, options]: Parameters<ITransport['rawRequest']>
): IRawRequest => ({
  method,
  path,
  queryParams,
  body,
  ...(authenticator && { authenticator }),
  ...(options && { options }),
})

const calledBy = ({ method, path }: IRawRequest) => ({ method, path: pathOf(path) })

/** For observers too: a call without an answer has the status 0. */
const unanswered = (
  request: IRawRequest,
  end: CallEnd,
  [requestStarted, responseCompleted]: readonly [number, number],
): IRawResponse => ({
  method: request.method,
  ok: false,
  url: request.path,
  statusCode: end.detail.status ?? 0,
  statusMessage: end.message,
  contentType: '',
  body: bodyOfEnd(end, calledBy(request)),
  headers: {},
  requestStarted,
  responseCompleted,
})

/** Of an observer or a wait handler of the caller. */
const ownError = <Success, Failure>(error: unknown): SDKResponse<Success, Failure> => ({
  ok: false,
  error: { type: 'sdk_error', message: messageOf(error) },
})

const responseOf = ({ body, statusCode, statusMessage, headers }: IRawResponse): Response =>
  new Response(body, { status: statusCode, statusText: statusMessage, headers })
