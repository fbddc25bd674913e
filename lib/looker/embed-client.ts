// The calls of Looker's API 4.0 for cookieless embed sessions. Sends only: how the wire is kept is in
// exchange.ts, what a reply means in embed-replies.ts.
import type { Secret } from '../secret.ts'
import type { Deadline } from '../time.ts'
import { createExchange, type ExchangeOptions } from './exchange.ts'
import {
  assertEnded,
  parseAcquired,
  parseGenerated,
  type AcquiredSession,
  type GeneratedTokens,
} from './embed-replies.ts'

export type { AcquiredSession, GeneratedTokens } from './embed-replies.ts'

/**
 * Who a session is for, in Looker's own words: `EmbedCookielessSessionAcquire` without what belongs to the
 * session. A field that is absent keeps Looker's default; `user_timezone: null` is not the same as absent.
 */
export type EmbedUser = {
  readonly external_user_id: string
  readonly first_name?: string | null
  readonly last_name?: string | null
  readonly user_timezone?: string | null
  readonly permissions?: readonly string[] | null
  readonly models?: readonly string[] | null
  readonly group_ids?: readonly string[] | null
  readonly external_group_id?: string | null
  readonly user_attributes?: Readonly<Record<string, unknown>> | null
  readonly force_logout_login?: boolean
}

export type EmbedSessionRequest = {
  readonly user: EmbedUser
  /** Origin of the embedding page. Looker wants it at every acquire. */
  readonly embedDomain?: string | undefined
  /** 0 to 2,592,000; Looker's default is 300. Ignored when a live session is joined. */
  readonly sessionLengthSeconds?: number | undefined
  /** Joins the session of this token while that lives; it is then neither updated nor extended. */
  readonly reference?: Secret | undefined
  /** The browser's. Looker binds the session to it. */
  readonly userAgent: string
}

export type EmbedTokensRequest = {
  readonly reference: Secret
  readonly navigationToken: Secret
  readonly apiToken: Secret
  /** The browser's, the same as when the session was acquired. */
  readonly userAgent: string
}

/**
 * The calls for cookieless embed sessions, with the service account's token as `base`. All throw
 * `LookerError` within the deadline, and `TypeError` without a call for what cannot be sent.
 */
export type LookerEmbedClient = {
  /** `POST /embed/cookieless_session/acquire` */
  readonly acquire: (
    base: Secret,
    request: EmbedSessionRequest,
    deadline: Deadline,
  ) => Promise<AcquiredSession>
  /** `PUT /embed/cookieless_session/generate_tokens` */
  readonly generate: (
    base: Secret,
    request: EmbedTokensRequest,
    deadline: Deadline,
  ) => Promise<GeneratedTokens>
  /** `DELETE /embed/cookieless_session/{token}`; a session that Looker no longer knows is a success. */
  readonly end: (base: Secret, reference: Secret, deadline: Deadline) => Promise<void>
}

export type LookerEmbedClientOptions = ExchangeOptions & {
  /** Origin of the Looker API, for example `https://acme.cloud.looker.com`. */
  readonly baseUrl: string
  /** Wall clock, epoch milliseconds; a `Retry-After` date is read against it. */
  readonly now: () => number
  /** Of calls that are not a browser's. Default: `looker-token-broker`. */
  readonly userAgent?: string
}

export const createLookerEmbedClient = (options: LookerEmbedClientOptions): LookerEmbedClient => {
  const { now, userAgent: ownUserAgent = 'looker-token-broker' } = options
  const exchange = createExchange(options)
  // Read once: what `URL` throws shows the whole address, and one of them holds a token.
  const { origin } = new URL(options.baseUrl)

  const send = (path: string, call: Call, deadline: Deadline) => {
    const url = new URL(`/api/4.0/embed/cookieless_session/${path}`, origin)
    return exchange(url, requestOf(call), deadline)
  }

  return {
    acquire: async (base, request, deadline) => {
      const userAgent = assertUserAgent(request.userAgent)
      const call = { method: 'POST', base, userAgent, body: acquireBodyOf(request) }
      return parseAcquired(await send('acquire', call, deadline), now())
    },
    generate: async (base, request, deadline) => {
      const { reference, navigationToken, apiToken } = request
      const userAgent = assertUserAgent(request.userAgent)
      const body = {
        session_reference_token: reference.reveal(),
        navigation_token: navigationToken.reveal(),
        api_token: apiToken.reveal(),
      }
      const call = { method: 'PUT', base, userAgent, body }
      return parseGenerated(await send('generate_tokens', call, deadline), reference, now())
    },
    end: async (base, reference, deadline) => {
      const call = { method: 'DELETE', base, userAgent: ownUserAgent }
      assertEnded(await send(pathSegmentOf(reference), call, deadline), now())
    },
  }
}

type Call = {
  readonly method: string
  readonly base: Secret
  readonly userAgent: string
  readonly body?: object
}

// A plain record, not `Headers`: that would throw here, quoting a token it does not like. Connections
// are kept, unlike those of logins: these calls are many and small.
const requestOf = ({ method, base, userAgent, body }: Call): RequestInit => ({
  method,
  headers: {
    accept: 'application/json',
    authorization: `Bearer ${base.reveal()}`,
    'user-agent': userAgent,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})

const acquireBodyOf = ({
  user,
  embedDomain,
  sessionLengthSeconds,
  reference,
}: EmbedSessionRequest) => ({
  ...user,
  embed_domain: embedDomain,
  session_length: sessionLengthSeconds,
  session_reference_token: reference?.reveal(),
})

// Fetch would trim it, or refuse it as if Looker could not be reached.
const assertUserAgent = (text: string): string => {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text
  throw new TypeError('A user agent is visible ASCII')
}

// Dots alone would leave the path, encoded or not.
const pathSegmentOf = (reference: Secret): string => {
  const text = reference.reveal()
  if (/^[\x21-\x7e]+$/.test(text) && !/^\.{1,2}$/.test(text)) return encodeURIComponent(text)
  throw new TypeError('A session reference token is visible ASCII')
}
