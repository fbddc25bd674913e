import type { SessionItem, SessionStore, SeenSession } from '../../lib/store/session-store.ts'
import type { Holder, ItemKey } from '../../lib/store/token-store.ts'

const textOf = (key: ItemKey) => `${key.partition}\n${key.sort}`
const same = (a: SeenSession, b: SeenSession) =>
  a?.sealed?.generation === b?.sealed?.generation &&
  a?.sessionId === b?.sessionId &&
  a?.ended?.atMs === b?.ended?.atMs

export const createMemorySessionStore = (): SessionStore => {
  const rows = new Map<string, SessionItem>()
  const put = (item: SessionItem) => {
    rows.set(textOf(item.key), item)
    return item
  }
  const at = (key: ItemKey) => rows.get(textOf(key))
  const holds = (item: SeenSession, { owner, generation }: Holder) =>
    item?.lease?.owner === owner && item.generation === generation
  return {
    read: async (key) => at(key),
    listOfUser: async (partition) =>
      [...rows.values()].filter((item) => item.key.partition === partition),
    countAcquire: async (key, { seen, nowAtMs, windowMs, limit, claimsAtMs }) => {
      const item = at(key)
      if (!item || !same(item, seen) || item.ended) return { outcome: 'changed', item }
      const old = item.acquires
      const open = old && nowAtMs - old.windowStartedAtMs < windowMs
      if (open && old.count >= limit) return { outcome: 'limited', item }
      const acquires = open
        ? { ...old, count: old.count + 1 }
        : { windowStartedAtMs: nowAtMs, count: 1 }
      const claims =
        claimsAtMs === undefined ? {} : { claimsAtMs: Math.max(claimsAtMs, item.claimsAtMs ?? 0) }
      return { outcome: 'counted', item: put({ ...item, acquires, ...claims }) }
    },
    takeLease: async (key, claim) => {
      const item = at(key)
      const { seen, owner, generation, nowAtMs, lengthMs, skewMs, stalled, acquires } = claim
      const lease = item?.lease
      const over =
        !lease ||
        lease.untilAtMs <= nowAtMs - skewMs ||
        (stalled?.owner === lease.owner && stalled.generation === item?.generation)
      if (!same(item, seen) || !over) return { applied: lease?.owner === owner, item }
      const taken = { owner, untilAtMs: nowAtMs + lengthMs, lengthMs }
      const { ttlEpochSeconds } = claim
      return {
        applied: true,
        item: put({ ...item, key, generation, lease: taken, acquires, ttlEpochSeconds }),
      }
    },
    publish: async (key, holder, seen, { frame, ...publication }) => {
      const item = at(key)
      if (!item || !holds(item, holder) || item.ended?.atMs !== seen?.ended?.atMs) {
        return { applied: false, item }
      }
      const { generation, acquires } = item
      const base = { key, generation, ...(acquires ? { acquires } : {}) }
      const { sessionId, ...rest } = publication
      const sealed = { frame, generation: holder.generation }
      const id = sessionId === undefined ? {} : { sessionId }
      return { applied: true, item: put({ ...base, ...rest, ...id, sealed }) }
    },
    replace: async (key, seen, { frame, generation, nowAtMs: _now, ...publication }) => {
      const item = at(key)
      if (!item || !same(item, seen) || item.ended || item.lease) return { applied: false, item }
      const { sessionId, ...rest } = publication
      const { acquires } = item
      const id = sessionId === undefined ? {} : { sessionId }
      const base = { key, generation, ...(acquires ? { acquires } : {}) }
      return {
        applied: true,
        item: put({ ...base, ...rest, ...id, sealed: { frame, generation } }),
      }
    },
    release: async (key, holder, { failure, ttlEpochSeconds }) => {
      const item = at(key)
      if (!item || !holds(item, holder)) return false
      const { lease: _lease, ...rest } = item
      const shared = failure ? { failure: { generation: holder.generation, ...failure } } : {}
      put({ ...rest, ttlEpochSeconds, ...shared })
      return true
    },
    end: async (key, seen, { ttlEpochSeconds, ...ended }) => {
      const item = at(key)
      if (!item || !same(item, seen) || item.ended) return { applied: false, item }
      return { applied: true, item: put({ ...item, ended, ttlEpochSeconds }) }
    },
    forget: async (key, seen) => {
      const item = at(key)
      if (!item?.ended || !same(item, seen)) return
      const { sealed: _sealed, ...rest } = item
      put(rest)
    },
  }
}
