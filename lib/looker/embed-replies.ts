// Judges the replies to the calls of cookieless embed sessions: what came back over HTTP in, tokens or a
// `LookerError` out. No I/O; and no text of a reply gets into an error, because it may hold a token.
import * as v from 'valibot'
import { Secret } from '../secret.ts'
import {
  accepted,
  failed,
  isJsonObject,
  type Accepted,
  type Operation,
  type UnverifiedReply,
} from './reply.ts'
import { unverifiedSessionIdOf } from './session-id.ts'

export type EmbedToken = {
  readonly token: Secret
  /** Whole seconds from the moment the reply was judged; 0 at the very end of a session. */
  readonly ttlSeconds: number
}

export type EmbedTokens = {
  readonly navigation: EmbedToken
  readonly api: EmbedToken
  /** Never for a browser. Lives as long as the session. */
  readonly reference: EmbedToken
  /**
   * Looker's id of the session, as navigation and api token both say; undefined when they are no JWTs or
   * disagree. No signature was checked.
   */
  readonly unverifiedSessionId: string | undefined
}

export type AcquiredSession = EmbedTokens & {
  /** Good for one iframe login, within seconds. */
  readonly authentication: EmbedToken
}

export type GeneratedTokens =
  { readonly kind: 'ended' } | ({ readonly kind: 'generated' } & EmbedTokens)

/** Reply to `POST /embed/cookieless_session/acquire`. */
export const parseAcquired = (reply: UnverifiedReply, nowAtMs: number): AcquiredSession => {
  const { authentication_token: authentication, ...tokens } = parsed(
    acquire,
    acquiredSession,
    accepted(acquire, reply, nowAtMs),
  )
  return {
    authentication: tokenOf(authentication, tokens.authentication_token_ttl),
    ...tokensOf({ ...tokens, reference: tokens.session_reference_token }),
  }
}

/**
 * Reply to `PUT /embed/cookieless_session/generate_tokens`. A session that is over is a value: Looker says
 * so with 200 and a life of 0. `reference`, the token that was sent, stays when the reply brings none.
 */
export const parseGenerated = (
  reply: UnverifiedReply,
  reference: Secret,
  nowAtMs: number,
): GeneratedTokens => {
  const answer = accepted(generate, reply, nowAtMs)
  const { session_reference_token_ttl: ttl } = parsed(generate, sessionLife, answer)
  if (Math.floor(ttl) === 0) return { kind: 'ended' }
  const tokens = parsed(generate, generatedTokens, answer)
  const current = tokens.session_reference_token ?? reference.reveal()
  return { kind: 'generated', ...tokensOf({ ...tokens, reference: current }) }
}

/** Reply to `DELETE /embed/cookieless_session/{token}`: a session that Looker does not know is ended. */
export const assertEnded = (reply: UnverifiedReply, nowAtMs: number): void => {
  const { status } = reply
  if (status === 204) return
  if ((status === 400 || status === 404) && isJsonObject(reply)) return
  accepted(end, reply, nowAtMs)
}

const acquire: Operation = {
  name: 'embed session',
  refusals: {
    400: 'refused-embed',
    403: 'refused-embed',
    404: 'refused-embed',
    409: 'refused-embed',
    422: 'refused-embed',
  },
}

const generate: Operation = {
  name: 'embed tokens',
  refusals: {
    400: 'refused-tokens',
    403: 'refused-embed',
    404: 'refused-embed',
    422: 'refused-tokens',
  },
}

const end: Operation = {
  name: 'embed session end',
  refusals: { 403: 'refused-embed', 422: 'refused-embed' },
}

const longestSessionSeconds = 30 * 86_400

// Visible ASCII only: the tokens go into addresses and headers.
const token = v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/))
const ttl = v.pipe(v.number(), v.minValue(0), v.maxValue(longestSessionSeconds))

const sessionLife = v.object({ session_reference_token_ttl: ttl })

const shortTokens = {
  navigation_token: token,
  navigation_token_ttl: ttl,
  api_token: token,
  api_token_ttl: ttl,
  session_reference_token_ttl: ttl,
}

const acquiredSession = v.object({
  ...shortTokens,
  authentication_token: token,
  authentication_token_ttl: ttl,
  session_reference_token: token,
})

const generatedTokens = v.object({ ...shortTokens, session_reference_token: v.nullish(token) })

const parsed = <Schema extends v.GenericSchema>(
  operation: Operation,
  schema: Schema,
  { status, value }: Accepted,
): v.InferOutput<Schema> => {
  const result = v.safeParse(schema, value)
  if (!result.success) throw failed(operation, 'invalid-reply', { status })
  return result.output
}

const tokensOf = (reply: {
  readonly navigation_token: string
  readonly navigation_token_ttl: number
  readonly api_token: string
  readonly api_token_ttl: number
  readonly reference: string
  readonly session_reference_token_ttl: number
}): EmbedTokens => {
  const navigation = tokenOf(reply.navigation_token, reply.navigation_token_ttl)
  const api = tokenOf(reply.api_token, reply.api_token_ttl)
  const sessionId = unverifiedSessionIdOf(api.token)
  const agreed = unverifiedSessionIdOf(navigation.token) === sessionId
  return {
    navigation,
    api,
    reference: tokenOf(reply.reference, reply.session_reference_token_ttl),
    unverifiedSessionId: agreed ? sessionId : undefined,
  }
}

const tokenOf = (text: string, ttlSeconds: number): EmbedToken => ({
  token: new Secret(text),
  ttlSeconds: Math.floor(ttlSeconds),
})
