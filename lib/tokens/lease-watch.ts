// How long this process has seen one and the same lease, on its own monotonic clock: a leader that died
// is told by that, whatever the wall clocks say.
import type { Lease, TokenItem } from '../store/token-store.ts'
import type { Clock } from '../time.ts'
import { leaseAgeMs, usualHopMs } from './pace.ts'

export type LeaseWatch = {
  /**
   * To be called with each item, of a token or a session. `raceMs`: how long our own claim took that lost to this lease; theirs
   * was answered at about the same instant, so the login begins only now, whatever the clocks say.
   */
  readonly see: (item: Pick<TokenItem, 'lease' | 'generation'> | undefined, raceMs?: number) => void
  /** Stood unchanged for its whole length before our eyes. */
  readonly hasStalled: () => boolean
  /** Milliseconds until it may be taken over: it stalled, or its end passed by `skewMs`. 0 when it may. */
  readonly overInMs: (skewMs: number) => number
  /**
   * Age of the lease seen last: by its own clock at first sight, by ours from then on. Below 0 after a
   * race in a table so busy that the token's publication will take longer too.
   */
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
    see: (item, raceMs) => {
      const lease = item?.lease
      if (!lease) {
        seen = undefined
      } else if (lease.owner !== seen?.lease.owner || item.generation !== seen.generation) {
        const firstAgeMs =
          raceMs === undefined ? leaseAgeMs(lease, clock.now()) : Math.min(0, usualHopMs - raceMs)
        seen = { lease, generation: item.generation, sinceMs: clock.monotonic(), firstAgeMs }
      }
    },
    hasStalled: () => seen !== undefined && stalledInMs() === 0,
    overInMs: (skewMs) => Math.min(stalledInMs(), passedInMs(skewMs)),
    ageMs: () => (seen ? seen.firstAgeMs + watchedMs() : 0),
  }
}
