// What every session store promises about the count of acquires.
import { describe, expect, it } from 'vitest'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import {
  acquireClaim,
  endedSession,
  plainSession,
  replacedSession,
  restartedSession,
  sessionClaim,
  sessionKey,
  sessionStanding,
  startedSession,
} from './sessions.ts'

type Make = () => Promise<SessionStore>

const outcomeOf = async (
  store: SessionStore,
  ...[seen, changes]: Parameters<typeof acquireClaim>
): Promise<string> => {
  const { outcome } = await store.countAcquire(sessionKey, acquireClaim(seen, changes))
  return outcome
}

export const describeCountAcquire = (make: Make): void => {
  describe('countAcquire', () => {
    it('counts up to the limit, the start included, and nothing beyond', async () => {
      const store = await make()
      const seen = await startedSession(store)

      expect(await outcomeOf(store, seen)).toBe('counted')
      expect(await outcomeOf(store, seen)).toBe('counted')
      expect(await outcomeOf(store, seen)).toBe('limited')

      const acquires = { windowStartedAtMs: 10_000, count: 3 }
      expect(await sessionStanding(store)).toEqual({ ...plainSession(seen), acquires })
    })

    it.each([
      ['in the window that was seen', 12_000, 29],
      ['at the begin of a new window', 90_000, 30],
    ])('counts exactly the limit among 100 at once, %s', async (_, nowAtMs, counted) => {
      const store = await make()
      const seen = await startedSession(store)

      const outcomes = await Promise.all(
        Array.from({ length: 100 }, () => outcomeOf(store, seen, { nowAtMs, limit: 30 })),
      )

      const of = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length
      expect([of('counted'), of('limited')]).toEqual([counted, 100 - counted])
      expect((await sessionStanding(store))?.acquires?.count).toBe(30)
    })

    it('counts all of many at once whose claims are all of another age', async () => {
      const store = await make()
      const seen = await startedSession(store)
      const ages = [9_001, 9_002]

      const outcomes = await Promise.all(
        ages.map((claimsAtMs) => outcomeOf(store, seen, { claimsAtMs })),
      )

      expect(outcomes).toEqual(['counted', 'counted'])
      expect(await sessionStanding(store)).toMatchObject({
        claimsAtMs: 9_002,
        acquires: { count: 3 },
      })
    })

    it.each([
      ['just inside the window', 69_999, 'limited', 10_000],
      ['at the end of the window', 70_000, 'counted', 70_000],
      ['a window before it', -50_000, 'limited', 10_000],
      ['further before it than it is long', -50_001, 'counted', -50_001],
    ])('%s', async (_, offset, outcome, windowStartedAtMs) => {
      // Far from zero, so that a time before the window is one that a clock can show.
      const base = 1_000_000
      const store = await make()
      const started = await startedSession(store)
      const claim = { nowAtMs: base + 10_000, limit: 1 }
      const { item: seen } = await store.countAcquire(sessionKey, acquireClaim(started, claim))

      const again = acquireClaim(seen ?? started, { nowAtMs: base + offset, limit: 1 })
      const counted = await store.countAcquire(sessionKey, again)

      expect(counted.outcome).toBe(outcome)
      expect(counted.item?.acquires).toEqual({
        windowStartedAtMs: base + windowStartedAtMs,
        count: 1,
      })
    })

    it('loses no count of others who began the new window with claims of another age', async () => {
      const store = await make()
      const seen = await startedSession(store)
      const nowAtMs = 90_000

      await outcomeOf(store, seen, { nowAtMs, claimsAtMs: 9_001 })
      await outcomeOf(store, seen, { nowAtMs, claimsAtMs: 9_002 })

      expect(await sessionStanding(store)).toMatchObject({
        claimsAtMs: 9_002,
        acquires: { windowStartedAtMs: nowAtMs, count: 2 },
      })
    })

    it.each([
      [8_999, 9_000],
      [9_000, 9_000],
      [9_001, 9_001],
    ])('with claims of %i over 9,000 leaves %i', async (claimsAtMs, left) => {
      const store = await make()
      const seen = await startedSession(store)

      const claim = acquireClaim(seen, { claimsAtMs })
      const { outcome, item } = await store.countAcquire(sessionKey, claim)

      expect(outcome).toBe('counted')
      expect(item?.claimsAtMs).toBe(left)
    })

    it('notes the age of claims where none is known', async () => {
      const store = await make()
      const { item: seen } = await store.takeLease(sessionKey, sessionClaim())
      if (!seen) throw new Error('no lease')

      const claim = acquireClaim(seen, { claimsAtMs: 9_001 })
      const { outcome, item } = await store.countAcquire(sessionKey, claim)

      expect([outcome, item?.claimsAtMs]).toEqual(['counted', 9_001])
    })

    it('never lowers the age that others raised meanwhile', async () => {
      const store = await make()
      const seen = await startedSession(store)
      await outcomeOf(store, seen, { claimsAtMs: 9_500 })

      expect(await outcomeOf(store, seen, { claimsAtMs: 9_200 })).toBe('counted')
      expect((await sessionStanding(store))?.claimsAtMs).toBe(9_500)
    })

    it.each<[string, (store: SessionStore, seen: SessionItem) => Promise<unknown>]>([
      ['another session stands there', restartedSession],
      [
        'one of the same id, whose reference token is another',
        (store, seen) => replacedSession(store, seen, { sessionId: 'session-1' }),
      ],
      ['the session ended', endedSession],
    ])('changes nothing when %s', async (_, meanwhile) => {
      const store = await make()
      const seen = await startedSession(store)
      await meanwhile(store, seen)
      const before = await sessionStanding(store)

      const claim = acquireClaim(seen, { claimsAtMs: 9_999 })
      const { outcome, item } = await store.countAcquire(sessionKey, claim)

      expect(outcome).toBe('changed')
      expect(plainSession(item)).toEqual(before)
      expect(await sessionStanding(store)).toEqual(before)
    })

    it('makes no item where there is none any more', async () => {
      const { acquires: _acquires, sealed: _sealed, ...bare } = await startedSession(await make())
      const store = await make()

      const { raw: _raw, sessionId: _id, ...nothing } = bare
      const counted = await store.countAcquire(sessionKey, acquireClaim(nothing))

      expect(counted).toEqual({ outcome: 'changed', item: undefined })
      expect(await sessionStanding(store)).toBeUndefined()
    })
  })
}
