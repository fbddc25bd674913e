import { property, integer, assert, float } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  forbidsAttempt,
  leaseAgeMs,
  nextFailure,
  nextRefusal,
  pollDelayMs,
  ttlEpochSeconds,
} from '../../lib/tokens/pace.ts'
import { lease } from './samples.ts'

const minutes = 60_000

describe('the pace of waiters', () => {
  test('a waiter sleeps to the expected end of the login, and a little more by chance', () => {
    const observed = { ageMs: 100, overInMs: 5_000, loginMs: 400 }

    expect(pollDelayMs(lease, observed, 0)).toBeCloseTo(313)
    expect(pollDelayMs(lease, observed, 1)).toBeCloseTo(329)
  })

  test('without a measured login 400 ms are expected', () => {
    expect(pollDelayMs(lease, { ageMs: 0, overInMs: 5_000, loginMs: undefined }, 0)).toBeCloseTo(
      413,
    )
  })

  test('once the expected end has passed it looks again after a twelfth of the age, at least 20 ms', () => {
    expect(pollDelayMs(lease, { ageMs: 2_000, overInMs: 5_000, loginMs: 400 }, 0)).toBe(160)
    expect(pollDelayMs(lease, { ageMs: 120, overInMs: 5_000, loginMs: 100 }, 0)).toBe(20)
  })

  test('it never sleeps past the moment of takeover, but for the jitter', () => {
    expect(pollDelayMs(lease, { ageMs: 0, overInMs: 50, loginMs: 400 }, 0)).toBe(50)
  })

  test('it always sleeps for a millisecond, whatever the lease looks like', () => {
    assert(
      property(
        integer({ min: 0 }),
        integer({ min: 0 }),
        integer({ min: 0, max: 10 ** 9 }),
        float({ min: 0, max: 1, noNaN: true }),
        (lengthMs, ageMs, overInMs, chance) => {
          const delay = pollDelayMs({ ...lease, lengthMs }, { ageMs, overInMs, loginMs: 0 }, chance)
          expect(delay).toBeGreaterThanOrEqual(1)
          expect(delay).toBeLessThanOrEqual(overInMs + 21)
        },
      ),
    )
    expect(pollDelayMs(lease, { ageMs: 0, overInMs: 0, loginMs: 0 }, 0)).toBe(1)
  })

  test('the age of a lease is kept within its length, whatever the wall clocks say', () => {
    expect(leaseAgeMs(lease, 0)).toBe(0)
    expect(leaseAgeMs(lease, 1_000)).toBe(1_000)
    expect(leaseAgeMs(lease, -60_000)).toBe(0)
    expect(leaseAgeMs(lease, 60_000)).toBe(5_250)
  })
})

const failing = (reason: string, times: number, secretVersion?: number) => {
  let failure: ReturnType<typeof nextFailure> | undefined
  const waits: number[] = []
  for (let time = 0; time < times; time++) {
    failure = nextFailure(failure, { reason, secretVersion }, 0)
    waits.push(failure.notBeforeAtMs)
  }
  return waits
}

const waitFor = (retryAfterMs: number) =>
  nextFailure(undefined, { reason: 'rate-limited', retryAfterMs }, 1_000).notBeforeAtMs - 1_000

describe('the pace of failures', () => {
  test('attempts are 2 s apart, then double to a minute', () => {
    expect(failing('timeout', 8)).toEqual([
      2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ])
  })

  test('refused credentials are tried three times, then once in 15 minutes', () => {
    expect(failing('refused-credentials', 4, 5)).toEqual([2_000, 4_000, 15 * minutes, 15 * minutes])
  })

  test('another version of the secret begins anew', () => {
    const previous = { reason: 'refused-credentials', count: 9, notBeforeAtMs: 0, secretVersion: 5 }

    const failure = nextFailure(previous, { reason: 'refused-credentials', secretVersion: 6 }, 0)

    expect(failure).toMatchObject({ count: 1, notBeforeAtMs: 2_000, secretVersion: 6 })
  })

  test('an outage that changes its looks is the same outage; the refusal of a user is not', () => {
    const previous = { reason: 'timeout', count: 3, notBeforeAtMs: 0 }

    expect(nextFailure(previous, { reason: 'server-error' }, 0).count).toBe(4)
    expect(nextFailure(previous, { reason: 'refused-user' }, 0).count).toBe(1)
    expect(
      nextFailure(previous, { reason: 'refused-credentials', secretVersion: 1 }, 0).count,
    ).toBe(1)
  })

  test('what Looker asks for is kept to when it is more, up to 15 minutes', () => {
    expect(waitFor(1_000)).toBe(2_000)
    expect(waitFor(2_001)).toBe(2_001)
    expect(waitFor(15 * minutes)).toBe(15 * minutes)
    expect(waitFor(15 * minutes + 1)).toBe(15 * minutes)
  })

  test('a failure forbids attempts until its time, unless that time was never written here', () => {
    const failure = { reason: 'timeout', count: 1, notBeforeAtMs: 30 * minutes }

    expect(forbidsAttempt(failure, 0)).toBe(true)
    expect(forbidsAttempt(failure, 30 * minutes - 1)).toBe(true)
    expect(forbidsAttempt(failure, 30 * minutes)).toBe(false)
    expect(forbidsAttempt(failure, -1)).toBe(false)
    expect(forbidsAttempt(undefined, 0)).toBe(false)
  })
})

const refused = { generation: 7, count: 1, notBeforeAtMs: 30_000 }

const at = (nowAtMs: number) => nextRefusal({ ...refused, count: 4 }, 8, nowAtMs)

describe('the pace of forced renewals', () => {
  test('the first is allowed, the next 30 s later', () => {
    expect(nextRefusal(undefined, 7, 0)).toEqual({ allowed: true, refusal: refused })
    expect(nextRefusal(refused, 8, 29_999)).toEqual({ allowed: false, retryAfterMs: 1 })
    expect(nextRefusal(refused, 8, 30_000)).toEqual({
      allowed: true,
      refusal: { generation: 8, count: 2, notBeforeAtMs: 90_000 },
    })
  })

  test('the pause doubles to an hour', () => {
    const next = nextRefusal({ ...refused, count: 20 }, 8, 30_000)

    expect(next).toMatchObject({ refusal: { notBeforeAtMs: 30_000 + 60 * minutes } })
  })

  test('an hour of quiet is forgotten, a millisecond less is not', () => {
    expect(at(30_000 + 60 * minutes)).toMatchObject({ refusal: { count: 5 } })
    expect(at(30_001 + 60 * minutes)).toMatchObject({ refusal: { count: 1 } })
  })

  test('nobody is told to wait for more than an hour', () => {
    expect(nextRefusal({ ...refused, notBeforeAtMs: 9e15 }, 8, 0)).toEqual({
      allowed: false,
      retryAfterMs: 60 * minutes,
    })
  })
})

test('the table keeps an item for an hour past the last instant that matters', () => {
  expect(ttlEpochSeconds(1_000, 5_001)).toBe(6 + 3_600)
})
