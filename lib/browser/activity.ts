// Tells the broker when somebody last did something: seldom, and for all tabs of the browser together.
import type { Surroundings } from './surroundings.ts'

/** Epoch milliseconds; -Infinity for never. */
export type Seen = {
  /** Of the last activity in this tab. */
  readonly activeAtMs: number
  /** Of the latest activity that the broker was told, by any tab. */
  readonly knownAtMs: number
  /** When it was told. */
  readonly toldAtMs: number
}

const pauseMs = 60_000

/** Undefined: there is nothing to report. After a silence it is due at once. */
export const reportAtMs = ({ activeAtMs, knownAtMs, toldAtMs }: Seen): number | undefined =>
  activeAtMs > knownAtMs ? Math.max(activeAtMs, toldAtMs + pauseMs) : undefined

export type ActivityParts = {
  readonly surroundings: Pick<Surroundings, 'now' | 'setTimer'>
  readonly isNeeded: () => boolean
  readonly report: (idleSeconds: number) => Promise<void>
  /** Epoch milliseconds, by the clock that all tabs have. */
  readonly tellOthers: (activeAtMs: number) => void
}

export type Activity = {
  readonly note: () => void
  /** Another tab reported. */
  readonly heard: (activeAtMs: number) => void
  /** It is needed from now on: what was noted before counts. */
  readonly review: () => void
}

export const createActivity = (parts: ActivityParts): Activity => {
  const { now, setTimer } = parts.surroundings
  let seen: Seen = { activeAtMs: -Infinity, knownAtMs: -Infinity, toldAtMs: -Infinity }
  let stopTimer: (() => void) | undefined

  const review = () => {
    // A timer that is set fires when the report is due, or looks again.
    if (stopTimer !== undefined || !parts.isNeeded()) return
    const dueAtMs = reportAtMs(seen)
    if (dueAtMs === undefined) return
    if (dueAtMs <= now()) {
      void report()
      return
    }
    stopTimer = setTimer(() => {
      stopTimer = undefined
      review()
    }, dueAtMs - now())
  }

  const report = async (): Promise<void> => {
    const { activeAtMs, knownAtMs } = seen
    seen = { ...seen, knownAtMs: activeAtMs, toldAtMs: now() }
    // First, so that no other tab reports the same.
    parts.tellOthers(activeAtMs)
    try {
      await parts.report(Math.min(86_400, Math.floor((now() - activeAtMs) / 1000)))
    } catch {
      // Unless somebody else told it meanwhile, it is told with the next one.
      if (seen.knownAtMs === activeAtMs) seen = { ...seen, knownAtMs }
      review()
    }
  }

  return {
    note: () => {
      seen = { ...seen, activeAtMs: now() }
      review()
    },
    heard: (activeAtMs) => {
      const knownAtMs = Math.max(seen.knownAtMs, activeAtMs)
      seen = { ...seen, knownAtMs, toldAtMs: now() }
    },
    review,
  }
}
