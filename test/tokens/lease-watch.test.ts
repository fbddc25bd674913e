import { expect, test } from 'vitest'
import { createLeaseWatch } from '../../lib/tokens/lease-watch.ts'
import { handClock, itemWith, lease } from './samples.ts'

const skewMs = 500
const longestMs = 5_250
const leased = itemWith({ lease })

test('without a lease there is nothing to wait for', () => {
  const watch = createLeaseWatch(handClock(), longestMs)

  watch.see(undefined)

  expect([watch.overInMs(skewMs), watch.ageMs(), watch.hasStalled()]).toEqual([0, 0, false])
})

test('a lease has stalled when it stood for its whole length, and not a millisecond before', () => {
  const clock = handClock()
  const watch = createLeaseWatch(clock, longestMs)
  clock.wallMs = -3_600_000
  watch.see(leased)

  clock.monotonicMs = 5_249
  watch.see(leased)
  const before = [watch.hasStalled(), watch.overInMs(skewMs)]
  clock.monotonicMs = 5_250

  expect(before).toEqual([false, 1])
  expect([watch.hasStalled(), watch.overInMs(skewMs)]).toEqual([true, 0])
})

test('for one who comes late it is over when its end passed by the skew', () => {
  const clock = handClock()
  const watch = createLeaseWatch(clock, longestMs)
  clock.wallMs = 5_749
  watch.see(leased)
  const before = watch.overInMs(skewMs)

  clock.wallMs = 5_750

  expect([before, watch.overInMs(skewMs)]).toEqual([1, 0])
  expect(watch.hasStalled()).toBe(false)
})

test.each([
  ['owner', itemWith({ lease: { ...lease, owner: 'another' } })],
  ['generation', itemWith({ lease, generation: 8 })],
])('another %s is another lease, watched from the start', (_, other) => {
  const clock = handClock()
  const watch = createLeaseWatch(clock, longestMs)
  watch.see(leased)
  clock.monotonicMs = 5_000

  watch.see(other)
  clock.monotonicMs = 6_000

  expect(watch.hasStalled()).toBe(false)
})

test('a lease that was gone in between is watched from the start', () => {
  const clock = handClock()
  const watch = createLeaseWatch(clock, longestMs)
  watch.see(leased)
  watch.see(itemWith())
  clock.monotonicMs = 5_250

  watch.see(leased)

  expect(watch.hasStalled()).toBe(false)
})

test('a lease that claims to be longer than any can be stalls after the longest', () => {
  const clock = handClock()
  const watch = createLeaseWatch(clock, longestMs)
  watch.see(itemWith({ lease: { owner: 'x', untilAtMs: 9e14, lengthMs: 9e14 } }))

  clock.monotonicMs = 5_250

  expect([watch.hasStalled(), watch.overInMs(skewMs)]).toEqual([true, 0])
})

test('its age is read from it at first sight, and from our own clock from then on', () => {
  const clock = handClock()
  const watch = createLeaseWatch(clock, longestMs)
  clock.wallMs = 250
  watch.see(leased)

  clock.monotonicMs = 100
  clock.wallMs = 999_999

  expect(watch.ageMs()).toBe(350)
})

test('who lost the race for it counts its age from then, whatever the clocks say', () => {
  const clock = handClock()
  const watch = createLeaseWatch(clock, longestMs)
  clock.wallMs = 3_000

  watch.see(leased, 5)
  clock.monotonicMs = 40

  expect(watch.ageMs()).toBe(40)
})

test('a race in a slow table lets the waiter expect a slow publication', () => {
  const watch = createLeaseWatch(handClock(), longestMs)

  watch.see(leased, 105)

  expect(watch.ageMs()).toBe(-100)
})
