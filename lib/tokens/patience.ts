// Waiting inside a deadline: for a table that asks to slow down, and for work that others began.
import { BrokerError, StoreError } from '../errors.ts'
import type { Clock, Deadline } from '../time.ts'

const firstPauseMs = 50
const longestPauseMs = 1_000

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
      const throttled = error instanceof StoreError && error.failure === 'throttled'
      if (!throttled || deadline.remainingMs() <= pauseMs) throw error
      await clock.sleep(pauseMs)
    }
  }
}

export const outOfTime = (): BrokerError =>
  new BrokerError('login-in-progress', 'The login was not finished in time.', {
    retryAfterMs: 1_000,
  })

/** The result of work that others may have begun, or `login-in-progress` at the deadline. */
export const within = async <T>(clock: Clock, deadline: Deadline, work: Promise<T>): Promise<T> => {
  const done = new AbortController()
  const late = clock.sleep(deadline.remainingMs(), done.signal).then((): never => {
    throw outOfTime()
  })
  try {
    return await Promise.race([work, late])
  } finally {
    done.abort()
  }
}
