import { describe, expect, test } from 'vitest'
import { BrokerError, StoreError } from '../../lib/errors.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import type { DueToken } from '../../lib/store/token-store.ts'
import { itemKeyOf } from '../../lib/tokens/principal.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import { createRenewDue } from '../../lib/tokens/renewal.ts'
import { handClock, left, service, tokenWith } from './samples.ts'

const due = (principal: Principal, changes: Partial<DueToken> = {}): DueToken => ({
  key: itemKeyOf(principal),
  dueAtMs: 0,
  tokenGeneration: 7,
  usedGeneration: 7,
  ...changes,
})

const setUp = (
  rows: readonly DueToken[],
  getToken = async () => tokenWith(),
  atTheEnd = async () => undefined,
) => {
  const asked: Principal[] = []
  const dropped: string[] = []
  const events: BrokerEvent[] = []
  const renewDue = createRenewDue({
    store: {
      listDue: async function* () {
        yield* rows
        await atTheEnd()
      },
      dropDue: async ({ partition }) => {
        dropped.push(partition)
      },
    },
    getToken: async (principal) => {
      asked.push(principal)
      return getToken()
    },
    client: { instance: service.instance, clientId: service.clientId },
    clock: handClock(),
    report: (event) => events.push(event),
    settings: { marginMs: 30_000, loginBudgetMs: 5_000 },
  })
  return { renewDue, asked, dropped, events }
}

const none = { due: 0, renewed: 0, dropped: 0, failed: 0, left: 0 }

describe('the scheduled run', () => {
  test('renews what is due and in use, and reports it', async () => {
    const users = Array.from({ length: 9 }, (_, index) => ({ ...service, userId: String(index) }))
    const { renewDue, asked, events } = setUp(users.map((user) => due(user)))

    const counts = await renewDue(left(50_000))

    expect(counts).toEqual({ ...none, due: 9, renewed: 9 })
    expect(asked).toEqual(users)
    expect(events).toEqual([{ name: 'renewal-run', ...counts }])
  })

  test.each<[string, DueToken]>([
    ['nobody used', due(service, { usedGeneration: undefined })],
    ['nobody used in its last life', due(service, { usedGeneration: 6 })],
    ['belongs to another client', due({ ...service, clientId: 'former' })],
    ['belongs to another instance', due({ ...service, instance: 'https://former.example.com' })],
    ['has a key that names nobody', due(service, { key: { partition: 'api-token#%', sort: 's' } })],
  ])('lets go of a token that %s, without a login', async (_, row) => {
    const { renewDue, asked, dropped } = setUp([row])

    const counts = await renewDue(left(50_000))

    expect(counts).toEqual({ ...none, due: 1, dropped: 1 })
    expect(dropped).toEqual([row.key.partition])
    expect(asked).toEqual([])
  })

  test('counts a failure and goes on', async () => {
    const { renewDue } = setUp([due(service), due({ ...service, userId: '1' })], () =>
      Promise.reject(new BrokerError('looker-unavailable', 'simulated')),
    )

    expect(await renewDue(left(50_000))).toEqual({ ...none, due: 2, failed: 2 })
  })

  test('counts as failed what is still due afterwards', async () => {
    const { renewDue } = setUp([due(service)], async () =>
      tokenWith({ issuedAtMs: -3_240_000, expiresAtMs: 360_000 }),
    )

    expect(await renewDue(left(50_000))).toEqual({ ...none, due: 1, failed: 1 })
  })

  test('finishes what is under way when the list breaks off, and reports before it fails', async () => {
    const { renewDue, asked, events } = setUp(
      [due(service)],
      async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return tokenWith()
      },
      () => Promise.reject(new StoreError('unavailable', 'simulated')),
    )

    await expect(renewDue(left(50_000))).rejects.toMatchObject({ failure: 'unavailable' })

    expect(asked).toHaveLength(1)
    expect(events).toEqual([{ name: 'renewal-run', ...none, due: 1, renewed: 1 }])
  })

  test('begins nothing that it has not the time to finish', async () => {
    const { renewDue, asked } = setUp([due(service)])

    expect(await renewDue(left(5_249))).toEqual({ ...none, due: 1, left: 1 })
    expect(asked).toEqual([])
    expect(await renewDue(left(5_250))).toEqual({ ...none, due: 1, renewed: 1 })
  })
})
