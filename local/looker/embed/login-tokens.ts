// The authentication tokens of the simulated Looker: each logs one iframe in, once, soon, in one browser.
import { randomizer, type Jwts } from './jwt.ts'
import type { EmbedSession, EmbedSessions } from './sessions.ts'

export type LoginTokens = {
  readonly issue: (session: EmbedSession, issuer: string) => AuthenticationToken
  /** Burns the token, whoever shows it. Undefined when it may not log this browser in. */
  readonly redeem: (token: string, userAgent: string) => EmbedSession | undefined
}

export type AuthenticationToken = {
  readonly authentication_token: string
  readonly authentication_token_ttl: number
}

type Parts = {
  readonly now: () => number
  readonly jwts: Jwts
  readonly sessions: EmbedSessions
}

const lifeSeconds = 30

export const createLoginTokens = ({ now, jwts, sessions }: Parts): LoginTokens => {
  const unused = new Map<string, { session: EmbedSession; expiresAtMs: number }>()

  return {
    issue: (session, issuer) => {
      const expiresAtMs = now() + lifeSeconds * 1000
      const exp = Math.floor(expiresAtMs / 1000)
      const credentials = { user_id: session.user.id }
      const token = jwts.sign({ iss: issuer, exp, credentials, randomizer: randomizer() })
      unused.set(token, { session, expiresAtMs })
      return { authentication_token: token, authentication_token_ttl: lifeSeconds }
    },
    redeem: (token, userAgent) => {
      const found = unused.get(token)
      unused.delete(token)
      if (found === undefined || found.expiresAtMs <= now()) return undefined
      const session = sessions.find(found.session.referenceToken)
      return session?.userAgent === userAgent ? session : undefined
    },
  }
}
