// How often one process asks Looker for the next tokens of one record: a page that always shows its newest
// tokens shares no answer, and each of its requests would be a call.
import type { Clock } from '../time.ts'
import { tooManyRequests } from './failures.ts'

const mostAWindow = 30
const windowMs = 60_000

/** Counts one more. Errors: `too-many-requests` after 30 within a minute. */
export type GenerateLimit = (record: string) => void

/** `mostRecords`: of which it knows, oldest out first. Default 1,000. */
export const createGenerateLimit = (
  clock: Pick<Clock, 'monotonic'>,
  mostRecords = 1_000,
): GenerateLimit => {
  const windows = new Map<string, { readonly startedMs: number; count: number }>()

  return (record) => {
    const nowMs = clock.monotonic()
    const window = windows.get(record)
    if (window && nowMs - window.startedMs < windowMs) {
      if (window.count >= mostAWindow) throw tooManyRequests(window.startedMs + windowMs - nowMs)
      window.count += 1
      return
    }
    windows.delete(record)
    windows.set(record, { startedMs: nowMs, count: 1 })
    const [oldest] = windows.keys()
    if (windows.size > mostRecords && oldest !== undefined) windows.delete(oldest)
  }
}
