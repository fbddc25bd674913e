// What every session store promises to whoever saw the item otherwise than it stands: nothing is written.
import { describe, expect, it } from 'vitest'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import { second } from './leases.ts'
import {
  acquireClaim,
  endedSession,
  nextSessionClaim,
  replacement,
  sessionEnd,
  sessionKey,
  sessionPublication,
  sessionStanding,
  startedSession,
} from './sessions.ts'

type Call = (store: SessionStore, seen: SessionItem) => Promise<unknown>
type Sight = (item: SessionItem) => SessionItem

const sights = {
  generation: (item) => ({ ...item, generation: 7, raw: { ...item.raw, generation: { N: '7' } } }),
  session_generation: (item) => ({
    ...item,
    ...(item.sealed ? { sealed: { ...item.sealed, generation: 7 } } : {}),
    raw: { ...item.raw, session_generation: { N: '7' } },
  }),
  session_id: (item) => ({
    ...item,
    sessionId: 'session-7',
    raw: { ...item.raw, session_id: { S: 'session-7' } },
  }),
  ended_at_ms: (item) => ({
    ...item,
    ended: { atMs: 7, reason: 'signed-out', needsSignIn: false },
    raw: { ...item.raw, ended_at_ms: { N: '7' } },
  }),
} as const satisfies Record<string, Sight>

const take: Call = (store, seen) =>
  store.takeLease(sessionKey, nextSessionClaim(seen, { generation: 9 }))
const count: Call = (store, seen) => store.countAcquire(sessionKey, acquireClaim(seen))
const publish: Call = (store, seen) =>
  store.publish(sessionKey, second, seen, sessionPublication({ claimsAtMs: 9_001 }))
const replace: Call = (store, seen) => store.replace(sessionKey, seen, replacement())
const end: Call = (store, seen) => store.end(sessionKey, seen, sessionEnd)
const forget: Call = (store, seen) => store.forget(sessionKey, seen)

const lease = async (store: SessionStore, seen: SessionItem): Promise<SessionItem> =>
  (await store.takeLease(sessionKey, nextSessionClaim(seen))).item ?? seen

export const describeSights = (make: () => Promise<SessionStore>): void => {
  describe.each<[string, Call, (keyof typeof sights)[], typeof lease | undefined]>([
    [
      'takeLease',
      take,
      ['generation', 'session_generation', 'session_id', 'ended_at_ms'],
      undefined,
    ],
    ['countAcquire', count, ['session_generation', 'session_id'], undefined],
    ['publish', publish, ['ended_at_ms'], lease],
    ['replace', replace, ['session_generation', 'session_id'], undefined],
    ['end', end, ['session_generation', 'ended_at_ms'], undefined],
    ['forget', forget, ['session_generation', 'ended_at_ms'], endedSession],
  ])('%s', (_, call, names, prepare) => {
    it.each(names)('changes nothing for whoever saw another %s', async (name) => {
      const store = await make()
      const started = await startedSession(store)
      const item = (await prepare?.(store, started)) ?? started
      const before = await sessionStanding(store)

      await call(store, sights[name](item))

      expect(await sessionStanding(store)).toEqual(before)
    })

    it('changes it for whoever saw it as it stands', async () => {
      const store = await make()
      const started = await startedSession(store)
      const item = (await prepare?.(store, started)) ?? started
      const before = await sessionStanding(store)

      await call(store, item)

      expect(await sessionStanding(store)).not.toEqual(before)
    })
  })
}
