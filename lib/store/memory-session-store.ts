// The session store in memory: the same contract without a table, for one process. Every call is one
// synchronous step, so its conditions hold as a table's do.
import { listDue, pageOf, textOf } from './memory-session-pages.ts'
import {
  hasEnd,
  hasFrame,
  isFull,
  isSameSession,
  opensWindow,
  raisesClaims,
} from './session-rules.ts'
import { mostListed } from './session-store.ts'
import type {
  AcquireClaim,
  SeenSession,
  SessionItem,
  SessionLeaseClaim,
  SessionPublication,
  SessionStore,
} from './session-store.ts'
import type { Holder, ItemKey } from './token-store.ts'

export const createMemorySessionStore = (): SessionStore => {
  const items = new Map<string, SessionItem>()
  const itemAt = (key: ItemKey): SeenSession => items.get(textOf(key))
  const put = (item: SessionItem): SessionItem => {
    items.set(textOf(item.key), item)
    return item
  }
  return {
    read: async (key) => itemAt(key),
    listOfUser: async (partition) =>
      [...items.values()].filter(({ key }) => key.partition === partition).slice(0, mostListed),
    countAcquire: async (key, claim) => {
      const item = itemAt(key)
      if (!item || !isAlive(item, claim.seen)) return { outcome: 'changed', item }
      const asked = { ...claim, seen: item }
      if (isFull(asked)) return { outcome: 'limited', item }
      return { outcome: 'counted', item: put(counted(asked)) }
    },
    takeLease: async (key, claim) => {
      const item = itemAt(key)
      if (mayTake(item, claim)) return { applied: true, item: put(leased(key, item, claim)) }
      return { applied: item?.lease?.owner === claim.owner, item }
    },
    publish: async (key, holder, seen, publication) => {
      const item = itemAt(key)
      if (!item || !isHolder(item, holder) || item.ended?.atMs !== seen?.ended?.atMs) {
        return { applied: hasFrame(item, publication.frame), item }
      }
      return { applied: true, item: put(published(item, holder.generation, publication)) }
    },
    replace: async (key, seen, replacement) => {
      const item = itemAt(key)
      const { generation, nowAtMs } = replacement
      const free = !item?.lease || item.lease.untilAtMs <= nowAtMs
      if (!item || !isAlive(item, seen) || !free || item.generation >= generation) {
        return { applied: hasFrame(item, replacement.frame), item }
      }
      return { applied: true, item: put(published(item, generation, replacement)) }
    },
    release: async (key, holder, failure) => {
      const item = itemAt(key)
      if (!item || !isHolder(item, holder)) return false
      const { lease: _lease, ...rest } = item
      const shared = failure ? { failure: { ...failure, generation: holder.generation } } : {}
      put({ ...rest, ...shared })
      return true
    },
    end: async (key, seen, { ttlEpochSeconds, ...ended }) => {
      const item = itemAt(key)
      if (!item || !isSeen(item, seen)) return { applied: hasEnd(item, ended), item }
      const { dueAtMs: _dueAtMs, ...rest } = item
      const due = item.sealed ? { dueAtMs: Math.round(ended.atMs) } : {}
      return { applied: true, item: put({ ...rest, ...due, ended, ttlEpochSeconds }) }
    },
    forget: async (key, seen) => {
      const item = itemAt(key)
      if (!item || !isSeen(item, seen)) return
      const { sealed: _sealed, dueAtMs: _dueAtMs, ...rest } = item
      put(rest)
    },
    listDue: (beforeAtMs) => listDue([...items.values()], beforeAtMs),
    reschedule: async (key, seen, dueAtMs) => {
      const item = itemAt(key)
      if (!item?.sealed || !isSeen(item, seen)) return
      put({ ...item, dueAtMs: Math.round(dueAtMs) })
    },
    listPage: async ({ after, limit }) => pageOf([...items.values()], after, limit),
  }
}

const isSeen = (item: SessionItem, seen: SessionItem): boolean =>
  item.sealed?.generation === seen.sealed?.generation && item.ended?.atMs === seen.ended?.atMs

const isAlive = (item: SessionItem, seen: SessionItem): boolean =>
  !item.ended && isSameSession(item, seen)

const counted = (claim: AcquireClaim): SessionItem => {
  const { seen, nowAtMs, claimsAtMs } = claim
  const standing = opensWindow(claim) ? undefined : seen.acquires
  const { windowStartedAtMs, count } = standing ?? { windowStartedAtMs: nowAtMs, count: 0 }
  const raised = claimsAtMs !== undefined && raisesClaims(seen, claimsAtMs) ? { claimsAtMs } : {}
  return { ...seen, ...raised, acquires: { windowStartedAtMs, count: count + 1 } }
}

const mayTake = (item: SeenSession, claim: SessionLeaseClaim): boolean => {
  const { seen, nowAtMs, skewMs, stalled } = claim
  const unchanged =
    item?.generation === seen?.generation &&
    item?.sealed?.generation === seen?.sealed?.generation &&
    item?.sessionId === seen?.sessionId &&
    item?.ended?.atMs === seen?.ended?.atMs
  const lease = item?.lease
  const over = !lease || lease.untilAtMs <= nowAtMs - skewMs
  const hasStalled = lease?.owner === stalled?.owner && item?.generation === stalled?.generation
  return unchanged && (over || hasStalled)
}

const leased = (key: ItemKey, item: SeenSession, claim: SessionLeaseClaim): SessionItem => {
  const { owner, generation, nowAtMs, lengthMs, acquires, ttlEpochSeconds } = claim
  const lease = { owner, untilAtMs: nowAtMs + lengthMs, lengthMs }
  return { ...item, key, generation, lease, acquires, ttlEpochSeconds }
}

const isHolder = (item: SessionItem, { owner, generation }: Holder): boolean =>
  item.lease?.owner === owner && item.generation === generation

const published = (
  item: SessionItem,
  generation: number,
  {
    frame,
    sessionId,
    claimsAtMs,
    profileDigest,
    startMs,
    dueAtMs,
    ttlEpochSeconds,
  }: SessionPublication,
): SessionItem => ({
  key: item.key,
  generation,
  sealed: { frame, generation },
  ...(sessionId === undefined ? {} : { sessionId }),
  claimsAtMs,
  profileDigest,
  ...(item.acquires ? { acquires: item.acquires } : {}),
  startMs,
  dueAtMs: Math.round(dueAtMs),
  ttlEpochSeconds,
})
