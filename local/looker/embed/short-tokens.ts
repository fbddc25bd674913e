// The navigation and api tokens of the simulated Looker: whose they are is in them, and checked here.
import * as v from 'valibot'
import { randomizer, type Jwts } from './jwt.ts'
import type { EmbedSession, EmbedSessions } from './sessions.ts'

export type TokenType = 'navigation_token' | 'api_token'

export type IssuedTokens = {
  readonly navigation_token: string
  readonly navigation_token_ttl: number
  readonly api_token: string
  readonly api_token_ttl: number
  readonly session_reference_token: string
  readonly session_reference_token_ttl: number
}

/** What a token shows: its session, and the embedding page's origin as the acquire behind it named it. */
export type Shown = { readonly session: EmbedSession; readonly embedDomain: string | undefined }

export type ShortTokens = {
  readonly issue: (
    session: EmbedSession,
    use: { readonly issuer: string; readonly embedDomain: string | undefined },
  ) => IssuedTokens
  /** Undefined unless both are tokens of this session, of their types. They may have expired. */
  readonly recognise: (
    session: EmbedSession,
    tokens: { readonly navigation: string; readonly api: string },
  ) => Shown | undefined
  /** Undefined unless the token is valid now, in the browser of its session. */
  readonly show: (type: TokenType, token: string, userAgent: string) => Shown | undefined
}

type Parts = {
  readonly now: () => number
  readonly jwts: Jwts
  readonly sessions: EmbedSessions
}

const lifeMs = 600_000

export const createShortTokens = ({ now, jwts, sessions }: Parts): ShortTokens => {
  const domains = new Map<string, string | undefined>()

  const read = (type: TokenType, token: string): Claims | undefined => {
    const claims = v.safeParse(claimsSchema, jwts.read(token))
    return claims.success && claims.output.token_type === type ? claims.output : undefined
  }

  return {
    issue: (session, { issuer, embedDomain }) => {
      const endAtMs = Math.min(now() + lifeMs, session.expiresAtMs)
      const ttl = Math.floor((endAtMs - now()) / 1000)
      const sign = (type: TokenType) => {
        const random = randomizer()
        domains.set(random, embedDomain)
        const exp = Math.floor(endAtMs / 1000)
        return jwts.sign({
          iss: issuer,
          exp,
          sub: session.id,
          token_type: type,
          randomizer: random,
        })
      }
      return {
        navigation_token: sign('navigation_token'),
        navigation_token_ttl: ttl,
        api_token: sign('api_token'),
        api_token_ttl: ttl,
        session_reference_token: session.referenceToken,
        session_reference_token_ttl: Math.floor((session.expiresAtMs - now()) / 1000),
      }
    },
    recognise: (session, { navigation, api }) => {
      const claims = read('navigation_token', navigation)
      const own = claims?.sub === session.id && read('api_token', api)?.sub === session.id
      return own ? { session, embedDomain: domains.get(claims.randomizer) } : undefined
    },
    show: (type, token, userAgent) => {
      const claims = read(type, token)
      if (claims === undefined || claims.exp * 1000 <= now()) return undefined
      const session = sessions.findById(claims.sub)
      if (session?.userAgent !== userAgent) return undefined
      return { session, embedDomain: domains.get(claims.randomizer) }
    },
  }
}

const claimsSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    exp: v.number(),
    sub: v.string(),
    token_type: v.string(),
    randomizer: v.string(),
  }),
)

type Claims = v.InferOutput<typeof claimsSchema>
