// How long this process has seen one and the same lease, on its own monotonic clock: a leader that died
// is told by that, whatever the wall clocks say.
import type { Lease, TokenItem } from '../store/token-store.ts'
import type { Clock } from '../time.ts'
import { leaseAgeMs } from './pace.ts'

export type LeaseWatch = {
  /** To be called with each item read. */
  readonly see: (item: TokenItem | undefined) => void
  /** Stood unchanged for its whole length before our eyes. */
  readonly hasStalled: () => boolean
  /** Milliseconds until it may be taken over: it stalled, or its end passed by `skewMs`. 0 when it may. */
  readonly overInMs: (skewMs: number) => number
  /** Age of the lease seen last: by its own clock at first sight, by ours from then on. */
  readonly ageMs: () => number
}

/** No lease is believed to be longer than `longestMs`, whatever stands in the table. */
export const createLeaseWatch = (clock: Clock, longestMs: number): LeaseWatch => {
  let seen: { lease: Lease; generation: number; sinceMs: number; firstAgeMs: number } | undefined
  const watchedMs = () => (seen ? clock.monotonic() - seen.sinceMs : 0)
  const stalledInMs = () =>
    seen ? Math.max(0, Math.min(seen.lease.lengthMs, longestMs) - watchedMs()) : 0
  const passedInMs = (skewMs: number) =>
    seen ? Math.max(0, seen.lease.untilAtMs + skewMs - clock.now()) : 0
  return {
    see: (item) => {
      const lease = item?.lease
      if (!lease) {
        seen = undefined
      } else if (lease.owner !== seen?.lease.owner || item.generation !== seen.generation) {
        const firstAgeMs = leaseAgeMs(lease, clock.now())
        seen = { lease, generation: item.generation, sinceMs: clock.monotonic(), firstAgeMs }
      }
    },
    hasStalled: () => seen !== undefined && stalledInMs() === 0,
    overInMs: (skewMs) => Math.min(stalledInMs(), passedInMs(skewMs)),
    ageMs: () => (seen ? seen.firstAgeMs + watchedMs() : 0),
  }
}
