// What every session store promises of sessions that are due, and of when they are.
import { describe, expect, it } from 'vitest'
import type { DueSession, SessionStore } from '../../lib/store/session-store.ts'
import type { ItemKey } from '../../lib/store/token-store.ts'
import { bytes, first } from './leases.ts'
import {
  acquireClaim,
  endedAt20s,
  endedSession,
  nextSessionClaim,
  plainSession,
  replacedSession,
  restartedSession,
  sessionClaim,
  sessionEnd,
  sessionKey,
  sessionPublication,
  sessionStanding,
  startedSession,
} from './sessions.ts'

type Make = () => Promise<SessionStore>

export const keyOf = (name: number | string): ItemKey => ({
  partition: `embed-session#acme#user-${name}`,
  sort: 'device#1',
})

/** One session for each due time, each of a user of its own. */
export const startMany = async (store: SessionStore, dueTimes: readonly number[]) => {
  for (let at = 0; at < dueTimes.length; at += 25) {
    const starts = dueTimes
      .slice(at, at + 25)
      .map((dueAtMs, index) => startedSession(store, { dueAtMs }, keyOf(at + index)))
    await Promise.all(starts)
  }
}

const listed = async (store: SessionStore, beforeAtMs = 1_000_000): Promise<DueSession[]> => {
  const rows: DueSession[] = []
  for await (const row of store.listDue(beforeAtMs)) rows.push(row)
  return rows
}

export const describeDueSessions = (make: Make): void => {
  describe('listDue', () => {
    it.each([
      [89_999, 0],
      [89_999.9, 0],
      [90_000, 1],
    ])('of a session due at 90,000 gives at %d: %i', async (beforeAtMs, count) => {
      const store = await make()
      await startedSession(store, { dueAtMs: 90_000 })

      expect(await listed(store, beforeAtMs)).toHaveLength(count)
    })

    it('rounds what is due between two milliseconds', async () => {
      const store = await make()
      const item = await startedSession(store, { dueAtMs: 89_999.6 })

      expect(item.dueAtMs).toBe(90_000)
      expect(await listed(store, 90_000)).toEqual([{ key: sessionKey, dueAtMs: 90_000 }])
    })

    it('gives all of 250, the earliest first', async () => {
      const store = await make()
      const dueTimes = Array.from({ length: 250 }, (_, index) => (index * 37) % 250)
      await startMany(store, dueTimes)

      const rows = await listed(store)

      const sorted = Array.from({ length: 250 }, (_, index) => index)
      expect(rows.map(({ dueAtMs }) => dueAtMs)).toEqual(sorted)
      expect(rows.map(({ key }) => key)).toEqual(sorted.map((at) => keyOf(dueTimes.indexOf(at))))
    })

    it('gives no start that is under way or failed', async () => {
      const store = await make()
      await store.takeLease(sessionKey, sessionClaim())
      await store.takeLease(keyOf('failed'), sessionClaim())
      await store.release(keyOf('failed'), first, { reason: 'timeout' })

      expect(await listed(store)).toEqual([])
    })

    it('gives a session as it is due, whatever is leased, counted and given back', async () => {
      const store = await make()
      const seen = await startedSession(store)
      await store.countAcquire(sessionKey, acquireClaim(seen))
      const claim = nextSessionClaim(seen)
      await store.takeLease(sessionKey, claim)
      const leased = await listed(store)
      await store.release(sessionKey, claim, { reason: 'timeout' })

      expect(leased).toEqual([{ key: sessionKey, dueAtMs: 90_000 }])
      expect(await listed(store)).toEqual(leased)
    })

    it('gives what takes the place of a session as that is due', async () => {
      const store = await make()
      const seen = await startedSession(store)

      const replaced = await replacedSession(store, seen, { dueAtMs: 95_000 })
      const rows = await listed(store)
      await restartedSession(store, replaced)

      expect(rows).toEqual([{ key: sessionKey, dueAtMs: 95_000 }])
      expect(await listed(store)).toEqual([{ key: sessionKey, dueAtMs: 90_000 }])
    })

    it('gives a session that ended from its end on, until Looker confirmed it', async () => {
      const store = await make()
      const ended = await endedSession(store, await startedSession(store))

      const rows = await listed(store, 20_000)
      await store.forget(sessionKey, ended)

      expect(rows).toEqual([{ key: sessionKey, dueAtMs: 20_000 }])
      expect(await listed(store)).toEqual([])
      expect((await sessionStanding(store))?.ended).toEqual(endedAt20s)
    })

    it('gives a session that ended between two milliseconds from the nearest on', async () => {
      const store = await make()
      const seen = await startedSession(store)

      await store.end(sessionKey, seen, { ...sessionEnd, atMs: 20_000.6 })

      expect(await listed(store, 20_000)).toEqual([])
      expect(await listed(store, 20_001)).toEqual([{ key: sessionKey, dueAtMs: 20_001 }])
    })

    it('gives none that has no session and ended', async () => {
      const store = await make()
      const forgotten = await endedSession(store, await startedSession(store))
      await store.forget(sessionKey, forgotten)
      const seen = (await store.read(sessionKey)) ?? forgotten

      await store.end(sessionKey, seen, { ...sessionEnd, atMs: 30_000 })

      expect(await listed(store)).toEqual([])
      expect(await sessionStanding(store)).not.toHaveProperty('dueAtMs')
    })

    it('gives a start over a tombstone again', async () => {
      const store = await make()
      const ended = await endedSession(store, await startedSession(store))
      await store.forget(sessionKey, ended)

      await restartedSession(store, (await store.read(sessionKey)) ?? ended)

      expect(await listed(store)).toEqual([{ key: sessionKey, dueAtMs: 90_000 }])
    })
  })

  describe('reschedule', () => {
    it('moves when the seen session is due, and nothing else', async () => {
      const store = await make()
      const seen = await startedSession(store)

      await store.reschedule(sessionKey, seen, 119_999.6)

      expect(await sessionStanding(store)).toEqual({ ...plainSession(seen), dueAtMs: 120_000 })
      expect(await listed(store)).toEqual([{ key: sessionKey, dueAtMs: 120_000 }])
    })

    it('moves the next look at a session whose end was seen', async () => {
      const store = await make()
      const ended = await endedSession(store, await startedSession(store))

      await store.reschedule(sessionKey, ended, 25_000)

      expect(await sessionStanding(store)).toEqual({ ...plainSession(ended), dueAtMs: 25_000 })
    })

    it('leaves a session that ended, ended anew, or lives again', async () => {
      const store = await make()
      const living = await startedSession(store)
      const ended = await endedSession(store, living)
      await store.reschedule(sessionKey, living, 25_000)
      expect(await sessionStanding(store)).toEqual(plainSession(ended))

      const anew = await store.end(sessionKey, ended, { ...sessionEnd, atMs: 30_000 })
      await store.reschedule(sessionKey, ended, 25_000)
      expect(await sessionStanding(store)).toEqual(plainSession(anew.item))

      const again = await restartedSession(store, anew.item ?? ended)
      await store.reschedule(sessionKey, anew.item ?? ended, 25_000)
      expect(await sessionStanding(store)).toEqual(plainSession(again))
    })

    it('leaves a session that took the place of the seen one', async () => {
      const store = await make()
      const seen = await startedSession(store)
      const replaced = await replacedSession(store, seen)

      await store.reschedule(sessionKey, seen, 25_000)

      expect(await sessionStanding(store)).toEqual(plainSession(replaced))
    })

    it('brings no session back to the list that was forgotten', async () => {
      const store = await make()
      const ended = await endedSession(store, await startedSession(store))
      await store.forget(sessionKey, ended)
      const forgotten = (await store.read(sessionKey)) ?? ended

      await store.reschedule(sessionKey, ended, 25_000)
      await store.reschedule(sessionKey, forgotten, 25_000)

      expect(await listed(store)).toEqual([])
      expect(await sessionStanding(store)).toEqual(plainSession(forgotten))
    })

    it('makes no item where there is none any more', async () => {
      const seen = await startedSession(await make())
      const store = await make()
      const { sealed: _sealed, ...unsealed } = seen

      await store.reschedule(sessionKey, seen, 25_000)
      await store.reschedule(sessionKey, unsealed, 25_000)

      expect(await sessionStanding(store)).toBeUndefined()
    })

    it('of a start that was published meanwhile changes nothing', async () => {
      const store = await make()
      const { item: leased } = await store.takeLease(sessionKey, sessionClaim())
      const frame = bytes('frame-3')
      const { item } = await store.publish(
        sessionKey,
        first,
        undefined,
        sessionPublication({ frame }),
      )

      if (leased) await store.reschedule(sessionKey, leased, 25_000)

      expect(await sessionStanding(store)).toEqual(plainSession(item))
    })
  })
}
