// Stores that take note of every call and, if asked, answer late, as a table over the network does.
import type { SecretStore, TokenStore } from '../../../lib/store/token-store.ts'

/** Read units cost half when eventually consistent; a write costs one, whether its condition held or not. */
type Kind = 'read' | 'consistent-read' | 'lease' | 'write'

export type StoreCall = {
  readonly kind: Kind
  /** On a clock that all callers of one herd share. */
  readonly atMs: number
}

export type Watch = {
  readonly calls: StoreCall[]
  readonly nowMs: () => number
  /** Awaited before each call. */
  readonly hop: () => Promise<unknown>
}

const watched =
  (watch: Watch) =>
  <Args extends readonly unknown[], Answer>(
    call: (...args: Args) => Promise<Answer>,
    kindOf: Kind | ((...args: Args) => Kind),
  ) =>
  async (...args: Args): Promise<Answer> => {
    const kind = typeof kindOf === 'string' ? kindOf : kindOf(...args)
    watch.calls.push({ kind, atMs: watch.nowMs() })
    await watch.hop()
    return call(...args)
  }

export const watchTokenStore = (store: TokenStore, watch: Watch): TokenStore => {
  const note = watched(watch)
  return {
    read: note(store.read, (_key, options) => (options?.consistent ? 'consistent-read' : 'read')),
    takeLease: note(store.takeLease, 'lease'),
    publish: note(store.publish, 'write'),
    release: note(store.release, 'write'),
    markRefused: note(store.markRefused, 'write'),
    markRevoked: note(store.markRevoked, 'write'),
    markUsed: note(store.markUsed, 'write'),
    dropDue: note(store.dropDue, 'write'),
    listDue: store.listDue,
  }
}

export const watchSecretStore = (store: SecretStore, watch: Watch): SecretStore => {
  const note = watched(watch)
  return {
    readSecret: note(store.readSecret, 'consistent-read'),
    readSecretVersion: note(store.readSecretVersion, 'consistent-read'),
    writeSecret: note(store.writeSecret, 'write'),
  }
}

/** The negative control: every claim to the lease is granted, so nobody waits for anybody. */
export const withoutLease = (store: TokenStore): TokenStore => ({
  ...store,
  takeLease: async (key, claim) => ({ ...(await store.takeLease(key, claim)), taken: true }),
})
