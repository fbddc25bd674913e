// What callers see of a session.
import type { IAuthSession, IRequestHeaders, ITransport } from '@looker/sdk-rtl'
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

/** For `new Looker40SDK(session)`. Sessions made from one another share transport and tokens, and nothing else. */
export interface BrokerSession extends IAuthSession {
  /** Undefined: the service account. */
  readonly userId: string | undefined
  readonly workspace: Workspace
  /** Another session, as this Looker user, in the same workspace. Errors: `TokenError` `invalid-options`. */
  asUser(userId: string | number): BrokerSession
  /** Another session, as the service account, in the same workspace. */
  asServiceAccount(): BrokerSession
  /** Another session, as the same user, in that workspace. */
  inWorkspace(workspace: Workspace): BrokerSession
}
