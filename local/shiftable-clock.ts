// A clock that the demo can move on, so that nobody has to wait for the end of a session.
import type { Clock } from '../lib/time.ts'

export type ShiftableClock = Clock & {
  /** At least 0. What sleeps already sleeps on as long as it was asked to. */
  readonly advance: (seconds: number) => void
}

export const createShiftableClock = (clock: Clock): ShiftableClock => {
  let aheadMs = 0
  return {
    now: () => clock.now() + aheadMs,
    monotonic: () => clock.monotonic() + aheadMs,
    sleep: clock.sleep,
    advance: (seconds) => {
      aheadMs += seconds * 1000
    },
  }
}
