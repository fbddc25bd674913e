// Many acquires of one user and device at the same instant, each in a process of its own.
import { expect, test } from 'vitest'
import { acquireLimit } from '../../lib/embed/parts.ts'
import type { SessionStore } from '../../lib/store/session-store.ts'
import { answerOf, createEmbedFleet } from './embed-fleet.ts'
import type { EmbedFleet } from './embed-fleet.ts'

const herd = ({ clock, coldStart, outcome }: EmbedFleet, size: number) =>
  clock.run(Promise.all(Array.from({ length: size }, () => outcome(coldStart()))))

test.each([1, 2, 10, acquireLimit])(
  '%i parallel acquires start one session, and each may log in to it once',
  async (size) => {
    const fleet = await createEmbedFleet()

    const results = await herd(fleet, size)

    expect(fleet.started()).toBe(1)
    const tokens = results.map((result) => answerOf(result).authentication_token)
    expect(new Set(tokens).size).toBe(size)
    const ids = results.map((result) => fleet.loggedIn(result)?.id)
    const { sessionId } = (await fleet.itemOf()) ?? {}
    expect(sessionId).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(ids)).toEqual(new Set([sessionId]))
    expect(fleet.kms.counts()).toMatchObject({ GenerateDataKey: 1 })
  },
)

test('50 parallel acquires start one session; those above the limit are told when to come again', async () => {
  const fleet = await createEmbedFleet()

  const results = await herd(fleet, 50)

  expect(fleet.started()).toBe(1)
  const limited = results.filter(({ code }) => code === 'too-many-requests')
  expect(results.filter(({ code }) => code === 'ok')).toHaveLength(acquireLimit)
  expect(limited).toHaveLength(50 - acquireLimit)
  expect(fleet.looker.counts().calls.acquire_embed_cookieless_session).toBe(acquireLimit)
})

const withoutLease = (store: SessionStore): SessionStore => ({
  ...store,
  takeLease: async (key, claim) => {
    const item = await store.read(key)
    return store.takeLease(key, {
      ...claim,
      seen: item,
      ...(item?.lease ? { stalled: { owner: item.lease.owner, generation: item.generation } } : {}),
    })
  },
})

test('with the lease switched off there are more: the lease is the guard', async () => {
  const fleet = await createEmbedFleet({ wrap: withoutLease })

  await herd(fleet, 10)

  expect(fleet.started()).toBeGreaterThan(1)
})

test('in one process too, parallel acquires start one session', async () => {
  const fleet = await createEmbedFleet()
  const one = fleet.coldStart()

  const results = await fleet.clock.run(
    Promise.all(Array.from({ length: 10 }, () => fleet.outcome(one))),
  )

  expect(fleet.started()).toBe(1)
  expect(new Set(results.map((result) => answerOf(result).authentication_token)).size).toBe(10)
})
