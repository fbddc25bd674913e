// What every session store promises about leases: who may start a session, and giving that back.
import { describe, expect, it } from 'vitest'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import { first, second } from './leases.ts'
import {
  endedSession,
  nextSessionClaim,
  plainSession,
  restartedSession,
  sessionClaim,
  sessionKey,
  sessionStanding,
  startedSession,
} from './sessions.ts'

type Make = () => Promise<SessionStore>

const failure = { reason: 'timeout', retryAtMs: 20_000 }

export const describeSessionLease = (make: Make): void => {
  describe('takeLease', () => {
    it('makes an item with lease, generation and count', async () => {
      const store = await make()

      const outcome = await store.takeLease(sessionKey, sessionClaim())

      const item = {
        key: sessionKey,
        generation: 1,
        lease: { owner: 'owner-1', untilAtMs: 15_000, lengthMs: 5_000 },
        acquires: { windowStartedAtMs: 10_000, count: 1 },
        ttlEpochSeconds: 3_615,
      }
      expect(outcome.applied).toBe(true)
      expect(plainSession(outcome.item)).toEqual(item)
      expect(await sessionStanding(store)).toEqual(item)
    })

    it('is given once among many at once', async () => {
      const store = await make()
      const owners = Array.from({ length: 20 }, (_, at) => `owner-${at}`)

      const outcomes = await Promise.all(
        owners.map((owner) => store.takeLease(sessionKey, sessionClaim({ owner }))),
      )

      expect(outcomes.filter(({ applied }) => applied)).toHaveLength(1)
    })

    it('of the same owner again is what it took', async () => {
      const store = await make()
      const { item } = await store.takeLease(sessionKey, sessionClaim())

      const again = await store.takeLease(sessionKey, sessionClaim())

      expect(again.applied).toBe(true)
      expect(plainSession(again.item)).toEqual(plainSession(item))
    })

    it.each([
      [15_499, false],
      [15_500, true],
    ])('at %i over a lease until 15,000 and a grace of 500: %s', async (nowAtMs, applied) => {
      const store = await make()
      const { item: seen } = await store.takeLease(sessionKey, sessionClaim())

      const outcome = await store.takeLease(sessionKey, nextSessionClaim(seen, { nowAtMs }))

      expect(outcome.applied).toBe(applied)
    })

    it.each([
      ['that one', first, true],
      ['another owner', { owner: 'owner-3', generation: 1 }, false],
      ['another generation', { owner: 'owner-1', generation: 2 }, false],
    ])('over a lease that stalled, of %s', async (_, stalled, applied) => {
      const store = await make()
      const { item: seen } = await store.takeLease(sessionKey, sessionClaim())

      const outcome = await store.takeLease(sessionKey, nextSessionClaim(seen, { stalled }))

      expect(outcome.applied).toBe(applied)
    })

    it('keeps session, end and failure', async () => {
      const store = await make()
      const seen = await endedSession(store, await startedSession(store))

      const { applied, item } = await store.takeLease(sessionKey, nextSessionClaim(seen))

      expect(applied).toBe(true)
      const { sealed, ended, sessionId, claimsAtMs, startMs } = seen
      expect(item).toMatchObject({ sealed, ended, sessionId, claimsAtMs, startMs, generation: 2 })
    })

    it.each<[string, (store: SessionStore, seen: SessionItem) => Promise<unknown>]>([
      ['another session stands there', restartedSession],
      ['the session ended', endedSession],
      [
        'somebody took a lease and gave it back',
        async (store, seen) => {
          await store.takeLease(sessionKey, nextSessionClaim(seen))
          await store.release(sessionKey, second)
        },
      ],
    ])('is refused when %s', async (_, meanwhile) => {
      const store = await make()
      const seen = await startedSession(store)
      await meanwhile(store, seen)
      const before = await sessionStanding(store)

      const claim = nextSessionClaim(seen, { owner: 'owner-3', generation: 3 })
      const outcome = await store.takeLease(sessionKey, claim)

      expect(outcome.applied).toBe(false)
      expect(plainSession(outcome.item)).toEqual(before)
      expect(await sessionStanding(store)).toEqual(before)
    })

    it('is refused to whoever saw an item that is gone', async () => {
      const from = await startedSession(await make())
      const store = await make()

      const outcome = await store.takeLease(sessionKey, nextSessionClaim(from))

      expect(outcome).toEqual({ applied: false, item: undefined })
    })
  })

  describe('release', () => {
    it.each([
      ['a failure and a time', failure, { ...failure, generation: 1 }],
      ['a failure', { reason: 'timeout' }, { reason: 'timeout', generation: 1 }],
      ['nothing', undefined, undefined],
    ])('with %s takes the lease out', async (_, given, shared) => {
      const store = await make()
      await store.takeLease(sessionKey, sessionClaim())

      const released = await store.release(sessionKey, first, given)

      expect(released).toBe(true)
      expect(await sessionStanding(store)).toEqual({
        key: sessionKey,
        generation: 1,
        acquires: { windowStartedAtMs: 10_000, count: 1 },
        ttlEpochSeconds: 3_615,
        ...(shared ? { failure: shared } : {}),
      })
    })

    it('replaces all of the former failure', async () => {
      const store = await make()
      await store.takeLease(sessionKey, sessionClaim())
      await store.release(sessionKey, first, failure)
      await store.takeLease(sessionKey, nextSessionClaim(await store.read(sessionKey)))

      const other = { reason: 'refused-embed' }
      await store.release(sessionKey, second, other)

      expect((await sessionStanding(store))?.failure).toEqual({ ...other, generation: 2 })
    })

    it('leaves an end that came meanwhile for as long as it is to be kept', async () => {
      const store = await make()
      const { item: leased } = await store.takeLease(sessionKey, sessionClaim())
      const ended = leased && (await endedSession(store, leased))

      await store.release(sessionKey, first, failure)

      const { ended: end, ttlEpochSeconds } = (await sessionStanding(store)) ?? {}
      expect(end).toEqual(ended?.ended)
      expect(ttlEpochSeconds).toBe(9_000)
    })

    it.each([
      ['another owner', { owner: 'owner-2', generation: 1 }],
      ['another generation', { owner: 'owner-1', generation: 2 }],
    ])('by %s changes nothing', async (_, holder) => {
      const store = await make()
      const { item } = await store.takeLease(sessionKey, sessionClaim())

      const released = await store.release(sessionKey, holder, failure)

      expect(released).toBe(false)
      expect(await sessionStanding(store)).toEqual(plainSession(item))
    })

    it('where there is no item makes none', async () => {
      const store = await make()

      expect(await store.release(sessionKey, first)).toBe(false)
      expect(await sessionStanding(store)).toBeUndefined()
    })
  })
}
