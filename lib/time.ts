// What the rest of the library may know of time. Instants are epoch milliseconds and end in `AtMs`;
// durations end in `Ms` or `Seconds`. `lib/broker.ts` makes the real clock, tests make their own.

export type Clock = {
  /** Wall clock, epoch milliseconds. May jump; compare it only with instants that others wrote. */
  readonly now: () => number
  /** Milliseconds from an arbitrary start that never go back. For durations inside one process. */
  readonly monotonic: () => number
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** An end in the process's own monotonic time, so that a jump of the wall clock cannot move it. */
export type Deadline = {
  /** Milliseconds left, never below 0. */
  readonly remainingMs: () => number
}

export const deadlineIn = (clock: Clock, ms: number): Deadline => {
  const end = clock.monotonic() + ms
  return { remainingMs: () => Math.max(0, end - clock.monotonic()) }
}

/** The earlier of a deadline and `ms` from now. */
export const atMost = (clock: Clock, ms: number, deadline: Deadline): Deadline =>
  deadlineIn(clock, Math.min(ms, deadline.remainingMs()))
