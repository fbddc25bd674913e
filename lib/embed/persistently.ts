// Trying again what passes by itself, for a page that must not be told of it: after one failed answer
// the Embed SDK never asks for tokens again.
import { BrokerError, KeysError, StoreError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Clock, Deadline } from '../time.ts'

const firstPauseMs = 100
const longestPauseMs = 1_000

const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'looker-unavailable',
  'looker-rate-limited',
  'login-in-progress',
  'renewal-limited',
  'table-throttled',
  'table-unavailable',
  'keys-unavailable',
])

/**
 * Repeats a call that failed in passing, doubling the pause from 100 ms to 1 s, half of it by chance, or
 * as long as the failure itself asks for. Throws the last error as soon as no time is left for another
 * attempt. `LookerError` is thrown at once: whoever calls Looker has tried again already.
 */
export const persistently = async <T>(
  { clock, chance }: { readonly clock: Clock; readonly chance: () => number },
  deadline: Deadline,
  call: () => Promise<T>,
): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const backoffMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt, 10))
      const pauseMs = Math.max(backoffMs * (0.5 + chance() / 2), retryAfterOf(error))
      if (!isPassing(error) || deadline.remainingMs() <= pauseMs) throw error
      await clock.sleep(pauseMs)
      // A process may be frozen as it sleeps, and thaw when its caller was answered long ago.
      if (deadline.remainingMs() === 0) throw error
    }
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof KeysError ||
  (error instanceof StoreError && error.failure !== 'refused') ||
  (error instanceof BrokerError && passing.has(error.code))

const retryAfterOf = (error: unknown): number =>
  error instanceof BrokerError ? (error.retryAfterMs ?? 0) : 0
