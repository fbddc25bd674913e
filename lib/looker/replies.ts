// Judges Looker's replies: what came back over HTTP in, a value or a `LookerError` out. No I/O; and no
// text of a reply gets into an error, because a reply may hold a token.
import * as v from 'valibot'
import { LookerError, type LookerFailure } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { Workspace } from '../config.ts'
import { retryAfterMsOf } from './retry-after.ts'

export type AccessToken = {
  readonly token: Secret
  /** Whole seconds from the moment the reply was judged, at least 1. */
  readonly expiresInSeconds: number
}

/** A reply as it came. Nothing in it is proven yet. */
export type UnverifiedReply = {
  readonly status: number
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  readonly body: string
}

/** Reply to `POST /login`. */
export const parseLogin = (reply: UnverifiedReply, nowAtMs: number): AccessToken =>
  parseAccessToken('login', accepted('login', reply, nowAtMs))

/** Reply to `POST /login/{user_id}`. */
export const parseUserLogin = (reply: UnverifiedReply, nowAtMs: number): AccessToken =>
  parseAccessToken('login as a user', accepted('login as a user', reply, nowAtMs))

/** Reply to `PATCH /session`: throws unless Looker says that this very workspace is now active. */
export const assertSwitched = (
  reply: UnverifiedReply,
  workspace: Workspace,
  nowAtMs: number,
): void => {
  const { status, value } = accepted('workspace switch', reply, nowAtMs)
  const session = v.safeParse(apiSession, value)
  if (!session.success) throw failed('workspace switch', 'invalid-reply', { status })
  if (session.output.workspace_id !== workspace)
    throw failed('workspace switch', 'workspace-not-confirmed', { status })
}

/** Reply to `DELETE /logout`: a token that Looker does not know any more is logged out. */
export const assertLoggedOut = (reply: UnverifiedReply, nowAtMs: number): void => {
  const { status } = reply
  if (status === 204) return
  if ((status === 401 || status === 404) && isObject(jsonOf(reply))) return
  accepted('logout', reply, nowAtMs)
}

type Operation = 'login' | 'login as a user' | 'workspace switch' | 'logout'

type Accepted = { readonly status: number; readonly value: unknown }

const longestLifeSeconds = 30 * 86_400

// Visible ASCII only: the token goes into an HTTP header.
const accessToken = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/)),
  token_type: v.pipe(v.string(), v.regex(/^bearer$/i)),
  expires_in: v.pipe(v.number(), v.minValue(1), v.maxValue(longestLifeSeconds)),
})

const apiSession = v.object({ workspace_id: v.nullable(v.string()) })

const refusals: Record<Operation, Partial<Record<number, LookerFailure>>> = {
  login: {
    400: 'refused-credentials',
    401: 'refused-credentials',
    403: 'refused-credentials',
    404: 'refused-credentials',
  },
  'login as a user': { 400: 'refused-user', 403: 'refused-user', 404: 'refused-user' },
  'workspace switch': {
    400: 'workspace-not-confirmed',
    403: 'workspace-not-confirmed',
    404: 'workspace-not-confirmed',
    422: 'workspace-not-confirmed',
  },
  logout: {},
}

const parseAccessToken = (operation: Operation, { status, value }: Accepted): AccessToken => {
  const parsed = v.safeParse(accessToken, value)
  if (!parsed.success) throw failed(operation, 'invalid-reply', { status })
  return {
    token: new Secret(parsed.output.access_token),
    expiresInSeconds: Math.floor(parsed.output.expires_in),
  }
}

const accepted = (operation: Operation, reply: UnverifiedReply, nowAtMs: number): Accepted => {
  const { status } = reply
  const value = jsonOf(reply)
  const failure = failureOf(operation, reply, value)
  if (failure === undefined) return { status, value }
  const mayRetry = failure === 'rate-limited' || failure === 'server-error'
  const retryAfterMs = mayRetry ? retryAfterMsOf(reply.retryAfter, nowAtMs) : undefined
  throw failed(operation, failure, { status, retryAfterMs })
}

const failureOf = (
  operation: Operation,
  reply: UnverifiedReply,
  value: unknown,
): LookerFailure | undefined => {
  const { status } = reply
  if (status === 429) return 'rate-limited'
  if (status >= 500) return 'server-error'
  if (status >= 300 && status < 400) return 'misrouted'
  if (status === 401 && operation !== 'login') return 'refused-token'
  if (status >= 400) return refusalOf(operation, status, value)
  if (isObject(value)) return undefined
  return isHtml(reply) ? 'misrouted' : 'invalid-reply'
}

// Looker's API refuses in JSON. Any other page comes from a host that is not Looker's API.
const refusalOf = (operation: Operation, status: number, value: unknown): LookerFailure =>
  isObject(value) ? (refusals[operation][status] ?? 'invalid-reply') : 'misrouted'

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

const failed = (
  operation: Operation,
  failure: LookerFailure,
  detail: { status: number; retryAfterMs?: number | undefined },
): LookerError =>
  new LookerError(failure, `Looker ${operation}: ${failure} (HTTP ${detail.status})`, detail)
