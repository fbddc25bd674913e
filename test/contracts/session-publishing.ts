// What every session store promises about publication: of a start, and of a join that was one.
import { describe, expect, it } from 'vitest'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import { bytes, first, second } from './leases.ts'
import {
  endedSession,
  nextSessionClaim,
  plainSession,
  replacedSession,
  replacement,
  restartedSession,
  sessionClaim,
  sessionEnd,
  sessionKey,
  sessionPublication,
  sessionStanding,
  startedSession,
} from './sessions.ts'

type Make = () => Promise<SessionStore>

const started = {
  key: sessionKey,
  generation: 1,
  sealed: { frame: bytes('frame-1'), generation: 1 },
  sessionId: 'session-1',
  claimsAtMs: 9_000,
  profileDigest: 'profile-1',
  acquires: { windowStartedAtMs: 10_000, count: 1 },
  startMs: 400,
  dueAtMs: 90_000,
  ttlEpochSeconds: 3_700,
}

export const describeSessionPublishing = (make: Make): void => {
  describe('publish', () => {
    it('puts the session in and takes the lease out', async () => {
      const store = await make()

      const item = await startedSession(store)

      expect(plainSession(item)).toEqual(started)
      expect(await sessionStanding(store)).toEqual(started)
    })

    it('over a tombstone with a failure takes both out, and an id that is not known any more', async () => {
      const store = await make()
      const ended = await endedSession(store, await startedSession(store))
      await store.takeLease(sessionKey, nextSessionClaim(ended))
      const failure = { reason: 'timeout', retryAtMs: 30_000 }
      await store.release(sessionKey, second, failure)
      const seen = await store.read(sessionKey)
      const third = { owner: 'owner-3', generation: 3 }
      await store.takeLease(sessionKey, nextSessionClaim(seen, third))

      const next = sessionPublication({ frame: bytes('frame-3'), sessionId: undefined })
      const { applied, item } = await store.publish(sessionKey, third, seen, next)

      const { sessionId: _id, ...rest } = started
      const sealed = { frame: bytes('frame-3'), generation: 3 }
      expect(applied).toBe(true)
      expect(plainSession(item)).toEqual({ ...rest, generation: 3, sealed })
    })

    it.each([
      ['another owner', { owner: 'owner-2', generation: 1 }],
      ['another generation', { owner: 'owner-1', generation: 2 }],
    ])('by %s changes nothing', async (_, holder) => {
      const store = await make()
      const { item } = await store.takeLease(sessionKey, sessionClaim())

      const outcome = await store.publish(sessionKey, holder, undefined, sessionPublication())

      expect(outcome.applied).toBe(false)
      expect(plainSession(outcome.item)).toEqual(plainSession(item))
      expect(await sessionStanding(store)).toEqual(plainSession(item))
    })

    it.each([
      ['a session', true],
      ['nothing but the lease', false],
    ])('is refused when the user ended %s meanwhile', async (_, hadSession) => {
      const store = await make()
      const seen = hadSession ? await startedSession(store) : undefined
      const { item: leased } = await store.takeLease(sessionKey, nextSessionClaim(seen))
      if (!leased) throw new Error('no lease')
      const { applied: ended } = await store.end(sessionKey, leased, sessionEnd)
      const before = await sessionStanding(store)

      const late = sessionPublication({ frame: bytes('frame-2') })
      const outcome = await store.publish(sessionKey, second, seen, late)

      expect(ended).toBe(true)
      expect(outcome.applied).toBe(false)
      expect(await sessionStanding(store)).toEqual(before)
    })

    it('where there is no item any more makes none', async () => {
      const store = await make()

      const outcome = await store.publish(sessionKey, first, undefined, sessionPublication())

      expect(outcome).toEqual({ applied: false, item: undefined })
      expect(await sessionStanding(store)).toBeUndefined()
    })

    it('of the same again is applied; of another frame it is not', async () => {
      const store = await make()
      await startedSession(store)

      const other = sessionPublication({ frame: bytes('frame-2') })
      const again = await store.publish(sessionKey, first, undefined, sessionPublication())
      const another = await store.publish(sessionKey, first, undefined, other)

      expect([again.applied, another.applied]).toEqual([true, false])
      expect(await sessionStanding(store)).toEqual(started)
    })
  })

  describe('replace', () => {
    it('puts the other session in the place of the seen one', async () => {
      const store = await make()
      const seen = await startedSession(store)

      const outcome = await store.replace(sessionKey, seen, replacement())

      const sealed = { frame: bytes('frame-9'), generation: 9 }
      const item = { ...started, generation: 9, sealed, sessionId: 'session-9' }
      expect(outcome.applied).toBe(true)
      expect(plainSession(outcome.item)).toEqual(item)
      expect(await sessionStanding(store)).toEqual(item)
    })

    it('of the same again is applied', async () => {
      const store = await make()
      const seen = await startedSession(store)
      await store.replace(sessionKey, seen, replacement())

      expect((await store.replace(sessionKey, seen, replacement())).applied).toBe(true)
    })

    it.each<[string, (store: SessionStore, seen: SessionItem) => Promise<unknown>]>([
      ['another session stands there', restartedSession],
      [
        'one of the same id, whose reference token is another',
        (store, seen) =>
          replacedSession(store, seen, { sessionId: 'session-1', frame: bytes('frame-8') }),
      ],
      ['the session ended', endedSession],
    ])('is refused when %s', async (_, meanwhile) => {
      const store = await make()
      const seen = await startedSession(store)
      await meanwhile(store, seen)
      const before = await sessionStanding(store)

      const outcome = await store.replace(sessionKey, seen, replacement({ generation: 20 }))

      expect(outcome.applied).toBe(false)
      expect(plainSession(outcome.item)).toEqual(before)
      expect(await sessionStanding(store)).toEqual(before)
    })

    it.each([
      [14_999, false],
      [15_000, true],
    ])('at %i beside a lease until 15,000: %s', async (nowAtMs, applied) => {
      const store = await make()
      const seen = await startedSession(store)
      await store.takeLease(sessionKey, nextSessionClaim(seen))

      const outcome = await store.replace(sessionKey, seen, replacement({ nowAtMs }))

      expect(outcome.applied).toBe(applied)
      const late = await store.publish(sessionKey, second, seen, sessionPublication())
      expect(late.applied).toBe(!applied)
    })

    it('where there is no item any more makes none', async () => {
      const store = await make()
      const nothing = { key: sessionKey, generation: 0, ttlEpochSeconds: 0 }

      const outcome = await store.replace(sessionKey, nothing, replacement())

      expect(outcome).toEqual({ applied: false, item: undefined })
      expect(await sessionStanding(store)).toBeUndefined()
    })

    it.each([
      [2, false],
      [3, true],
    ])('under generation %i over 2: %s', async (generation, applied) => {
      const store = await make()
      const seen = await startedSession(store)
      await store.takeLease(sessionKey, nextSessionClaim(seen))
      await store.release(sessionKey, second)

      const outcome = await store.replace(sessionKey, seen, replacement({ generation }))

      expect(outcome.applied).toBe(applied)
    })
  })
}
