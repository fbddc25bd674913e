import { expect, test } from 'vitest'
import { oneMore, startsLimitedMs, windowLeftMs } from '../../lib/embed/limit.ts'
import { acquireLimit, acquireWindowMs } from '../../lib/embed/parts.ts'
import type { SessionItem } from '../../lib/store/session-store.ts'

const nowAtMs = 1_000_000
const open = { windowStartedAtMs: nowAtMs - 20_000, count: 3 }
const over = { windowStartedAtMs: nowAtMs - acquireWindowMs, count: 3 }

const itemOf = (device: number, acquires = open): SessionItem => ({
  key: { partition: 'user', sort: `device#${device}` },
  generation: 1,
  acquires,
  ttlEpochSeconds: 0,
})

test('an acquire is counted in the window that is open, else in a new one', () => {
  expect(oneMore(open, nowAtMs)).toEqual({ ...open, count: 4 })
  expect(oneMore(over, nowAtMs)).toEqual({ windowStartedAtMs: nowAtMs, count: 1 })
  expect(oneMore(undefined, nowAtMs)).toEqual({ windowStartedAtMs: nowAtMs, count: 1 })
  expect(windowLeftMs(open, nowAtMs)).toBe(40_000)
})

test('all devices of a user share the limit of starts', () => {
  const below = [itemOf(1, { ...open, count: acquireLimit - 4 }), itemOf(2)]
  const full = [...below, itemOf(3, { ...open, count: 1 })]

  expect(startsLimitedMs(below, undefined, nowAtMs)).toBeUndefined()
  expect(startsLimitedMs(full, undefined, nowAtMs)).toBe(40_000)
  expect(startsLimitedMs(full, undefined, nowAtMs + 40_000)).toBeUndefined()
})

test('whoever is counted already is not limited by its own start', () => {
  const last = [itemOf(1, { ...open, count: acquireLimit })]
  const full = [...last, itemOf(2, { ...open, count: 1 })]

  expect(startsLimitedMs(last, last[0], nowAtMs, 1)).toBeUndefined()
  expect(startsLimitedMs(full, full[1], nowAtMs, 1)).toBe(40_000)
})

test('a user with 200 items gets no further one', () => {
  const items = Array.from({ length: 200 }, (_, index) => itemOf(index, over))

  expect(startsLimitedMs(items, items[0], nowAtMs)).toBeUndefined()
  expect(startsLimitedMs(items.slice(1), undefined, nowAtMs)).toBeUndefined()
  expect(startsLimitedMs(items, undefined, nowAtMs)).toBe(acquireWindowMs)
})
