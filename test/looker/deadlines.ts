// Deadlines in real time, for tests that talk to a socket.
import { setTimeout as sleep } from 'node:timers/promises'
import { deadlineIn, type Deadline } from '../../lib/time.ts'

const realClock = {
  now: Date.now,
  monotonic: () => performance.now(),
  sleep: (ms: number) => sleep(ms),
}

/** Long enough never to decide a test. */
export const ample = (): Deadline => deadlineIn(realClock, 15_000)

/** For calls that are meant to run into it. */
export const short = (): Deadline => deadlineIn(realClock, 150)
