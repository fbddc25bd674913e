// Judges the replies to logins and what belongs to them: what came back over HTTP in, a value or a
// `LookerError` out. No I/O; and no text of a reply gets into an error, because a reply may hold a token.
import * as v from 'valibot'
import { Secret } from '../secret.ts'
import type { Workspace } from '../config.ts'
import {
  accepted,
  failed,
  isJsonObject,
  type Accepted,
  type Operation,
  type UnverifiedReply,
} from './reply.ts'

export type AccessToken = {
  readonly token: Secret
  /** Whole seconds from the moment the reply was judged, at least 1. */
  readonly expiresInSeconds: number
}

/** Reply to `POST /login`. */
export const parseLogin = (reply: UnverifiedReply, nowAtMs: number): AccessToken =>
  parseAccessToken(login, accepted(login, reply, nowAtMs))

/** Reply to `POST /login/{user_id}`. */
export const parseUserLogin = (reply: UnverifiedReply, nowAtMs: number): AccessToken =>
  parseAccessToken(userLogin, accepted(userLogin, reply, nowAtMs))

/** Reply to `PATCH /session`: throws unless Looker says that this very workspace is now active. */
export const assertSwitched = (
  reply: UnverifiedReply,
  workspace: Workspace,
  nowAtMs: number,
): void => {
  const { status, value } = accepted(workspaceSwitch, reply, nowAtMs)
  const session = v.safeParse(apiSession, value)
  if (!session.success) throw failed(workspaceSwitch, 'invalid-reply', { status })
  if (session.output.workspace_id !== workspace)
    throw failed(workspaceSwitch, 'workspace-not-confirmed', { status })
}

/** Reply to `DELETE /logout`: a token that Looker does not know any more is logged out. */
export const assertLoggedOut = (reply: UnverifiedReply, nowAtMs: number): void => {
  const { status } = reply
  if (status === 204) return
  if ((status === 401 || status === 404) && isJsonObject(reply)) return
  accepted(logout, reply, nowAtMs)
}

const login: Operation = {
  name: 'login',
  carriesToken: false,
  refusals: {
    400: 'refused-credentials',
    401: 'refused-credentials',
    403: 'refused-credentials',
    404: 'refused-credentials',
  },
}

const userLogin: Operation = {
  name: 'login as a user',
  refusals: { 400: 'refused-user', 403: 'refused-user', 404: 'refused-user' },
}

const workspaceSwitch: Operation = {
  name: 'workspace switch',
  refusals: {
    400: 'workspace-not-confirmed',
    403: 'workspace-not-confirmed',
    404: 'workspace-not-confirmed',
    422: 'workspace-not-confirmed',
  },
}

const logout: Operation = { name: 'logout', refusals: {} }

const longestLifeSeconds = 30 * 86_400

// Visible ASCII only: the token goes into an HTTP header.
const accessToken = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/)),
  token_type: v.pipe(v.string(), v.regex(/^bearer$/i)),
  expires_in: v.pipe(v.number(), v.minValue(1), v.maxValue(longestLifeSeconds)),
})

const apiSession = v.object({ workspace_id: v.nullable(v.string()) })

const parseAccessToken = (operation: Operation, { status, value }: Accepted): AccessToken => {
  const parsed = v.safeParse(accessToken, value)
  if (!parsed.success) throw failed(operation, 'invalid-reply', { status })
  return {
    token: new Secret(parsed.output.access_token),
    expiresInSeconds: Math.floor(parsed.output.expires_in),
  }
}
