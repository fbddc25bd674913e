// The tokens of an acquire as the page is told them. The reference token is not among them. Pure.
import type { AcquiredSession, EmbedToken } from '../looker/embed-replies.ts'
import type { AcquireAnswer } from './answers.ts'
import type { SessionRecord } from './session-record.ts'

/** No life is longer than what is left of the session. */
export const acquireAnswerOf = (
  session: AcquiredSession,
  { expiresAtMs }: Pick<SessionRecord, 'expiresAtMs'>,
  nowAtMs: number,
): AcquireAnswer => {
  const leftSeconds = Math.max(1, Math.floor((expiresAtMs - nowAtMs) / 1000))
  const lifeOf = ({ ttlSeconds }: EmbedToken): number => Math.min(ttlSeconds, leftSeconds)
  const { authentication, navigation, api } = session
  return {
    authentication_token: authentication.token.reveal(),
    authentication_token_ttl: lifeOf(authentication),
    navigation_token: navigation.token.reveal(),
    navigation_token_ttl: lifeOf(navigation),
    api_token: api.token.reveal(),
    api_token_ttl: lifeOf(api),
    session_reference_token_ttl: leftSeconds,
  }
}
