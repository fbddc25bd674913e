// Waiting inside a deadline: for a table that asks to slow down, and for work that others began.
import { BrokerError, StoreError } from '../errors.ts'
import type { StoreFailure } from '../errors.ts'
import type { Clock, Deadline } from '../time.ts'

const firstPauseMs = 50
const longestPauseMs = 1_000

/** For callers that have something else to offer. */
export const noPatience: Deadline = { remainingMs: () => 0 }

/** Repeats a throttled call, doubling the pause from 50 ms to 1 s, half of it by chance. */
export const patiently = async <T>(
  { clock, chance }: { readonly clock: Clock; readonly chance: () => number },
  deadline: Deadline,
  call: () => Promise<T>,
): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const pauseMs =
        Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt, 10)) * (0.5 + chance() / 2)
      if (!failedBy(error, 'throttled') || deadline.remainingMs() <= pauseMs) throw error
      await clock.sleep(pauseMs)
    }
  }
}

/** For writes that know their own work again: one whose reply may be lost is asked a second time. */
export const insisting =
  <T>(call: () => Promise<T>): (() => Promise<T>) =>
  async () => {
    try {
      return await call()
    } catch (error) {
      if (!failedBy(error, 'unavailable')) throw error
      return call()
    }
  }

const failedBy = (error: unknown, failure: StoreFailure): boolean =>
  error instanceof StoreError && error.failure === failure

export const outOfTime = (): BrokerError =>
  new BrokerError('login-in-progress', 'The login was not finished in time.', {
    retryAfterMs: 1_000,
  })

/** The result of work that others may have begun, or `login-in-progress` at the deadline. */
export const within = async <T>(clock: Clock, deadline: Deadline, work: Promise<T>): Promise<T> => {
  const done = new AbortController()
  const late = clock.sleep(deadline.remainingMs(), done.signal).then((): Promise<never> => {
    // An error that nobody will read costs more than all the rest of a warm look-up.
    if (done.signal.aborted) return new Promise(() => undefined)
    throw outOfTime()
  })
  try {
    return await Promise.race([work, late])
  } finally {
    done.abort()
  }
}
