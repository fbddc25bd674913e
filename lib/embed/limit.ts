// How many acquires one user may make. Pure.
import type { AcquireCount, SessionItem } from '../store/session-store.ts'
import { acquireLimit, acquireWindowMs } from './parts.ts'

/** Items of one user: a browser may invent device keys. */
const longestList = 200

/** The count with one more acquire, in a new window if the last one is over. */
export const oneMore = (count: AcquireCount | undefined, nowAtMs: number): AcquireCount =>
  isOpen(count, nowAtMs)
    ? { ...count, count: count.count + 1 }
    : { windowStartedAtMs: nowAtMs, count: 1 }

/** Milliseconds until a window that is full is over; at least 1. */
export const windowLeftMs = (count: AcquireCount | undefined, nowAtMs: number): number =>
  Math.max(1, (count?.windowStartedAtMs ?? nowAtMs) + acquireWindowMs - nowAtMs)

/**
 * For how long the user may start nothing more, all devices together; undefined if one may be started.
 * `ownStarts`: of those counted, the ones that ask.
 */
export const startsLimitedMs = (
  items: readonly SessionItem[],
  own: SessionItem | undefined,
  nowAtMs: number,
  ownStarts = 0,
): number | undefined => {
  if (!own && items.length >= longestList) return acquireWindowMs
  const open = items.flatMap(({ acquires }) => (isOpen(acquires, nowAtMs) ? [acquires] : []))
  const total = open.reduce((sum, { count }) => sum + count, 0)
  if (total - ownStarts < acquireLimit) return undefined
  return Math.max(...open.map((count) => windowLeftMs(count, nowAtMs)))
}

/** A window from the future, by a clock that differs, is still that window. */
const isOpen = (count: AcquireCount | undefined, nowAtMs: number): count is AcquireCount =>
  count !== undefined && Math.abs(nowAtMs - count.windowStartedAtMs) < acquireWindowMs
