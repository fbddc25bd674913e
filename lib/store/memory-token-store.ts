// The token store in memory: the same contract without a table, for one process. Every call is one
// synchronous step, so its conditions hold as a table's do.
import { isOwnPublication, isOwnSecret } from './own-write.ts'
import type {
  DueToken,
  Holder,
  ItemKey,
  LeaseClaim,
  SecretItem,
  SecretStore,
  TokenItem,
  TokenStore,
} from './token-store.ts'

type Row = { item: TokenItem; dueAtMs?: number }

const textOf = (key: ItemKey): string => `${key.partition}\n${key.sort}`

export const createMemoryTokenStore = (): TokenStore => {
  const rows = new Map<string, Row>()
  const itemAt = (key: ItemKey): TokenItem | undefined => rows.get(textOf(key))?.item
  const put = (item: TokenItem, dueAtMs = rows.get(textOf(item.key))?.dueAtMs): TokenItem => {
    rows.set(textOf(item.key), dueAtMs === undefined ? { item } : { item, dueAtMs })
    return item
  }
  return {
    read: async (key) => itemAt(key),
    takeLease: async (key, claim) => {
      const item = itemAt(key)
      if (mayTake(item, claim)) return { taken: true, item: put(leased(key, item, claim)) }
      return { taken: item?.lease?.owner === claim.owner, item }
    },
    publish: async (key, holder, publication) => {
      const item = itemAt(key)
      if (!item || !isHolder(item, holder)) {
        return { applied: isOwnPublication(item, publication), item }
      }
      const { frame, used, loginMs, ttlEpochSeconds } = publication
      const { generation } = holder
      const { lease: _lease, failure: _failure, ...rest } = item
      const sealed = { frame, generation }
      const usedGeneration = used ? { usedGeneration: generation } : {}
      const next = { ...rest, sealed, loginMs, ttlEpochSeconds, ...usedGeneration }
      return { applied: true, item: put(next, Math.round(publication.dueAtMs)) }
    },
    release: async (key, holder, { failure, ttlEpochSeconds }) => {
      const item = itemAt(key)
      if (!item || !isHolder(item, holder)) return false
      const { lease: _lease, ...rest } = item
      put({ ...rest, ttlEpochSeconds, ...(failure ? { failure } : {}) })
      return true
    },
    markRefused: async (key, { nowAtMs, ...refused }) => {
      const item = itemAt(key)
      const stands = item?.sealed?.generation === refused.generation
      const marked = item?.refused?.generation === refused.generation
      const paced = (item?.refused?.notBeforeAtMs ?? 0) <= nowAtMs
      if (!item || !stands || marked || !paced) return { applied: false, item }
      return { applied: true, item: put({ ...item, refused }) }
    },
    markRevoked: async (key, generation) => {
      const item = itemAt(key)
      if (!item || item.sealed?.generation !== generation) return { applied: false, item }
      return { applied: true, item: put({ ...item, revokedGeneration: generation }) }
    },
    markUsed: async (key, generation) => {
      const item = itemAt(key)
      if (item?.sealed?.generation === generation) put({ ...item, usedGeneration: generation })
    },
    dropDue: async (key, generation, evenUsed = false) => {
      const item = itemAt(key)
      const inUse = item?.usedGeneration === generation && !evenUsed
      if (item?.sealed?.generation === generation && !inUse) rows.set(textOf(key), { item })
    },
    listDue: (beforeAtMs) => listDue([...rows.values()], beforeAtMs),
  }
}

const mayTake = (item: TokenItem | undefined, claim: LeaseClaim): boolean => {
  const { seen, nowAtMs, skewMs, stalled } = claim
  const unchanged =
    item?.generation === seen?.generation && item?.sealed?.generation === seen?.sealed?.generation
  const lease = item?.lease
  const over = !lease || lease.untilAtMs <= nowAtMs - skewMs
  const hasStalled = lease?.owner === stalled?.owner && item?.generation === stalled?.generation
  const backOff = (item?.failure?.notBeforeAtMs ?? 0) > nowAtMs && claim.pastNotBefore !== true
  return unchanged && (over || hasStalled) && !backOff
}

const leased = (key: ItemKey, item: TokenItem | undefined, claim: LeaseClaim): TokenItem => {
  const { owner, generation, nowAtMs, lengthMs, ttlEpochSeconds } = claim
  const lease = { owner, untilAtMs: nowAtMs + lengthMs, lengthMs }
  return { ...item, key, generation, lease, ttlEpochSeconds }
}

const isHolder = (item: TokenItem, { owner, generation }: Holder): boolean =>
  item.lease?.owner === owner && item.generation === generation

async function* listDue(rows: readonly Row[], beforeAtMs: number): AsyncGenerator<DueToken> {
  const due = rows.flatMap(({ item, dueAtMs }) =>
    item.sealed && dueAtMs !== undefined && dueAtMs <= beforeAtMs
      ? [{ item, dueAtMs, tokenGeneration: item.sealed.generation }]
      : [],
  )
  for (const { item, dueAtMs, tokenGeneration } of due.toSorted((a, b) => a.dueAtMs - b.dueAtMs)) {
    yield { key: item.key, dueAtMs, tokenGeneration, usedGeneration: item.usedGeneration }
  }
}

export const createMemorySecretStore = (): SecretStore => {
  const secrets = new Map<string, SecretItem>()
  return {
    readSecret: async (key) => secrets.get(textOf(key)),
    readSecretVersion: async (key) => secrets.get(textOf(key))?.generation,
    writeSecret: async (key, secret, seenGeneration) => {
      const standing = secrets.get(textOf(key))
      if (standing?.generation !== seenGeneration) return isOwnSecret(standing, secret)
      secrets.set(textOf(key), secret)
      return true
    },
  }
}
