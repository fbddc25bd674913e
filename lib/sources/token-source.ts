// What a caller asks of a source of tokens. There are two: the broker's direct function
// (function-tokens.ts), and the table itself (table-tokens.ts).
import type { Workspace } from '../config.ts'
import type { Secret } from '../secret.ts'

/** Whose token is wanted. */
export type TokenRequest = {
  /** Looker user id, 1 to 20 digits. Left out: the service account itself. */
  readonly userId?: string | undefined
  /** Default `production`. */
  readonly workspace?: Workspace | undefined
  /**
   * SHA-256 (unpadded base64url, 43 characters) of a token of this user and workspace that Looker answered
   * with 401: `token.secret.digest()`. That token is not answered again; if it still is the present one,
   * it is replaced, once for all who report it.
   */
  readonly refused?: string | undefined
}

export type CallLimits = {
  /** For the whole call, in milliseconds. Default 12,000. */
  readonly timeoutMs?: number | undefined
  /** Ends this call alone: work that others of this process wait for goes on. */
  readonly signal?: AbortSignal | undefined
}

export type ApiToken = {
  /** `secret.reveal()` is what Looker wants after `Bearer `. */
  readonly secret: Secret
  /** Its end by this machine's clock, epoch milliseconds; at least 10 s ahead when it is answered. */
  readonly expiresAtMs: number
  /** Undefined: the service account. Always as it was asked for. */
  readonly userId: string | undefined
  /** Always as it was asked for. */
  readonly workspace: Workspace
  /** Origin of the Looker that it is for. A session sends it nowhere else. Undefined: the source does not say. */
  readonly baseUrl?: string | undefined
}

/**
 * Where tokens come from. Keep one for the life of the process: it remembers them. Every call asks for
 * one token and is free while a good one is remembered; any number of calls at once cost one.
 */
export type TokenSource = {
  /** Errors: `TokenError`, and nothing else. */
  readonly getToken: (request?: TokenRequest, limits?: CallLimits) => Promise<ApiToken>
}
