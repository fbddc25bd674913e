// The time of one call: its timer and the caller's signal, as one end that everything of the call is raced against.
import { deadlineIn } from '../time.ts'
import type { Clock } from '../time.ts'
import { CallEnd } from './failure-end.ts'

export type Scope = {
  /** This call's own: nothing of it is left on the signal of the caller. Aborted at the end. */
  readonly signal: AbortSignal
  readonly end: () => CallEnd | undefined
  readonly remainingMs: () => number
  /** As the work does, or rejects with the end, whichever is first. After the end no work is begun. */
  readonly within: <Value>(work: () => Value | Promise<Value>) => Promise<Value>
  /** Ends in `timeoutMs` from now, whatever was left. */
  readonly restart: () => void
  /** No more timer until `restart`. The caller's signal still counts. */
  readonly pause: () => void
  /** To be called when the call is over: takes timer and listener away. */
  readonly release: () => void
}

export type ScopeOptions = {
  readonly clock: Pick<Clock, 'monotonic' | 'now' | 'sleep'>
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

export const openScope = ({ clock, timeoutMs, signal: callers }: ScopeOptions): Scope => {
  const controller = new AbortController()
  const deadline = deadlineIn(clock, timeoutMs)
  const waiting = new Set<(end: CallEnd) => void>()
  let timer: NodeJS.Timeout | undefined
  let ended: CallEnd | undefined

  const pause = (): void => clearTimeout(timer)
  const release = (): void => {
    pause()
    callers?.removeEventListener('abort', abort)
  }
  const finish = (end: CallEnd): void => {
    release()
    ended = end
    for (const free of waiting) free(end)
    waiting.clear()
    controller.abort()
  }
  const abort = (): void => finish(new CallEnd('aborted', 'The signal of the call was aborted'))
  const restart = (): void => {
    pause()
    timer = setTimeout(() => finish(late(timeoutMs)), timeoutMs)
  }

  // Not a race with one promise that lasts as long as the call: it would keep every value that won.
  const within: Scope['within'] = async (work) =>
    new Promise((resolve, reject) => {
      if (ended) {
        reject(ended)
        return
      }
      waiting.add(reject)
      const settled = (): void => void waiting.delete(reject)
      void startOf(work).then(resolve, reject).finally(settled)
    })

  restart()
  if (callers?.aborted === true) abort()
  else callers?.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    end: () => ended,
    remainingMs: deadline.remainingMs,
    within,
    restart,
    pause,
    release,
  }
}

const startOf = async <Value>(work: () => Value | Promise<Value>): Promise<Value> => work()

const late = (timeoutMs: number): CallEnd =>
  new CallEnd('timeout', `The call was not done within ${timeoutMs / 1000} s (option timeout)`)
