// What goes wrong with the table; and that the next acquire recovers.
import { expect, test } from 'vitest'
import { StoreError } from '../../lib/errors.ts'
import type { StoreFailure } from '../../lib/errors.ts'
import { acquireCall, expectRecovered } from './acquire-samples.ts'
import { callerOf, createEmbedFleet } from './embed-fleet.ts'
import type { Operation } from './watched-table.ts'

const duringStart: readonly Operation[] = ['read', 'listOfUser', 'takeLease', 'publish']

test.each(
  duringStart.flatMap((operation): [Operation, StoreFailure, string][] => [
    [operation, 'unavailable', 'table-unavailable'],
    [operation, 'throttled', 'table-throttled'],
    [operation, 'refused', 'misconfigured'],
  ]),
)('a table that fails at %s (%s) during a start', async (operation, failure, code) => {
  const fleet = await createEmbedFleet()
  fleet.table.failing.set(operation, failure)

  const result = await fleet.acquired()

  expect(result.code).toBe(code)
  expect(fleet.sessions.countLive()).toBe(0)
  expect((await fleet.itemOf())?.lease).toBeUndefined()
  fleet.table.failing.clear()
  await expectRecovered(fleet)
})

test('a table that throttles for a moment only costs a moment', async () => {
  const fleet = await createEmbedFleet()
  for (const operation of [...duringStart, 'release'] as const) {
    fleet.table.failing.set(operation, 'throttled')
  }
  const result = fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1_000)
  fleet.table.failing.clear()

  expect((await fleet.clock.run(result)).code).toBe('ok')
})

test('a table that fails as a join is counted leaves Looker alone', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  fleet.table.failing.set('countAcquire', 'unavailable')

  const result = await fleet.acquired()

  expect(result.code).toBe('table-unavailable')
  expect(fleet.looker.counts().calls[acquireCall]).toBe(1)
  fleet.table.failing.clear()
  await expectRecovered(fleet)
})

test('a table that fails as a lost session is replaced: nothing is left at Looker', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  fleet.sessions.endAll()
  fleet.table.failing.set('replace', 'unavailable')

  const result = await fleet.acquired()

  expect(result.code).toBe('table-unavailable')
  expect(fleet.sessions.countLive()).toBe(0)
  fleet.table.failing.clear()
  await expectRecovered(fleet)
})

test.each<Operation>(['end', 'forget', 'listOfUser'])(
  'a table that fails at %s after a start does not fail the acquire',
  async (operation) => {
    const fleet = await createEmbedFleet({
      sessionsPerUser: 'many',
      wrap: (store) => ({
        ...store,
        publish: async (...args) => {
          const published = await store.publish(...args)
          fleet.table.failing.set(operation, 'unavailable')
          return published
        },
      }),
    })
    await fleet.acquired()
    fleet.table.failing.clear()

    const result = await fleet.acquired(
      callerOf({ device: 'device-2', user: { models: ['stock'] } }),
    )

    expect(result.code).toBe('ok')
  },
)

test.each(['takeLease', 'publish'] as const)(
  'a reply of the table that is lost at %s is asked for again, and nobody notices',
  async (operation) => {
    const lost = new Set<string>()
    const losing =
      <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        const reply = await call(...args)
        if (lost.has(operation)) return reply
        lost.add(operation)
        throw new StoreError('unavailable', 'the reply is lost')
      }
    const fleet = await createEmbedFleet({
      wrap: (store) =>
        operation === 'publish'
          ? { ...store, publish: losing(store.publish) }
          : { ...store, takeLease: losing(store.takeLease) },
    })

    expect((await fleet.acquired()).code).toBe('ok')
    expect(fleet.started()).toBe(1)
    await expectRecovered(fleet)
  },
)

test('a table that throttles as the session is published only costs a moment', async () => {
  const fleet = await createEmbedFleet()
  fleet.table.failing.set('publish', 'throttled')
  const result = fleet.outcome(fleet.coldStart())
  await fleet.clock.advance(1_000)
  fleet.table.failing.clear()

  expect((await fleet.clock.run(result)).code).toBe('ok')
  expect(fleet.started()).toBe(1)
})
