// One caller's wait for work that others may wait for as well: its own time, its own signal.
import type { Clock, Deadline } from '../time.ts'
import { TokenError } from './token-error.ts'

export type Wait = {
  readonly deadline: Deadline
  readonly signal: AbortSignal | undefined
}

/** The work goes on without this caller. Errors: `TokenError` `timeout`, `aborted`, and those of the work. */
export const waitFor = async <T>(
  clock: Clock,
  { deadline, signal }: Wait,
  work: Promise<T>,
): Promise<T> => {
  const over = new AbortController()
  const end = (): void => over.abort()
  signal?.addEventListener('abort', end)
  let done = false
  const late = clock.sleep(deadline.remainingMs(), over.signal).then((): Promise<never> => {
    // An error that nobody reads costs more than all the rest of a remembered token.
    if (done) return new Promise(() => undefined)
    assertMayWait({ deadline, signal })
    throw outOfTime()
  })
  try {
    return await Promise.race([work, late])
  } finally {
    done = true
    signal?.removeEventListener('abort', end)
    over.abort()
  }
}

/** Errors: `TokenError` `aborted`, `timeout`. */
export const assertMayWait = ({ deadline, signal }: Wait): void => {
  assertNotAborted(signal)
  if (deadline.remainingMs() <= 0) throw outOfTime()
}

/** Errors: `TokenError` `aborted`. The signal's reason stays with the caller, who has it. */
export const assertNotAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted !== true) return
  throw new TokenError('aborted', 'The signal of this call ended it before there was a token')
}

const outOfTime = (): TokenError =>
  new TokenError('timeout', 'There was no token within the time of this call')
