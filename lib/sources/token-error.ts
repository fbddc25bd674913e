// Why a caller was given no token. Messages say what to check, and hold no token and no secret.
import type { ErrorCode } from '../errors.ts'

/** What goes wrong on the way to the broker, beside its own codes (docs/problems.md). */
export type CallerErrorCode =
  /** Options or variables of the caller, all mistakes at once. Thrown when something is made of them. */
  | 'invalid-options'
  /** A package that this source needs is not installed. */
  | 'package-missing'
  /** The caller's own time was over. */
  | 'timeout'
  /** The caller's own signal. */
  | 'aborted'
  /** This process has no AWS credentials, or expired ones. */
  | 'no-credentials'
  /** There is no such function. */
  | 'broker-not-found'
  /** The caller may not invoke it. */
  | 'broker-denied'
  /** Lambda runs no more of it just now. */
  | 'broker-throttled'
  /** Lambda itself, or the way to it. */
  | 'broker-unreachable'
  /** The function ran out of its time. */
  | 'broker-timeout'
  /** The function crashed, or failed in a way that has no code here. */
  | 'broker-failed'
  /** It answered what is not a token of whom it was asked for: not the broker's direct function? */
  | 'broker-answer'

export type TokenErrorCode = ErrorCode | CallerErrorCode

export type TokenErrorDetail = {
  readonly retryAfterMs?: number | undefined
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

export class TokenError extends Error {
  /** Stable: switch on it. */
  readonly code: TokenErrorCode
  /** When trying again is worthwhile, in milliseconds from now. */
  readonly retryAfterMs: number | undefined
  /** The broker's log has it, where the broker answered. */
  readonly requestId: string | undefined

  constructor(code: TokenErrorCode, message: string, detail: TokenErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'TokenError'
    this.code = code
    this.retryAfterMs = detail.retryAfterMs
    this.requestId = detail.requestId
  }
}

/**
 * Also one of another copy of this package: an ES module may be given a source that CommonJS made, and has
 * another class then.
 */
export const isTokenError = (error: unknown): error is TokenError =>
  error instanceof Error &&
  error.name === 'TokenError' &&
  'code' in error &&
  typeof error.code === 'string'
