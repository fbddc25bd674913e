// The real clock.
import type { Clock } from './time.ts'

/** Not that of `node:timers/promises`, which makes an error of every sleep that is ended early. */
const sleep: Clock['sleep'] = (ms, signal) =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    if (signal?.aborted === true) end()
    else signal?.addEventListener('abort', end)
  })

export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  sleep,
}
