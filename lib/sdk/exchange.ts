// One call: its token, its tries, the waits between them, and one renewal. What an answer means is judged in reply.ts.
import type { IRawRequest, IRawResponse, IWaitResponse } from '@looker/sdk-rtl'
import { retryAfterMsOf } from '../looker/retry-after.ts'
import { isTokenError } from '../sources/token-error.ts'
import type { TokenError } from '../sources/token-error.ts'
import type { CallLimits } from '../sources/token-source.ts'
import { limits, renewal } from './carried.ts'
import type { CarriedProps } from './carried.ts'
import { rawOf, send } from './exchange-head.ts'
import type { Head, HeadSurroundings } from './exchange-head.ts'
import type { Scope } from './exchange-scope.ts'
import { noToken } from './failure-end.ts'
import { refusal } from './reply-error.ts'
import type { RefusedResponse } from './reply-error.ts'
import { assertOwn, outgoingOf } from './request.ts'
import type { Defaults, Patience } from './request.ts'
import { mergeHeaders } from './request-headers.ts'
import { mayRetry, waitMsOf } from './retry.ts'

export type ExchangeSurroundings = HeadSurroundings & { readonly chance: () => number }

export type Call = {
  readonly request: IRawRequest
  readonly defaults: Defaults
  readonly patience: Patience
  readonly scope: Scope
}

/** With the body unread, or read where something had to be decided on it. */
export type Answer =
  | { readonly kind: 'open'; readonly head: Head }
  | { readonly kind: 'read'; readonly raw: IRawResponse }

/** Errors: `CallEnd`, and what a wait handler of the caller throws. */
export const converse = async (call: Call, outside: ExchangeSurroundings): Promise<Answer> => {
  const { scope, patience } = call
  let props = await authorized(call)
  let renew = props[renewal]
  for (let tries = 1; ; tries += 1) {
    let head = await send(props, scope, outside)
    if (head.response.status === 401 && renew) {
      const raw = await rawOf(head, scope, outside.clock)
      const renewed = await renewedOf(renew, scope)
      renew = undefined
      if (renewed.kind === 'none') return { kind: 'read', raw: refusedWith(raw, renewed.token) }
      const authorization = { Authorization: renewed.authorization }
      props = { ...props, headers: mergeHeaders(props.headers, authorization) }
      head = await send(props, scope, outside)
    }
    if (!mayRetry(head.response.status, tries, patience.maxTries)) return { kind: 'open', head }
    const raw = await rawOf(head, scope, outside.clock)
    const word = await waited(call, raw, tries, outside)
    if (word.response !== 'retry') return { kind: 'read', raw: endedBy(word, raw) }
  }
}

const leftOf = ({ remainingMs, signal }: Scope): CallLimits => ({
  timeoutMs: remainingMs(),
  signal,
})

const authorized = async ({ request, defaults, scope }: Call): Promise<CarriedProps> => {
  const props: CarriedProps = { ...outgoingOf(request, defaults), [limits]: leftOf(scope) }
  const { authenticator } = request
  const given = await scope
    .within<CarriedProps | undefined>(() => authenticator?.(props))
    .catch((error: unknown) => {
      throw scope.end() ?? noToken(error)
    })
  // It may have changed the address too.
  assertOwn(given?.url ?? props.url, defaults.baseUrl)
  return given ?? props
}

type Renewed =
  | { readonly kind: 'renewed'; readonly authorization: string }
  | { readonly kind: 'none'; readonly token: TokenError | undefined }

const renewedOf = async (
  renew: (left: CallLimits) => Promise<string>,
  scope: Scope,
): Promise<Renewed> => {
  try {
    const authorization = await scope.within(() => renew(leftOf(scope)))
    return { kind: 'renewed', authorization }
  } catch (error) {
    const end = scope.end()
    if (end) throw end
    const token = isTokenError(error) ? error : undefined
    // Of the call's own time, as in the authenticator.
    if (token?.code === 'timeout') throw noToken(token)
    return { kind: 'none', token }
  }
}

const refusedWith = (raw: IRawResponse, token: TokenError | undefined): RefusedResponse => ({
  ...raw,
  [refusal]: token,
})

const waited = async (
  { request, patience, scope }: Call,
  raw: IRawResponse,
  tries: number,
  { clock, chance }: ExchangeSurroundings,
): Promise<IWaitResponse> => {
  const retryAfterMs = retryAfterMsOf(raw.headers['retry-after'], raw.responseCompleted)
  const waitMS = waitMsOf(retryAfterMs, tries, chance())
  // Whoever waits so long has nothing at the end; now there is still an answer.
  if (waitMS >= scope.remainingMs()) return { response: 'cancel' }
  const { waitHandler } = patience
  if (waitHandler)
    return scope.within(() => waitHandler({ request, response: raw, attempt: tries, waitMS }))
  await scope.within(() => clock.sleep(waitMS, scope.signal))
  return { response: 'retry' }
}

/** `error` makes a failure of it whatever its status, which stays Looker's. */
const endedBy = ({ response, reason }: IWaitResponse, raw: IRawResponse): IRawResponse => ({
  ...raw,
  ok: raw.ok && response !== 'error',
  statusMessage: reason ?? raw.statusMessage,
})
