// The calls for embed sessions as the service account: with its token, with another one if Looker refuses
// the first, and again inside the deadline when Looker is away for a moment.
import { LookerError } from '../errors.ts'
import type {
  AcquiredSession,
  EmbedSessionRequest,
  EmbedTokensRequest,
  GeneratedTokens,
} from '../looker/embed-client.ts'
import type { Secret } from '../secret.ts'
import { atMost } from '../time.ts'
import type { Deadline } from '../time.ts'
import type { Token } from '../tokens/token.ts'
import type { EmbedParts } from './parts.ts'

const firstPauseMs = 200
const longestPauseMs = 2_000
/** What a single attempt may always have, if that much is left. */
const shortestAttemptMs = 1_000
/** Of the time left: a Looker that hangs must leave enough for a second attempt. */
const attemptShare = 0.6

/** Errors of every call: `LookerError`, and what `GetToken` throws. */
export type LookerCalls = {
  /**
   * `base`: the service account's token that Looker took. `login`: by when a refused one has to be replaced,
   * which may be later, as a login is not begun with less time than it may need.
   */
  readonly acquire: (
    request: EmbedSessionRequest,
    deadline: Deadline,
    login?: Deadline,
  ) => Promise<{ readonly session: AcquiredSession; readonly base: Token }>
  readonly generate: (request: EmbedTokensRequest, deadline: Deadline) => Promise<GeneratedTokens>
  readonly end: (reference: Secret, deadline: Deadline) => Promise<void>
}

type CallParts = Pick<EmbedParts, 'getToken' | 'service' | 'looker' | 'clock' | 'chance' | 'report'>

export const createLookerCalls = (parts: CallParts): LookerCalls => ({
  acquire: (request, deadline, login) =>
    insisting(
      parts,
      'acquire',
      deadline,
      async (base, attempt) => ({
        session: await parts.looker.acquire(base.secret, request, attempt),
        base,
      }),
      login,
    ),
  generate: (request, deadline) =>
    insisting(parts, 'generate', deadline, (base, attempt) =>
      parts.looker.generate(base.secret, request, attempt),
    ),
  end: (reference, deadline) =>
    insisting(parts, 'end', deadline, (base, attempt) =>
      parts.looker.end(base.secret, reference, attempt),
    ),
})

const insisting = async <T>(
  parts: CallParts,
  call: keyof LookerCalls,
  deadline: Deadline,
  ask: (base: Token, attempt: Deadline) => Promise<T>,
  login = deadline,
): Promise<T> => {
  const { clock, chance, service, report } = parts
  let base = await parts.getToken(service, { minTtlMs: 0 }, deadline)
  let replaced = false
  for (let failures = 0; ;) {
    const startedMs = clock.monotonic()
    try {
      const answer = await ask(base, attemptIn(parts, deadline))
      const answer_ms = Math.round(clock.monotonic() - startedMs)
      report({ name: 'looker-answered', call, answer_ms })
      return answer
    } catch (error) {
      if (!(error instanceof LookerError)) throw error
      const { failure: reason, status = null } = error
      report({ name: 'looker-failed', call, reason, status })
      if (error.failure === 'refused-token' && !replaced) {
        replaced = true
        const refusedDigest = base.secret.digest()
        base = await parts.getToken(service, { minTtlMs: 0, refusedDigest }, login)
        continue
      }
      const pauseMs = pauseAfter(error, failures, chance())
      if (!isTransient(error) || deadline.remainingMs() <= pauseMs) throw error
      failures += 1
      await clock.sleep(pauseMs)
    }
  }
}

const attemptIn = ({ clock }: CallParts, deadline: Deadline): Deadline =>
  atMost(clock, Math.max(shortestAttemptMs, deadline.remainingMs() * attemptShare), deadline)

/** Doubles from 200 ms to 2 s, half of it by chance; longer if Looker says so. */
const pauseAfter = ({ retryAfterMs = 0 }: LookerError, failures: number, chance: number): number =>
  Math.max(
    retryAfterMs,
    Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10)) * (0.5 + chance / 2),
  )

/** A reply that was cut short is as good as none; one with a status that nobody described stays as it is. */
const isTransient = ({ failure, status = 0 }: LookerError): boolean =>
  failure === 'unreachable' ||
  failure === 'timeout' ||
  failure === 'server-error' ||
  failure === 'rate-limited' ||
  (failure === 'invalid-reply' && status < 400)
