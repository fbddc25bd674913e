// What every session store promises of the pages of all its sessions.
import { describe, expect, it } from 'vitest'
import type { SessionCursor, SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import { keyOf, startMany } from './session-due.ts'
import { endedSession, plainSession, sessionClaim, sessionKey, startedSession } from './sessions.ts'

type Make = () => Promise<SessionStore>

/** Every page; `between` happens before each next one. Ends after 300 pages, so that no fault goes on for ever. */
const pagesOf = async (
  store: SessionStore,
  limit: number,
  between: (page: readonly SessionItem[]) => Promise<unknown> = async () => undefined,
): Promise<(readonly SessionItem[])[]> => {
  const pages: (readonly SessionItem[])[] = []
  let after: SessionCursor | undefined
  do {
    const { items, next } = await store.listPage({ after, limit })
    pages.push(items)
    after = next
    await between(items)
  } while (after && pages.length < 300)
  return pages
}

const usersOf = (pages: readonly (readonly SessionItem[])[]): string[] =>
  pages.flat().map(({ key }) => key.partition)

/** Five sessions for each due time, in no order. */
const crowded = Array.from({ length: 250 }, (_, index) => ((index * 37) % 50) * 1_000)
const crowdedUsers = crowded.map((_, index) => keyOf(index).partition).toSorted()

export const describeSessionPages = (make: Make): void => {
  describe('listPage', () => {
    it('of a table without sessions is empty, and the last', async () => {
      const store = await make()
      await store.takeLease(sessionKey, sessionClaim())

      expect(await store.listPage({ limit: 10 })).toEqual({ items: [], next: undefined })
    })

    it('of fewer sessions than its limit is the last', async () => {
      const store = await make()
      await startMany(store, [1_000, 2_000, 3_000])

      const { items, next } = await store.listPage({ limit: 4 })

      expect(items).toHaveLength(3)
      expect(next).toBeUndefined()
    })

    it('gives the items as they stand', async () => {
      const store = await make()
      const seen = await startedSession(store)

      const { items } = await store.listPage({ limit: 10 })

      expect(items.map(plainSession)).toEqual([plainSession(seen)])
    })

    it('gives living and ending sessions, in the order in which they are due', async () => {
      const store = await make()
      await startedSession(store, { dueAtMs: 40_000 }, keyOf('b'))
      await startedSession(store, { dueAtMs: 10_000 }, keyOf('a'))
      const ended = await endedSession(store, await startedSession(store))

      const { items } = await store.listPage({ limit: 10 })
      await store.forget(sessionKey, ended)
      const later = await store.listPage({ limit: 10 })

      expect(items.map(({ key }) => key)).toEqual([keyOf('a'), sessionKey, keyOf('b')])
      expect(later.items.map(({ key }) => key)).toEqual([keyOf('a'), keyOf('b')])
    })

    it.each([100, 7])('gives each of 250 once, in pages of %i', async (limit) => {
      const store = await make()
      await startMany(store, crowded)

      const pages = await pagesOf(store, limit)

      const dueTimes = pages.flat().map(({ dueAtMs }) => dueAtMs)
      expect(usersOf(pages).toSorted()).toEqual(crowdedUsers)
      expect(dueTimes).toEqual(crowded.toSorted((a, b) => a - b))
      expect(Math.max(...pages.map((page) => page.length))).toBe(limit)
    })

    it.each([
      [0, 1],
      [101, 100],
    ])('takes a limit of %i as %i', async (limit, taken) => {
      const store = await make()
      await startMany(store, crowded.slice(0, 110))

      const { items, next } = await store.listPage({ limit })

      expect(items).toHaveLength(taken)
      expect(next).toBeDefined()
    })

    it('goes on behind a session that is gone, ended or due elsewhere since', async () => {
      const store = await make()
      await startMany(store, [1_000, 2_000, 3_000, 4_000])
      const firstPage = await store.listPage({ limit: 2 })

      const last = firstPage.items.at(-1)
      if (last) await store.reschedule(last.key, last, 500)
      const { items } = await store.listPage({ after: firstPage.next, limit: 2 })

      expect(firstPage.next).toEqual({ ...keyOf(1), dueAtMs: 2_000 })
      expect(items.map(({ key }) => key)).toEqual([keyOf(2), keyOf(3)])
    })

    it.each([100, 7])(
      'gives each of 250 once or twice in pages of %i, though some are due later once seen',
      async (limit) => {
        const store = await make()
        await startMany(store, crowded)
        const moved = new Set<string>()

        const pages = await pagesOf(store, limit, async (page) => {
          const some = page.filter(({ key }) => !moved.has(key.partition)).slice(0, 3)
          for (const item of some) {
            moved.add(item.key.partition)
            await store.reschedule(item.key, item, 100_000)
          }
        })

        const users = usersOf(pages)
        const twice = users.filter((user, at) => users.indexOf(user) !== at)
        expect([...new Set(users)].toSorted()).toEqual(crowdedUsers)
        expect(new Set(twice).size).toBe(twice.length)
        expect(twice.filter((user) => !moved.has(user))).toEqual([])
      },
    )

    it('ends, though all that were seen are due earlier since', async () => {
      const store = await make()
      await startMany(store, crowded)

      const pages = await pagesOf(store, 100, async (page) => {
        await Promise.all(page.map((item) => store.reschedule(item.key, item, 0)))
      })

      expect(usersOf(pages).toSorted()).toEqual(crowdedUsers)
    })
  })
}
