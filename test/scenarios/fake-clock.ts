// A clock that stands still until it is moved, so that whole days pass in seconds. It moves on by
// itself only while somebody waits for a result and nothing else in the process is going on.
import type { Clock } from '../../lib/time.ts'

type Sleeper = { readonly atMs: number; readonly wake: () => void }

export type FakeClock = Clock & {
  /** Moves on by `ms`, waking whoever is due on the way. */
  readonly advance: (ms: number) => Promise<void>
  /** As `advance`, for when nobody sleeps: without looking whether something is going on. */
  readonly skip: (ms: number) => void
  /** Moves on from sleeper to sleeper until the work is done. */
  readonly run: <T>(work: Promise<T>) => Promise<T>
  /** The wall clock alone jumps, as a correction of the host's time does. */
  readonly jump: (ms: number) => void
  /** The same time as an environment sees it whose wall clock is ahead (or behind, below 0). */
  readonly skewed: (aheadMs: number) => Clock
  readonly sleepers: () => number
}

/** Turns of the event loop without a new sleeper or a gone one, after which nothing is going on. */
const quietTurns = 4

export const createFakeClock = (startAtMs = 0): FakeClock => {
  const sleeping = new Set<Sleeper>()
  let elapsedMs = 0
  let jumpedMs = 0
  let changes = 0

  const now = () => startAtMs + elapsedMs + jumpedMs
  const monotonic = () => elapsedMs

  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve) => {
      changes += 1
      const sleeper = {
        atMs: elapsedMs + Math.max(0, ms),
        wake: () => {
          changes += 1
          sleeping.delete(sleeper)
          signal?.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      sleeping.add(sleeper)
      if (signal?.aborted) sleeper.wake()
      else signal?.addEventListener('abort', sleeper.wake, { once: true })
    })

  const settle = async (isDone: () => boolean): Promise<void> => {
    for (let quiet = 0; quiet < quietTurns && !isDone(); quiet++) {
      const before = changes
      await new Promise((resolve) => setImmediate(resolve))
      if (changes !== before) quiet = -1
    }
  }

  /** Wakes all who sleep until the same instant. */
  const toNextSleeper = (limitMs: number): boolean => {
    let atMs = Infinity
    for (const sleeper of sleeping) atMs = Math.min(atMs, sleeper.atMs)
    if (atMs > limitMs) return false
    elapsedMs = Math.max(elapsedMs, atMs)
    for (const sleeper of sleeping) if (sleeper.atMs <= elapsedMs) sleeper.wake()
    return true
  }

  const advance = async (ms: number): Promise<void> => {
    const endMs = elapsedMs + ms
    do await settle(() => false)
    while (toNextSleeper(endMs))
    elapsedMs = endMs
  }

  const run = async <T>(work: Promise<T>): Promise<T> => {
    let done = false
    const mark = () => {
      done = true
    }
    work.then(mark, mark)
    for (;;) {
      await settle(() => done)
      if (done) return work
      // Nobody sleeps: what is awaited is outside of this clock, as the real time-out of a call.
      if (!toNextSleeper(Infinity)) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  return {
    now,
    monotonic,
    sleep,
    advance,
    skip: (ms) => {
      elapsedMs += ms
    },
    run,
    jump: (ms) => {
      jumpedMs += ms
    },
    skewed: (aheadMs) => ({ now: () => now() + aheadMs, monotonic, sleep }),
    sleepers: () => sleeping.size,
  }
}
