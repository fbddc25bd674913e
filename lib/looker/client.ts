// The calls of Looker's API 4.0 that the broker makes. Sends only: how the wire is kept is in
// exchange.ts, what a reply means in replies.ts.
import type { Secret } from '../secret.ts'
import type { Deadline } from '../time.ts'
import type { Workspace } from '../config.ts'
import { createExchange, type ExchangeOptions } from './exchange.ts'
import {
  assertLoggedOut,
  assertSwitched,
  parseLogin,
  parseUserLogin,
  type AccessToken,
} from './replies.ts'

export type { AccessToken } from './replies.ts'

/** The calls of Looker's API 4.0 that the broker makes. All throw `LookerError`, within the deadline. */
export type LookerClient = {
  /** `POST /login`, credentials in the form body. */
  readonly login: (
    credentials: { readonly clientId: string; readonly clientSecret: Secret },
    deadline: Deadline,
  ) => Promise<AccessToken>
  /** `POST /login/{user_id}` with the service account's token. */
  readonly loginUser: (base: Secret, userId: string, deadline: Deadline) => Promise<AccessToken>
  /** `PATCH /session`; resolves only when Looker confirms the workspace. */
  readonly switchWorkspace: (
    token: Secret,
    workspace: Workspace,
    deadline: Deadline,
  ) => Promise<void>
  /** `DELETE /logout`; a token that Looker no longer knows is a success. */
  readonly logout: (token: Secret, deadline: Deadline) => Promise<void>
}

export type LookerClientOptions = ExchangeOptions & {
  /** Origin of the Looker API, for example `https://acme.cloud.looker.com`. */
  readonly baseUrl: string
  /** Wall clock, epoch milliseconds; a `Retry-After` date is read against it. */
  readonly now: () => number
  /** Default: `looker-token-broker`. */
  readonly userAgent?: string
}

export const createLookerClient = (options: LookerClientOptions): LookerClient => {
  const { baseUrl, now, userAgent = 'looker-token-broker' } = options
  const exchange = createExchange(options)

  const send = (path: string, call: Call, deadline: Deadline) =>
    exchange(new URL(`/api/4.0${path}`, baseUrl), requestOf(call, userAgent), deadline)

  return {
    login: async ({ clientId, clientSecret }, deadline) => {
      const form = { client_id: clientId, client_secret: clientSecret.reveal() }
      const call = { method: 'POST', body: new URLSearchParams(form) }
      return parseLogin(await send('/login', call, deadline), now())
    },
    loginUser: async (base, userId, deadline) => {
      const path = `/login/${pathSegmentOf(userId)}`
      return parseUserLogin(await send(path, { method: 'POST', token: base }, deadline), now())
    },
    switchWorkspace: async (token, workspace, deadline) => {
      const body = JSON.stringify({ workspace_id: workspace })
      const reply = await send('/session', { method: 'PATCH', token, body }, deadline)
      assertSwitched(reply, workspace, now())
    },
    logout: async (token, deadline) => {
      assertLoggedOut(await send('/logout', { method: 'DELETE', token }, deadline), now())
    },
  }
}

type Call = {
  readonly method: string
  readonly token?: Secret
  readonly body?: URLSearchParams | string
}

// A plain record, not `Headers`: that would throw here, quoting a token it does not like.
const requestOf = ({ method, token, body }: Call, userAgent: string): RequestInit => ({
  method,
  headers: {
    // Logins are far apart. A function that was frozen between two would find a kept connection dead,
    // and a login must not be sent twice to find that out.
    connection: 'close',
    accept: 'application/json',
    'user-agent': userAgent,
    ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
    ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
  },
  ...(body === undefined ? {} : { body }),
})

/** Digits alone can neither leave the path nor turn it into another call (`..`). Errors: `TypeError`. */
export const pathSegmentOf = (userId: string): string => {
  if (!/^\d{1,20}$/.test(userId)) throw new TypeError('A Looker user id is 1 to 20 digits')
  return userId
}
