import { describe, expect, it, vi } from 'vitest'
import { create } from '../../functions/renew-api-tokens.ts'
import type { Broker } from '../../lib/broker.ts'
import { BrokerError, StoreError } from '../../lib/errors.ts'
import { createFleet } from '../scenarios/fleet.ts'
import { context, rimBroker } from './calls.ts'

const failing = (error: unknown) => {
  const { source, events } = rimBroker({ renewDue: () => Promise.reject(error) })
  return { run: () => create(source).handler({}, context), events }
}

describe('the scheduled run', () => {
  it('answers what it did', async () => {
    const { coldStart, ask, looker, events } = await createFleet()
    const broker = coldStart()
    await ask(broker)

    const report = await create(() => broker).handler({ source: 'aws.events' }, context)

    expect(report).toEqual({ due: 0, renewed: 0, dropped: 0, failed: 0, left: 0 })
    expect(looker.counts().logins).toBe(1)
    expect(events.at(-1)).toEqual({ name: 'renewal-run', ...report })
  })

  it('keeps half a second of its time for the answer', async () => {
    const renewDue = vi.fn<Broker['renewDue']>(async () => ({
      due: 0,
      renewed: 0,
      dropped: 0,
      failed: 0,
      left: 0,
    }))
    const { source } = rimBroker({ renewDue })

    await create(source).handler({}, { ...context, getRemainingTimeInMillis: () => 55_000 })

    expect(renewDue.mock.calls[0]?.[0].remainingMs()).toBe(54_500)
  })

  it.each<[string, unknown, string, string]>([
    [
      'a table that refuses',
      new StoreError('refused', 'The table refuses the call (X).', new Error('secret-1')),
      'misconfigured',
      'The table refuses this function. (The table refuses the call (X). (Error))',
    ],
    [
      'an error of ours',
      new BrokerError('misconfigured', 'No tenant.'),
      'misconfigured',
      'No tenant.',
    ],
    ['an unexpected error', new TypeError('secret-1'), 'internal', 'TypeError'],
  ])('that meets %s reports it and fails, without its message', async (_, error, code, logged) => {
    const { run, events } = failing(error)

    const thrown: unknown = await run().catch((reason: unknown) => reason)

    expect(thrown).toBeInstanceOf(BrokerError)
    expect(thrown).toMatchObject({ code: 'internal', message: 'See the log of this request.' })
    expect(thrown).not.toHaveProperty('cause')
    expect(events).toMatchObject([
      { name: 'request-failed', function: 'renew-api-tokens', code, error: logged },
    ])
  })
})
