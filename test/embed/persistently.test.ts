// What passes by itself is tried again, while there is time.
import { describe, expect, it } from 'vitest'
import { persistently } from '../../lib/embed/persistently.ts'
import { BrokerError, KeysError, LookerError, StoreError } from '../../lib/errors.ts'
import type { ErrorCode } from '../../lib/errors.ts'
import { deadlineIn } from '../../lib/time.ts'
import { handClock } from '../tokens/samples.ts'

const told = (code: ErrorCode, retryAfterMs?: number) =>
  new BrokerError(code, code, { retryAfterMs })

const trying = async (error: Error, times: number, withinMs = 8_000) => {
  const clock = handClock()
  let calls = 0
  const call = async () => {
    calls += 1
    if (calls <= times) throw error
    return 'done'
  }
  const parts = { clock, chance: () => 1 }
  const outcome = await persistently(parts, deadlineIn(clock, withinMs), call).catch(
    (thrown: unknown) => thrown,
  )
  return { outcome, calls, slept: clock.slept }
}

describe('a call that fails', () => {
  it.each([
    new StoreError('throttled', ''),
    new StoreError('unavailable', ''),
    new KeysError(''),
    told('looker-unavailable'),
    told('login-in-progress'),
    told('table-unavailable'),
  ])('is made again after %s', async (error) => {
    expect(await trying(error, 2)).toMatchObject({ outcome: 'done', slept: [100, 200] })
  })

  it.each([
    new StoreError('refused', ''),
    new LookerError('server-error', ''),
    told('looker-refused-credentials'),
    told('misconfigured'),
    new TypeError('of our own'),
  ])('is not made again after %s', async (error) => {
    expect(await trying(error, 1)).toMatchObject({ outcome: error, calls: 1 })
  })

  it('waits as long as the failure asks for, if that fits', async () => {
    const { slept, outcome } = await trying(told('looker-unavailable', 3_000), 1)
    expect([outcome, slept]).toEqual(['done', [3_000]])
    const late = told('looker-unavailable', 8_000)
    expect(await trying(late, 1)).toMatchObject({ outcome: late, calls: 1 })
  })

  it('is not made again by a process that was frozen until its time was up', async () => {
    const clock = handClock()
    const frozen = { ...clock, sleep: (ms: number) => clock.sleep(ms + 3_600_000) }
    const error = new StoreError('unavailable', '')
    let calls = 0
    const call = () => {
      calls += 1
      return calls === 1 ? Promise.reject(error) : Promise.resolve('late')
    }
    const parts = { clock: frozen, chance: () => 1 }

    const outcome = persistently(parts, deadlineIn(clock, 8_000), call)

    await expect(outcome).rejects.toBe(error)
    expect(calls).toBe(1)
  })

  it('ends with the failure when time is up', async () => {
    const error = new StoreError('unavailable', '')
    const { outcome, slept } = await trying(error, Infinity)
    expect(outcome).toBe(error)
    expect(slept.reduce((sum, ms) => sum + ms)).toBeLessThan(8_000)
    expect(slept.at(-1)).toBe(1_000)
  })
})
