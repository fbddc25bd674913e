// The first verdict on a reply, the same for every call: did Looker's API answer at all, and did it
// refuse. What an accepted reply must hold is in replies.ts and embed-replies.ts.
import { LookerError, type LookerFailure } from '../errors.ts'
import { retryAfterMsOf } from './retry-after.ts'

/** A reply as it came. Nothing in it is proven yet. */
export type UnverifiedReply = {
  readonly status: number
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  /** The header `Date`. */
  readonly date?: string | undefined
  readonly body: string
}

export type Operation = {
  /** As errors name it. */
  readonly name: string
  /** What a refusal in JSON means, by its status; a status that is not here is an `invalid-reply`. */
  readonly refusals: Partial<Record<number, LookerFailure>>
  /** A 401 to a call that carried no token says nothing of a token. Default: true. */
  readonly carriesToken?: boolean
}

export type Accepted = { readonly status: number; readonly value: unknown }

/** The JSON object of a reply that is no failure. */
export const accepted = (
  operation: Operation,
  reply: UnverifiedReply,
  nowAtMs: number,
): Accepted => {
  const { status } = reply
  const value = jsonOf(reply)
  const failure = failureOf(operation, reply, value)
  if (failure === undefined) return { status, value }
  const mayRetry = failure === 'rate-limited' || failure === 'server-error'
  const retryAfterMs = mayRetry ? retryAfterMsOf(reply.retryAfter, nowAtMs) : undefined
  throw failed(operation, failure, { status, retryAfterMs })
}

export const isJsonObject = (reply: UnverifiedReply): boolean => isObject(jsonOf(reply))

export const failed = (
  operation: Operation,
  failure: LookerFailure,
  detail: { status: number; retryAfterMs?: number | undefined },
): LookerError =>
  new LookerError(failure, `Looker ${operation.name}: ${failure} (HTTP ${detail.status})`, detail)

const failureOf = (
  operation: Operation,
  reply: UnverifiedReply,
  value: unknown,
): LookerFailure | undefined => {
  const { status } = reply
  if (status === 429) return 'rate-limited'
  if (status >= 500) return 'server-error'
  if (status >= 300 && status < 400) return 'misrouted'
  if (status === 401 && (operation.carriesToken ?? true)) return 'refused-token'
  if (status >= 400) return refusalOf(operation, status, value)
  if (isObject(value)) return undefined
  return isHtml(reply) ? 'misrouted' : 'invalid-reply'
}

// Looker's API refuses in JSON. Any other page comes from a host that is not Looker's API.
const refusalOf = ({ refusals }: Operation, status: number, value: unknown): LookerFailure =>
  isObject(value) ? (refusals[status] ?? 'invalid-reply') : 'misrouted'

const jsonOf = ({ body }: UnverifiedReply): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isHtml = ({ contentType, body }: UnverifiedReply): boolean =>
  /\bhtml\b/i.test(contentType ?? '') || body.trimStart().startsWith('<')
