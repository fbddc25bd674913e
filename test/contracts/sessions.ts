// What the suites of the session stores take, publish and read: one item, and claims at time 10 s.
import type {
  AcquireClaim,
  SessionItem,
  SessionLeaseClaim,
  SessionPublication,
  SessionStore,
} from '../../lib/store/session-store.ts'
import type { ItemKey } from '../../lib/store/token-store.ts'
import { bytes, first, second } from './leases.ts'

export const sessionKey: ItemKey = { partition: 'embed-session#acme#user-1', sort: 'device#1' }

/** The first owner's, on an item that is not there: from 10 s to 15 s, over for others at 15.5 s. */
export const sessionClaim = (changes: Partial<SessionLeaseClaim> = {}): SessionLeaseClaim => ({
  seen: undefined,
  ...first,
  nowAtMs: 10_000,
  lengthMs: 5_000,
  skewMs: 500,
  acquires: { windowStartedAtMs: 10_000, count: 1 },
  ttlEpochSeconds: 3_615,
  ...changes,
})

/** The second owner's, on the item it saw. */
export const nextSessionClaim = (
  seen: SessionItem | undefined,
  changes: Partial<SessionLeaseClaim> = {},
): SessionLeaseClaim => sessionClaim({ seen, ...second, ...changes })

export const sessionPublication = (
  changes: Partial<SessionPublication> = {},
): SessionPublication => ({
  frame: bytes('frame-1'),
  sessionId: 'session-1',
  claimsAtMs: 9_000,
  profileDigest: 'profile-1',
  startMs: 400,
  dueAtMs: 90_000,
  ttlEpochSeconds: 3_700,
  ...changes,
})

export const plainSession = (item: SessionItem | undefined) => {
  if (!item) return undefined
  const { raw: _raw, ...rest } = item
  return rest
}

/** As the table has it now, without what is the store's alone. */
export const sessionStanding = async (store: SessionStore, at: ItemKey = sessionKey) =>
  plainSession(await store.read(at))

/** A session of generation 1, published by the first owner. */
export const startedSession = async (
  store: SessionStore,
  changes: Partial<SessionPublication> = {},
  at: ItemKey = sessionKey,
): Promise<SessionItem> => {
  await store.takeLease(at, sessionClaim())
  const { item } = await store.publish(at, first, undefined, sessionPublication(changes))
  if (!item) throw new Error('the session was not published')
  return item
}

/** Another session in its place, of generation 2. */
export const restartedSession = async (
  store: SessionStore,
  seen: SessionItem,
): Promise<SessionItem> => {
  await store.takeLease(sessionKey, nextSessionClaim(seen))
  const publication = sessionPublication({ frame: bytes('frame-2'), sessionId: 'session-2' })
  const { item } = await store.publish(sessionKey, second, seen, publication)
  if (!item) throw new Error('the session was not published')
  return item
}

/** Another session in its place by a join that was a start; its id may be the same, or not known. */
export const replacedSession = async (
  store: SessionStore,
  seen: SessionItem,
  changes: Partial<SessionPublication> = {},
): Promise<SessionItem> => {
  const { item } = await store.replace(sessionKey, seen, replacement(changes))
  if (!item) throw new Error('the session was not replaced')
  return item
}

export const sessionEnd = {
  atMs: 20_000,
  reason: 'administrator',
  needsSignIn: true,
  ttlEpochSeconds: 9_000,
} as const

export const endedAt20s = { atMs: 20_000, reason: 'administrator', needsSignIn: true } as const

export const endedSession = async (
  store: SessionStore,
  seen: SessionItem,
): Promise<SessionItem> => {
  const { item } = await store.end(sessionKey, seen, sessionEnd)
  if (!item) throw new Error('the session was not ended')
  return item
}

/** Windows of a minute with three acquires. */
export const acquireClaim = (
  seen: SessionItem,
  changes: Partial<AcquireClaim> = {},
): AcquireClaim => ({ seen, nowAtMs: 12_000, windowMs: 60_000, limit: 3, ...changes })

export const replacement = (
  changes: Partial<Parameters<SessionStore['replace']>[2]> = {},
): Parameters<SessionStore['replace']>[2] => ({
  ...sessionPublication({ frame: bytes('frame-9'), sessionId: 'session-9' }),
  generation: 9,
  nowAtMs: 12_000,
  ...changes,
})
