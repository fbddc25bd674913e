// What every session store promises about ends, and about the list of a user's items.
import { describe, expect, it } from 'vitest'
import type { SessionStore } from '../../lib/store/session-store.ts'
import { bytes, second } from './leases.ts'
import {
  endedAt20s,
  endedSession,
  nextSessionClaim,
  plainSession,
  replacedSession,
  restartedSession,
  sessionEnd,
  sessionKey,
  sessionPublication,
  sessionStanding,
  startedSession,
} from './sessions.ts'

type Make = () => Promise<SessionStore>

export const describeEndings = (make: Make): void => {
  describe('end', () => {
    it('makes a tombstone beside the session, and leaves a lease', async () => {
      const store = await make()
      const seen = await startedSession(store)
      const { item: leased } = await store.takeLease(sessionKey, nextSessionClaim(seen))

      const outcome = await store.end(sessionKey, seen, sessionEnd)

      const due = { dueAtMs: 20_000, ttlEpochSeconds: 9_000 }
      const item = { ...plainSession(leased), ended: endedAt20s, ...due }
      expect(outcome.applied).toBe(true)
      expect(plainSession(outcome.item)).toEqual(item)
      expect(await sessionStanding(store)).toEqual(item)
    })

    it.each([
      ['of another id', 'session-2'],
      ['of the same id', 'session-1'],
      ['of no known id', undefined],
    ])('of another session (%s) changes nothing', async (_, sessionId) => {
      const store = await make()
      const seen = await startedSession(store)
      const replaced = await replacedSession(store, seen, { sessionId })

      const outcome = await store.end(sessionKey, seen, sessionEnd)

      expect(outcome.applied).toBe(false)
      expect(await sessionStanding(store)).toEqual(plainSession(replaced))
    })

    it.each([
      ['the same', {}, true],
      ['another time', { atMs: 20_001 }, false],
      ['another reason', { reason: 'signed-out' as const }, false],
    ])('over an end of %s that was not seen leaves the former', async (_, changes, applied) => {
      const store = await make()
      const seen = await startedSession(store)
      await endedSession(store, seen)

      const other = { ...sessionEnd, needsSignIn: false, ...changes }
      const outcome = await store.end(sessionKey, seen, other)

      expect(outcome.applied).toBe(applied)
      expect(outcome.item?.ended).toEqual(endedAt20s)
      expect((await sessionStanding(store))?.ended).toEqual(endedAt20s)
    })

    it('takes the place of the end that was seen', async () => {
      const store = await make()
      const seen = await endedSession(store, await startedSession(store))

      const next = { atMs: 20_001, reason: 'signed-out', needsSignIn: false } as const
      const outcome = await store.end(sessionKey, seen, { ...next, ttlEpochSeconds: 9_001 })

      const due = { dueAtMs: 20_001, ttlEpochSeconds: 9_001 }
      const item = { ...plainSession(seen), ended: next, ...due }
      expect(outcome.applied).toBe(true)
      expect(plainSession(outcome.item)).toEqual(item)
      expect(await sessionStanding(store)).toEqual(item)
    })

    it('makes no item where there is none any more', async () => {
      const seen = await startedSession(await make())
      const store = await make()
      const { raw: _raw, sealed: _sealed, sessionId: _id, ...nothing } = seen

      const outcome = await store.end(sessionKey, nothing, sessionEnd)

      expect(outcome).toEqual({ applied: false, item: undefined })
      expect(await sessionStanding(store)).toBeUndefined()
    })
  })

  describe('forget', () => {
    it('takes the sealed session out, and leaves the tombstone', async () => {
      const store = await make()
      const ended = await endedSession(store, await startedSession(store))

      await store.forget(sessionKey, ended)
      await store.forget(sessionKey, ended)

      const { sealed: _sealed, dueAtMs: _dueAtMs, ...rest } = ended
      expect(await sessionStanding(store)).toEqual(plainSession(rest))
    })

    it('leaves another session, and one whose end was not seen', async () => {
      const store = await make()
      const seen = await startedSession(store)
      const ended = await endedSession(store, seen)

      await store.forget(sessionKey, seen)
      expect(await sessionStanding(store)).toEqual(plainSession(ended))

      const restarted = await restartedSession(store, ended)
      await store.forget(sessionKey, ended)
      expect(await sessionStanding(store)).toEqual(plainSession(restarted))
    })

    it('leaves one that is sealed anew since, though it ended at the same time', async () => {
      const store = await make()
      const ended = await endedSession(store, await startedSession(store))
      await store.takeLease(sessionKey, nextSessionClaim(ended))
      await store.publish(
        sessionKey,
        second,
        ended,
        sessionPublication({ frame: bytes('frame-2') }),
      )
      const again = await endedSession(store, (await store.read(sessionKey)) ?? ended)

      await store.forget(sessionKey, ended)

      expect(await sessionStanding(store)).toEqual(plainSession(again))
    })

    it('makes no item where there is none any more', async () => {
      const seen = await startedSession(await make())
      const store = await make()

      await store.forget(sessionKey, seen)

      expect(await sessionStanding(store)).toBeUndefined()
    })

    it('of an item without a session does nothing', async () => {
      const store = await make()
      const ended = await endedSession(store, await startedSession(store))
      await store.forget(sessionKey, ended)
      const { raw: _raw, ended: _ended, sealed: _sealed, ...bare } = ended

      await store.forget(sessionKey, bare)

      expect((await sessionStanding(store))?.ended).toEqual(endedAt20s)
    })
  })
}

export const describeListing = (make: Make): void => {
  describe('listOfUser', () => {
    it('gives all items of the user, and of nobody else', async () => {
      const store = await make()
      const { partition } = sessionKey
      const own = ['agent#1', 'claim#1', 'device#1'].map((sort) => ({ partition, sort }))
      for (const key of [...own, { partition: `${partition}0`, sort: 'claim#1' }]) {
        await startedSession(store, {}, key)
      }

      const items = await store.listOfUser(partition)

      const sorts = items.map(({ key }) => key.sort)
      expect(sorts.toSorted()).toEqual(['agent#1', 'claim#1', 'device#1'])
      expect(items.every(({ key }) => key.partition === partition)).toBe(true)
    })

    it('of a user without any is empty', async () => {
      const store = await make()

      expect(await store.listOfUser(sessionKey.partition)).toEqual([])
    })
  })
}
