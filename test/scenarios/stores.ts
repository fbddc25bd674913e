// Token stores that misbehave: each wraps a store and changes one thing about it.
import { StoreError } from '../../lib/errors.ts'
import type { StoreFailure } from '../../lib/errors.ts'
import type { ItemKey, SecretStore, TokenItem, TokenStore } from '../../lib/store/token-store.ts'

export type Operation = Exclude<keyof TokenStore, 'listDue'>

const operations: readonly Operation[] = [
  'read',
  'takeLease',
  'publish',
  'release',
  'markRefused',
  'markRevoked',
  'markUsed',
  'dropDue',
]

/** Around every call: `call` is the true one. Must answer what the true one would. */
export type Around = <T>(operation: Operation, call: () => Promise<T>) => Promise<T>

export const around = (store: TokenStore, wrap: Around): TokenStore => ({
  read: (...args) => wrap('read', () => store.read(...args)),
  takeLease: (...args) => wrap('takeLease', () => store.takeLease(...args)),
  publish: (...args) => wrap('publish', () => store.publish(...args)),
  release: (...args) => wrap('release', () => store.release(...args)),
  markRefused: (...args) => wrap('markRefused', () => store.markRefused(...args)),
  markRevoked: (...args) => wrap('markRevoked', () => store.markRevoked(...args)),
  markUsed: (...args) => wrap('markUsed', () => store.markUsed(...args)),
  dropDue: (...args) => wrap('dropDue', () => store.dropDue(...args)),
  listDue: store.listDue,
})

/** Every claim is granted, and publication asks for no lease: what a broker without them would do. */
export const withoutLease = (store: TokenStore): TokenStore => ({
  ...store,
  takeLease: async (key, claim) => {
    const item = await store.read(key)
    const lease = { owner: claim.owner, untilAtMs: claim.nowAtMs, lengthMs: claim.lengthMs }
    const bare = { key, generation: claim.generation, ttlEpochSeconds: claim.ttlEpochSeconds }
    return { taken: true, item: { ...item, ...bare, lease } }
  },
  publish: async () => ({ applied: true, item: undefined }),
})

/** Publication overwrites whatever stands there: the unsafe twin of the fenced one. */
export const withoutFence = (store: TokenStore): TokenStore => ({
  ...store,
  publish: async (key, _holder, publication) => {
    const item = await store.read(key, { consistent: true })
    const present = item?.lease
      ? { owner: item.lease.owner, generation: item.generation }
      : await takenFor(store, key, item)
    const outcome = await store.publish(key, present, publication)
    return { ...outcome, applied: true }
  },
})

const takenFor = async (store: TokenStore, key: ItemKey, seen: TokenItem | undefined) => {
  const claim = { owner: 'overwriter', generation: (seen?.generation ?? 0) + 1 }
  const times = { nowAtMs: 0, lengthMs: 1, skewMs: 0, ttlEpochSeconds: seen?.ttlEpochSeconds ?? 0 }
  await store.takeLease(key, { ...claim, ...times, seen, pastNotBefore: true })
  return claim
}

export type Switches = {
  /** Every call of these fails so, until changed. */
  failing?: StoreFailure | undefined
  only?: readonly Operation[] | undefined
  /** Applies these calls, so many times each, and then loses the reply. */
  readonly lostReplies: Partial<Record<Operation, number>>
  readonly calls: Record<Operation, number>
}

export const noCalls = (): Record<Operation, number> => ({
  read: 0,
  takeLease: 0,
  publish: 0,
  release: 0,
  markRefused: 0,
  markRevoked: 0,
  markUsed: 0,
  dropDue: 0,
})

/** A store that counts, fails and loses replies on demand. */
export const createFaultyStore = (
  store: TokenStore,
): { readonly store: TokenStore; readonly switches: Switches } => {
  const switches: Switches = { lostReplies: {}, calls: noCalls() }
  const wrapped = around(store, async (operation, call) => {
    switches.calls[operation] += 1
    const struck = (switches.only ?? operations).includes(operation)
    if (switches.failing && struck) throw new StoreError(switches.failing, 'simulated')
    const answer = await call()
    const toLose = switches.lostReplies[operation] ?? 0
    if (toLose === 0) return answer
    switches.lostReplies[operation] = toLose - 1
    throw new StoreError('unavailable', 'simulated: the reply was lost')
  })
  return { store: wrapped, switches }
}

/** The secret store of a table that fails as its tokens do. */
export const failingAs = (secrets: SecretStore, switches: Switches): SecretStore => {
  const orFail = async <T>(call: () => Promise<T>): Promise<T> => {
    if (switches.failing) throw new StoreError(switches.failing, 'simulated')
    return call()
  }
  return {
    readSecret: (key) => orFail(() => secrets.readSecret(key)),
    readSecretVersion: (key) => orFail(() => secrets.readSecretVersion(key)),
    writeSecret: (...args) => orFail(() => secrets.writeSecret(...args)),
  }
}
