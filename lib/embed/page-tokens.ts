// What follows from the tokens that a page holds. Pure. Nothing here trusts them: the session id that
// they name can only refuse, and their end only shortens what the page is told.
import { unverifiedClaimsOf } from '../looker/session-id.ts'
import type { Secret } from '../secret.ts'
import type { TokensAnswer } from './answers.ts'
import type { EmbedCaller } from '../identity/embed-caller.ts'
import type { PageTokens } from './service.ts'
import { digestOf } from './session-key.ts'
import type { SessionRecord } from './session-record.ts'

/** What Looker gives its short tokens; a token that claims more is not believed. */
const longestTokenSeconds = 600

/** Whole seconds to the end of a session, rounded down; 0 when it is over. */
export const secondsLeft = (record: SessionRecord, nowAtMs: number): number =>
  Math.max(0, Math.floor((record.expiresAtMs - nowAtMs) / 1000))

/** A life as a page is told it: never past the session's end, and never 0, which would end the session. */
export const clipped = (seconds: number, recordSeconds: number): number =>
  Math.max(1, Math.floor(Math.min(seconds, recordSeconds)))

/**
 * Whether the record's session is the one that the page shows: this browser's, and of the id that both
 * tokens name. A record without an id leaves that to Looker.
 */
export const isSessionOf = (
  record: SessionRecord,
  { page }: EmbedCaller,
  tokens: PageTokens,
): boolean =>
  digestOf(page.userAgent) === record.userAgentDigest &&
  (record.sessionId === undefined || sessionIdOf(tokens) === record.sessionId)

const sessionIdOf = ({ apiToken, navigationToken }: PageTokens): string | undefined => {
  const { sessionId } = unverifiedClaimsOf(apiToken)
  return unverifiedClaimsOf(navigationToken).sessionId === sessionId ? sessionId : undefined
}

/** The page's own tokens with what is left of them, for when no others can be had. */
export const returnedTokens = (
  { apiToken, navigationToken }: PageTokens,
  record: SessionRecord | undefined,
  nowAtMs: number,
): TokensAnswer => {
  const recordSeconds = record && secondsLeft(record, nowAtMs)
  const left = (token: Secret): number => {
    const { expiresAtMs = 0 } = unverifiedClaimsOf(token)
    const seconds = Math.min(longestTokenSeconds, (expiresAtMs - nowAtMs) / 1000)
    return clipped(seconds, recordSeconds ?? longestTokenSeconds)
  }
  const [navigation, api] = [left(navigationToken), left(apiToken)]
  return {
    navigation_token: navigationToken.reveal(),
    navigation_token_ttl: navigation,
    api_token: apiToken.reveal(),
    api_token_ttl: api,
    session_reference_token_ttl: Math.max(1, recordSeconds ?? Math.max(navigation, api)),
  }
}
