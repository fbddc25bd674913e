import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RunOutcome } from '../../local/gateway/function-runner.ts'
import { rateMs, startSchedules } from '../../local/schedules.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a rate', () => {
  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(1 hour)', 3_600_000],
    ['rate(2 days)', 172_800_000],
  ])('of %s is %i ms', (rate, ms) => {
    expect(rateMs(rate)).toBe(ms)
  })

  it.each(['cron(0 1 * * ? *)', 'rate(0 minutes)', 'rate(1 second)', 'rate(-1 minute)', '', '1'])(
    'is not %j',
    (rate) => {
      expect(() => rateMs(rate)).toThrow(`not a rate: ${rate}`)
    },
  )
})

describe('the schedules', () => {
  const everyMinute = [{ functionName: 'renew', rate: 'rate(1 minute)' }]
  const returned: RunOutcome = { kind: 'returned', value: null }

  it('invoke their function at their rate until they are ended', async () => {
    const invoke = vi.fn<() => Promise<RunOutcome>>(async () => returned)
    const onFailure = vi.fn<() => void>()

    const end = startSchedules(everyMinute, { invoke, onFailure })
    await vi.advanceTimersByTimeAsync(59_999)
    const early = invoke.mock.calls.length
    await vi.advanceTimersByTimeAsync(60_001)
    await end()
    await vi.advanceTimersByTimeAsync(600_000)

    expect(early).toBe(0)
    expect(invoke.mock.calls).toEqual([
      ['renew', { source: 'aws.events' }],
      ['renew', { source: 'aws.events' }],
    ])
    expect(onFailure).not.toHaveBeenCalled()
  })

  it.each<[string, () => Promise<RunOutcome>, string]>([
    ['threw', async () => ({ kind: 'threw', error: new Error('x') }), 'threw'],
    ['did not end in time', async () => ({ kind: 'timed-out' }), 'timed-out'],
    ['was not found', () => Promise.reject(new Error('no function')), 'threw'],
  ])('tell of a run that %s, and go on', async (_, invoke, kind) => {
    const onFailure = vi.fn<(name: string, outcome: RunOutcome) => void>()

    const end = startSchedules(everyMinute, { invoke, onFailure })
    await vi.advanceTimersByTimeAsync(120_000)
    await end()

    expect(onFailure.mock.calls.map(([name, outcome]) => [name, outcome.kind])).toEqual([
      ['renew', kind],
      ['renew', kind],
    ])
  })

  it('start none when one of them has no rate', () => {
    const wrong = [...everyMinute, { functionName: 'other', rate: 'cron(* * * * ? *)' }]

    expect(() =>
      startSchedules(wrong, { invoke: async () => returned, onFailure: () => undefined }),
    ).toThrow('not a rate')
    expect(vi.getTimerCount()).toBe(0)
  })
})
