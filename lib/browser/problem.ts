// Why the broker gave nothing, for the page to act on.
import { fieldsOf } from './answers.ts'

/**
 * `code` is the broker's own (`sign-in-required`, `too-many-requests`, …), or one of: `unreachable` (no answer that a
 * page can read: network, CORS, or a refusal by the gateway itself), `no-sign-in-token` (`getToken` failed: `cause` says
 * why), `not-mounted` (a frame that stays interrupted), `invalid-answer`, `http-<status>` for what is no problem document.
 */
export class BrokerProblem extends Error {
  readonly code: string
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** When trying again is worthwhile; 0 when nobody said. */
  readonly retryAfterMs: number

  constructor(given: {
    readonly code: string
    readonly text: string
    readonly status?: number
    readonly retryAfterMs?: number
    readonly cause?: unknown
  }) {
    super(given.text, given.cause === undefined ? undefined : { cause: given.cause })
    this.name = 'BrokerProblem'
    this.code = given.code
    this.status = given.status ?? 0
    this.retryAfterMs = given.retryAfterMs ?? 0
  }

  /** Whether the same call may succeed later without anybody doing anything. */
  get isPassing(): boolean {
    return this.code === 'unreachable' || this.status === 429 || this.status >= 500
  }
}

/** Of an answer that is not a success. */
export const problemOf = async (response: Response, nowAtMs: number): Promise<BrokerProblem> => {
  const { status } = response
  const body = fieldsOf(await response.json().catch(() => undefined))
  const { type, title, detail } = body
  const [, name] = typeof type === 'string' ? (/([\w-]+)$/.exec(type) ?? []) : []
  const known = name === 'blank' ? undefined : name
  const texts = [title, detail].filter((text) => typeof text === 'string')
  return new BrokerProblem({
    code: known ?? (status === 401 ? 'unauthenticated' : `http-${status}`),
    text: texts.join(': ') || `The broker answered ${status}`,
    status,
    retryAfterMs: retryAfterIn(response.headers.get('retry-after') ?? body['retry_after'], nowAtMs),
  })
}

/** Errors of `fetch` say nothing that a page could act on, nor which of these it was. */
export const unreadable = (cause: unknown): BrokerProblem =>
  new BrokerProblem({
    code: 'unreachable',
    text: 'The broker cannot be reached, does not allow this page, or refuses its sign-in token',
    cause,
  })

export const problemOfThrown = (error: unknown): BrokerProblem =>
  error instanceof BrokerProblem ? error : unreadable(error)

export const invalidAnswer = (): BrokerProblem =>
  new BrokerProblem({ code: 'invalid-answer', text: 'The broker answered something else' })

const retryAfterIn = (value: unknown, nowAtMs: number): number => {
  if (typeof value !== 'string' && typeof value !== 'number') return 0
  const seconds = Number(value)
  const ms = Number.isNaN(seconds) ? Date.parse(String(value)) - nowAtMs : seconds * 1000
  return Number.isFinite(ms) ? Math.max(0, ms) : 0
}
