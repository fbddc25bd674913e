// What callers see of a session.
import type { AuthToken, IAuthSession, IRequestHeaders, ITransport } from '@looker/sdk-rtl'
import type { Workspace } from '../config.ts'
import type { TokenSource } from '../sources/token-source.ts'

export type TransportOptions = {
  /** Origin of the Looker API, `https://acme.cloud.looker.com`. Plain http on loopback names alone. */
  readonly baseUrl: string
  /**
   * Seconds for a whole call: token, tries, waits, renewal and body. For a stream: until its head is there, and
   * then from one piece to the next. Above 0; default 120, as in Looker's SDK.
   */
  readonly timeout?: number | undefined
  /** Tries of a call that Looker answers with 202, 429 or 503. 1 to 10, default 1, as in Looker's SDK. */
  readonly maxTries?: number | undefined
  /** Sent with every call. */
  readonly headers?: IRequestHeaders | undefined
}

export type SessionOptions = TransportOptions & {
  readonly tokens: TokenSource
  /** Looker user, 1 to 20 digits. Left out: the service account. */
  readonly userId?: string | undefined
  /** Default `production`. */
  readonly workspace?: Workspace | undefined
  /** Instead of ours; the options of ours are then not used. */
  readonly transport?: ITransport | undefined
}

/**
 * For `new Looker40SDK(session)`. Sessions made from one another share transport and tokens, and nothing else.
 * It was made for somebody, its base: the service account or a user. `login(id)` makes it another user's until
 * `login()`, `logout()` or `reset()`. Whose a call is, is decided when it asks for its token.
 */
export interface BrokerSession extends IAuthSession {
  /** Whose the next call is. Undefined: the service account. */
  readonly userId: string | undefined
  readonly workspace: Workspace
  /** The id that `login(id)` was given; empty while the session is its base's. Cannot be set. */
  readonly sudoId: string
  /** Another session, as this Looker user, in the same workspace. Errors: `TokenError` `invalid-options`. */
  asUser(userId: string | number): BrokerSession
  /** Another session, as the service account, in the same workspace. */
  asServiceAccount(): BrokerSession
  /** Another session, as the same user, in that workspace. Errors: `TokenError` `invalid-options`. */
  inWorkspace(workspace: Workspace): BrokerSession
  /**
   * Makes the session that user's, or its base's without an id, once there is a token; until then, and when there
   * is none, it stays whose it was. Of several at once the last one called that got a token counts.
   * Errors: `TokenError`; `invalid-options` for an id that is not 1 to 20 digits, an empty one too.
   */
  login(sudoId?: string | number): Promise<AuthToken>
  /** With the seconds that are left in `expires_in`. Errors: `TokenError`. */
  getToken(): Promise<AuthToken>
  /**
   * Forgets the token here and makes the session its base's. Nothing is revoked at Looker: others use the same
   * token. The next call asks for a token again. Resolves to false when there was no living token. Never rejects.
   */
  logout(): Promise<boolean>
  /** Whether a token was got for whose the session is now, and has not ended. */
  isAuthenticated(): boolean
  /** Whether it is authenticated as the user of `login(id)`. */
  isSudo(): boolean
  /** Forgets everything, without a call; the session is its base's. */
  reset(): void
}
