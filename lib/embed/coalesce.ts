// One result for everybody who asks the same at nearly the same time, in one process. As the pages of
// several iframes do, when their tokens near the end together.
import { createFlights } from '../tokens/flights.ts'
import type { Clock } from '../time.ts'

/** A result and when it was had, by the monotonic clock. */
export type Timed<T> = { readonly value: T; readonly atMs: number }

/** Callers with one key share one run; a failure is shared with those who wait for it alone. */
export type Coalesce<T> = (key: string, start: () => Promise<Timed<T>>) => Promise<Timed<T>>

type CoalesceOptions = {
  readonly clock: Pick<Clock, 'monotonic'>
  /** How long a result is given to others. */
  readonly keptMs: number
  /** Results kept, oldest out first. Default 1,000. */
  readonly limit?: number
}

export const createCoalesce = <T>(options: CoalesceOptions): Coalesce<T> => {
  const { clock, keptMs, limit = 1_000 } = options
  const kept = new Map<string, Timed<T>>()
  const flights = createFlights<Timed<T>>()

  const dropOld = (): void => {
    for (const [key, { atMs }] of kept) {
      if (kept.size <= limit && clock.monotonic() - atMs < keptMs) break
      kept.delete(key)
    }
  }

  return (key, start) =>
    flights(key, async () => {
      dropOld()
      const known = kept.get(key)
      if (known && clock.monotonic() - known.atMs < keptMs) return known
      kept.delete(key)
      const result = await start()
      kept.set(key, result)
      dropOld()
      return result
    })
}
