// What the suites of the stores take, publish and read: one item, and claims at time 10 s.
import type {
  ItemKey,
  LeaseClaim,
  Publication,
  SecretStore,
  TokenItem,
  TokenStore,
} from '../../lib/store/token-store.ts'

/** Over one table. */
export type Stores = { readonly tokens: TokenStore; readonly secrets: SecretStore }

export const key: ItemKey = { partition: 'api-token#service', sort: 'api-token' }

export const first = { owner: 'owner-1', generation: 1 }
export const second = { owner: 'owner-2', generation: 2 }

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The first owner's, on an item that is not there: from 10 s to 15 s, over for others at 15.5 s. */
export const claim = (changes: Partial<LeaseClaim> = {}): LeaseClaim => ({
  seen: undefined,
  ...first,
  nowAtMs: 10_000,
  lengthMs: 5_000,
  skewMs: 500,
  ttlEpochSeconds: 3_615,
  ...changes,
})

/** The second owner's, on the item it saw. */
export const nextClaim = (
  seen: TokenItem | undefined,
  changes: Partial<LeaseClaim> = {},
): LeaseClaim => claim({ seen, ...second, ...changes })

export const publication = (changes: Partial<Publication> = {}): Publication => ({
  frame: bytes('frame-1'),
  dueAtMs: 90_000,
  used: true,
  loginMs: 400,
  ttlEpochSeconds: 3_700,
  ...changes,
})

/** As the table has it now, without what is the store's alone. */
export const standing = async (store: TokenStore, at: ItemKey = key) =>
  plain(await store.read(at, { consistent: true }))

export const plain = (item: TokenItem | undefined) => {
  if (!item) return undefined
  const { raw: _raw, ...rest } = item
  return rest
}

/** A token of generation 1, published by the first owner. */
export const published = async (
  store: TokenStore,
  changes: Partial<Publication> = {},
  at: ItemKey = key,
): Promise<TokenItem | undefined> => {
  await store.takeLease(at, claim())
  return (await store.publish(at, first, publication(changes))).item
}

/** Failed until 20 s, for a client secret of version 7. */
export const failure = {
  reason: 'refused-credentials',
  count: 3,
  notBeforeAtMs: 20_000,
  secretVersion: 7,
}
