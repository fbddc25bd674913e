import { expect, test } from 'vitest'
import { BrokerError, StoreError } from '../../lib/errors.ts'
import type { StoreFailure } from '../../lib/errors.ts'
import { deadlineIn } from '../../lib/time.ts'
import { insisting, noPatience, patiently, within } from '../../lib/tokens/patience.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'
import { handClock, left } from './samples.ts'

/** Fails so many times, then answers. */
const failingTimes = (times: number, failure: StoreFailure) => {
  let calls = 0
  return {
    calls: () => calls,
    call: async () => {
      calls += 1
      if (calls <= times) throw new StoreError(failure, 'simulated')
      return 'answer'
    },
  }
}

test('a throttled call is repeated with pauses that double from 50 ms to 1 s', async () => {
  const clock = handClock()
  const { call } = failingTimes(7, 'throttled')

  const answer = await patiently({ clock, chance: () => 1 }, left(60_000), call)

  expect(answer).toBe('answer')
  expect(clock.slept).toEqual([50, 100, 200, 400, 800, 1_000, 1_000])
})

test('half of each pause is by chance', async () => {
  const clock = handClock()

  await patiently({ clock, chance: () => 0 }, left(60_000), failingTimes(2, 'throttled').call)

  expect(clock.slept).toEqual([25, 50])
})

test('a pause that does not fit in the time left is not begun', async () => {
  const clock = handClock()
  const fits = patiently({ clock, chance: () => 1 }, left(51), failingTimes(1, 'throttled').call)
  const doesNot = patiently({ clock, chance: () => 1 }, left(50), failingTimes(1, 'throttled').call)

  await expect(fits).resolves.toBe('answer')
  await expect(doesNot).rejects.toMatchObject({ failure: 'throttled' })
})

test.each<StoreFailure>(['unavailable', 'refused'])(
  'a call that is %s is not repeated',
  async (failure) => {
    const { call, calls } = failingTimes(1, failure)

    const outcome = patiently({ clock: handClock(), chance: () => 1 }, left(60_000), call)

    await expect(outcome).rejects.toMatchObject({ failure })
    expect(calls()).toBe(1)
  },
)

test('without patience a throttled call is not repeated either', async () => {
  const { call, calls } = failingTimes(1, 'throttled')

  const outcome = patiently({ clock: handClock(), chance: () => 0 }, noPatience, call)

  await expect(outcome).rejects.toBeInstanceOf(StoreError)
  expect(calls()).toBe(1)
})

test('a write whose reply may be lost is asked a second time, and no third', async () => {
  const once = failingTimes(1, 'unavailable')
  const twice = failingTimes(2, 'unavailable')

  await expect(insisting(once.call)()).resolves.toBe('answer')
  await expect(insisting(twice.call)()).rejects.toMatchObject({ failure: 'unavailable' })
  expect(twice.calls()).toBe(2)
})

test.each<StoreFailure>(['throttled', 'refused'])(
  'a write that is %s is not insisted on',
  async (failure) => {
    const { call, calls } = failingTimes(1, failure)

    await expect(insisting(call)()).rejects.toMatchObject({ failure })

    expect(calls()).toBe(1)
  },
)

test('work that is done in time is the answer, and the wait for the deadline ends with it', async () => {
  const clock = createFakeClock()

  const answer = await within(clock, deadlineIn(clock, 1_000), Promise.resolve('answer'))

  expect(answer).toBe('answer')
  expect(clock.sleepers()).toBe(0)
})

test('work that is not done at the deadline is not waited for', async () => {
  const clock = createFakeClock()
  const work = clock.sleep(1_001)

  const outcome = clock.run(within(clock, deadlineIn(clock, 1_000), work))

  await expect(outcome).rejects.toBeInstanceOf(BrokerError)
  await expect(outcome).rejects.toMatchObject({ code: 'login-in-progress', retryAfterMs: 1_000 })
  expect(clock.monotonic()).toBe(1_000)
})

test('a failure of the work is the failure', async () => {
  const clock = createFakeClock()
  const error = new Error('of the work')

  await expect(within(clock, deadlineIn(clock, 1_000), Promise.reject(error))).rejects.toBe(error)
})
