import { describe, expect, it, vi } from 'vitest'
import { create } from '../../functions/end-due-sessions.ts'
import type { SweepDue } from '../../lib/embed/sweep.ts'
import { BrokerError, StoreError } from '../../lib/errors.ts'
import { context, rimBroker } from './calls.ts'

const report = { due: 3, ended: 1, unconfirmed: 1, living: 1, failed: 0, left: 0, oldest_s: 5 }

const withSweep = (sweepDue: SweepDue | undefined) => {
  const { broker, events } = rimBroker()
  return { handler: create(() => ({ ...broker, sweepDue })).handler, events }
}

describe('the scheduled run', () => {
  it('answers what it did, and keeps half a second of its time for that', async () => {
    const sweepDue = vi.fn<SweepDue>(async () => report)
    const { handler, events } = withSweep(sweepDue)

    const answer = await handler({}, { ...context, getRemainingTimeInMillis: () => 55_000 })

    expect(answer).toEqual(report)
    expect(sweepDue.mock.calls.map(([deadline]) => deadline.remainingMs())).toEqual([54_500])
    expect(events).toEqual([])
  })

  it('of a tenant that keeps no sessions does nothing', async () => {
    const { handler, events } = withSweep(undefined)

    expect(await handler({}, context)).toBeUndefined()

    expect(events).toEqual([])
  })

  it.each<[string, unknown, string, string]>([
    [
      'a table that refuses',
      new StoreError('refused', 'The table refuses the call (X).', new Error('secret-1')),
      'misconfigured',
      'The table refuses this function. (The table refuses the call (X). (Error))',
    ],
    ['an unexpected error', new TypeError('secret-1'), 'internal', 'TypeError'],
  ])('that meets %s reports it and fails, without its message', async (_, error, code, logged) => {
    const { handler, events } = withSweep(() => Promise.reject(error))

    const thrown: unknown = await handler({}, context).catch((reason: unknown) => reason)

    expect(thrown).toBeInstanceOf(BrokerError)
    expect(thrown).toMatchObject({ code: 'internal', message: 'See the log of this request.' })
    expect(thrown).not.toHaveProperty('cause')
    expect(events).toMatchObject([
      { name: 'request-failed', function: 'end-due-sessions', code, error: logged },
    ])
  })

  it('that cannot be composed fails, so that Lambda counts it', async () => {
    const { handler } = create(() => {
      throw new BrokerError('misconfigured', 'No tenant.')
    })
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)

    const thrown: unknown = await handler({}, context).catch((reason: unknown) => reason)

    expect(thrown).toMatchObject({ code: 'internal', message: 'See the log of this request.' })
    expect(printed.mock.calls.flat().join()).toContain('"error":"No tenant."')
    printed.mockRestore()
  })
})
