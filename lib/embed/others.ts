// The user's sessions on other devices: what they say of a start, and what a start means for them.
import { KeysError, StoreError } from '../errors.ts'
import { isSameSession } from '../store/session-rules.ts'
import type { EndReason, SessionItem } from '../store/session-store.ts'
import type { ItemKey } from '../store/token-store.ts'
import { patiently } from '../tokens/patience.ts'
import { isOutdated, needsSignIn, newestClaimsAtMs, profileOf } from './decide.ts'
import type { Terms } from './decide.ts'
import { signInRequired, tooManyRequests } from './failures.ts'
import { startsLimitedMs } from './limit.ts'
import { endByPolicy } from './over.ts'
import type { PolicyTimes } from './policy.ts'
import { isUnseen, timesOfSignIn } from './same-sign-in.ts'
import type { Search, Tools } from './search.ts'
import type { SessionRecord } from './session-record.ts'
import { endQuietly } from './started.ts'
import { isSignedInSince, tombstoneOf } from './tombstone.ts'
import { whoseSession } from './whose.ts'

export type Others = {
  /** Where this device was never seen: of the user's sessions that the same sign-in may have begun. They bind this one. */
  readonly times: readonly PolicyTimes[]
  /** All items of the user, as they stood. */
  readonly items: readonly SessionItem[]
}

/**
 * Before a start: without a lease, so that a refusal costs none, and once more with it, when the table
 * counts `ownStarts` of the caller's own. Errors: `too-many-requests` for all devices together,
 * `sign-in-required` when newer claims with another profile were seen on another device, or when this device was
 * never seen and another one's end asks for a sign-in; `StoreError`, `KeysError`.
 */
export const assertMayStart = async (
  tools: Tools,
  search: Search,
  ownStarts = 0,
): Promise<Others> => {
  const { key } = search
  const items = await tools.store.listOfUser(key.partition)
  const nowAtMs = tools.clock.now()
  const own = items.find(({ key: { sort } }) => sort === key.sort)
  const limitedMs = startsLimitedMs(items, own, nowAtMs, ownStarts)
  if (limitedMs !== undefined) {
    tools.report({ name: 'acquires-limited', ...whoseSession(key) })
    throw tooManyRequests(limitedMs)
  }
  const times = isUnseen(own) ? await assertBoundByOthers(tools, search, items) : []
  if (await isOutdatedByOthers(tools, search, items)) throw signInRequired()
  return { times, items }
}

/**
 * A browser chooses its device key, so a device that was never seen is not above an end that asks for a sign-in, nor
 * above the times of a session that its sign-in began; one with a session of its own has nothing to do with others.
 */
const assertBoundByOthers = async (
  tools: Tools,
  { terms }: Search,
  items: readonly SessionItem[],
): Promise<readonly PolicyTimes[]> => {
  if (items.some((item) => needsSignIn(item, terms))) throw signInRequired()
  if (!tools.policy) return []
  const views = await Promise.all(
    items.map(async (item) => ({ item, record: await tools.read(item) })),
  )
  // Over, and nobody has written it yet.
  const ends = views.flatMap(({ item, record }) => endByPolicy(item, record) ?? [])
  if (ends.some((end) => !isSignedInSince(terms.signedInAtMs, end))) throw signInRequired()
  return views.flatMap(({ record }) => (record && timesOfSignIn(terms, record)) ?? [])
}

/** Newer claims with another profile were seen on another device. Errors: `StoreError`, `KeysError`. */
export const isOutdatedElsewhere = async (tools: Tools, search: Search): Promise<boolean> => {
  const { key, deadline } = search
  const items = await patiently(tools, deadline, () => tools.store.listOfUser(key.partition))
  return isOutdatedByOthers(tools, search, items)
}

const isOutdatedByOthers = async (
  tools: Tools,
  { key, terms }: Search,
  items: readonly SessionItem[],
): Promise<boolean> => {
  const others = items.filter((item) => item.key.sort !== key.sort)
  const outdated = await Promise.all(others.map((item) => isOutdatedBy(tools, terms, item)))
  return outdated.includes(true)
}

/** Where no profile is known, as of a record that does not open, nothing speaks against a start. */
const isOutdatedBy = async (tools: Tools, terms: Terms, item: SessionItem): Promise<boolean> => {
  // Opened only where it matters: each may cost a call for its key.
  if (terms.claimsAtMs === undefined) return false
  const view = { item, record: await tools.read(item) }
  return profileOf(view) !== undefined && isOutdated(view, terms)
}

type Standing = {
  readonly item: SessionItem | undefined
  readonly record: SessionRecord
  /** The user's items before Looker was asked; a join that was a start has seen none. */
  readonly before?: readonly SessionItem[]
}

type Started = Required<Standing> & { readonly item: SessionItem }

/**
 * After a start, which is good whatever becomes of the others, but for one case. Error:
 * `sign-in-required`, when newer claims with another profile were published on another device meanwhile:
 * of two that race, the second sees the first.
 */
export const settleOthers = async (
  tools: Tools,
  search: Search,
  { item: own, record, before = [] }: Standing,
): Promise<void> => {
  const { partition, sort } = search.key
  const items = (await unlessAway(() => tools.store.listOfUser(partition))) ?? []
  if (await unlessAway(() => isOutdatedByOthers(tools, search, items))) {
    // Even if the table cannot say so, the session must not go on.
    const tombstone = own && (await unlessAway(() => bury(tools, own, 'profile-changed')))
    await unlessAway(() => endAtLooker(tools, search.key, record, tombstone))
    throw signInRequired()
  }
  const living = items.filter((item) => item.key.sort !== sort && !item.ended)
  if (!own) return
  const started = { item: own, record, before }
  if (await unlessAway(() => isReplaced(tools, started, living))) {
    const tombstone = await unlessAway(() => bury(tools, own, 'replaced'))
    await unlessAway(() => endAtLooker(tools, search.key, record, tombstone))
    throw signInRequired()
  }
  await Promise.all(living.map((item) => unlessAway(() => settle(tools, item, started))))
}

/**
 * With one session a user by the tenant's rule alone: a later start was published before this one, and may not
 * have seen it. Of two that race one is left.
 */
const isReplaced = async (
  tools: Tools,
  started: Started,
  living: readonly SessionItem[],
): Promise<boolean> => {
  if (tools.sessionsPerUser === 'one' || tools.policy?.concurrent_sessions !== false) return false
  const nowAtMs = tools.clock.now()
  const later = async (item: SessionItem): Promise<boolean> => {
    const record = await tools.read(item)
    return (
      record !== undefined && record.expiresAtMs > nowAtMs && !isEarlier({ item, record }, started)
    )
  }
  return (await Promise.all(living.map(later))).includes(true)
}

type Placed = { readonly item: SessionItem; readonly record: SessionRecord }

/**
 * What stood there before is, whatever the clocks say. Else they tell, and never both ways, also of two of the same
 * millisecond.
 */
const isEarlier = ({ item, record }: Placed, started: Started): boolean => {
  const { sort } = item.key
  const seen = started.before.find(({ key }) => key.sort === sort)
  if (seen && isSameSession(item, seen)) return true
  return record.startedAtMs === started.record.startedAtMs
    ? sort < started.item.key.sort
    : record.startedAtMs < started.record.startedAtMs
}

const settle = async (tools: Tools, item: SessionItem, started: Started): Promise<void> => {
  const record = await tools.read(item)
  if (!record || record.expiresAtMs <= tools.clock.now()) return
  const byLooker = tools.sessionsPerUser === 'one'
  const one = byLooker || tools.policy?.concurrent_sessions === false
  const isOver = one
    ? isEarlier({ item, record }, started)
    : record.profileDigest !== started.record.profileDigest &&
      newestClaimsAtMs({ item, record }) <= started.record.claimsAtMs
  if (!isOver) return
  const tombstone = await bury(tools, item, one ? 'replaced' : 'profile-changed')
  if (!tombstone) return
  // Where Looker keeps one session a user it has ended this one, and ending it again could end the new one.
  if (byLooker) await tools.store.forget(item.key, tombstone)
  else await endAtLooker(tools, item.key, record, tombstone)
}

/** Undefined when the session does not stand there any more, or somebody else ended it. */
const bury = async (
  tools: Tools,
  item: SessionItem,
  reason: EndReason,
): Promise<SessionItem | undefined> => {
  // Else the page whose session is replaced would start anew, and be under no rule.
  const asksForSignIn = reason === 'replaced' && tools.policy !== null
  const end = tombstoneOf(item, { reason, needsSignIn: asksForSignIn }, tools.clock.now())
  const { applied, item: tombstone } = await tools.store.end(item.key, item, end)
  if (!applied) return undefined
  tools.report({ name: 'session-ended', reason, ...whoseSession(item.key) })
  return tombstone
}

const endAtLooker = async (
  tools: Tools,
  key: ItemKey,
  { reference }: SessionRecord,
  tombstone: SessionItem | undefined,
): Promise<void> => {
  const confirmed = await endQuietly(tools, key, reference)
  // Until its time is over by the policy, what starts in its place goes on with that time.
  const isOfUse = tools.policy !== null && tombstone?.ended?.needsSignIn === false
  if (confirmed && tombstone && !isOfUse) await tools.store.forget(key, tombstone)
}

const unlessAway = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof KeysError)) throw error
    return undefined
  }
}
