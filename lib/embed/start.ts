// Starting a session for everybody who asks for it at the same time: one of them takes the lease, calls
// Looker and publishes the record; the others wait and join. As with logins in lib/tokens.
import { KeysError, LookerError, StoreError } from '../errors.ts'
import type { AcquiredSession } from '../looker/embed-client.ts'
import type { SessionLeaseClaim, SessionOutcome, StartFailure } from '../store/session-store.ts'
import type { Holder } from '../store/token-store.ts'
import { atMost } from '../time.ts'
import type { Deadline } from '../time.ts'
import { ttlEpochSeconds } from '../tokens/pace.ts'
import { insisting, patiently } from '../tokens/patience.ts'
import type { Token } from '../tokens/token.ts'
import { acquireAnswerOf } from './acquire-answer.ts'
import { longestRetryAfterMs } from './decide.ts'
import type { After, View } from './decide.ts'
import { reasonOf } from './failures.ts'
import { oneMore } from './limit.ts'
import { assertMayStart, settleOthers } from './others.ts'
import type { Others } from './others.ts'
import { clockSkewMs, startBudgetMs, startLeaseMs } from './parts.ts'
import { startRequestOf } from './search.ts'
import type { Search, Step, Tools } from './search.ts'
import type { SessionRecord } from './session-record.ts'
import { endQuietly, nextGeneration, recordOf, sealed } from './started.ts'
import { whoseSession } from './whose.ts'

type Leadership = {
  readonly view: View
  readonly after: After
  readonly holder: Holder
  /** By when Looker must have answered. */
  readonly budget: Deadline
  /** By when the record must be published, before others take over. */
  readonly lease: Deadline
  /** Monotonic. */
  readonly startedMs: number
}

/** Errors: `BrokerError`, `LookerError`, `StoreError`, `KeysError`. */
export const start = async (
  tools: Tools,
  search: Search,
  view: View,
  after: After,
): Promise<Step> => {
  const { clock, service } = tools
  const { deadline } = search
  await assertMayStart(tools, search)
  // Before the lease: a login that this process still has to wait for must not use up its time.
  await tools.getToken(service, { minTtlMs: 0 }, deadline)
  if (deadline.remainingMs() < startLeaseMs) return { item: view.item }
  // Both run from before the write, as the lease does: whoever learns late that it won has less time.
  const startedMs = clock.monotonic()
  const budget = atMost(clock, startBudgetMs, deadline)
  const lease = atMost(clock, startLeaseMs, deadline)
  const claim = claimOf(tools, search, view)
  const { applied, item } = await takeLease(tools, search, claim)
  if (!applied) return { item, raceMs: clock.monotonic() - startedMs }
  const { owner, generation } = claim
  const holder = { owner, generation }
  const leadership = { view, after, holder, budget, lease, startedMs }
  const others = await lookAgain(tools, search, leadership)
  return lead(tools, search, { ...leadership, others })
}

/** Of many devices that start at once, each passed the first time; now each sees what the others took. */
const lookAgain = async (tools: Tools, search: Search, leadership: Leadership): Promise<Others> => {
  try {
    return await assertMayStart(tools, search, 1)
  } catch (error) {
    await giveBack(tools, search, leadership)
    throw error
  }
}

const claimOf = (
  { clock, newOwner }: Tools,
  { watch }: Search,
  { item }: View,
): SessionLeaseClaim => {
  const nowAtMs = clock.now()
  const { lease, generation, ttlEpochSeconds: ttl = 0 } = item ?? {}
  const stalled =
    lease && generation !== undefined && watch.hasStalled()
      ? { stalled: { owner: lease.owner, generation } }
      : {}
  return {
    seen: item,
    owner: newOwner(),
    generation: nextGeneration(generation, nowAtMs),
    nowAtMs,
    lengthMs: startLeaseMs,
    skewMs: clockSkewMs,
    ...stalled,
    acquires: oneMore(item?.acquires, nowAtMs),
    ttlEpochSeconds: Math.max(ttl, ttlEpochSeconds(nowAtMs + startLeaseMs)),
  }
}

/** Asked for as long as a start still fits. */
const takeLease = (
  tools: Tools,
  { key, deadline }: Search,
  claim: SessionLeaseClaim,
): Promise<SessionOutcome> => {
  const untilTooLate = { remainingMs: () => Math.max(0, deadline.remainingMs() - startLeaseMs) }
  const call = insisting(() => tools.store.takeLease(key, claim))
  return patiently(tools, untilTooLate, call)
}

type Led = Leadership & {
  readonly others: Others
}

const lead = async (tools: Tools, search: Search, leadership: Led): Promise<Step> => {
  const { session, base } = await startOrGiveBack(tools, search, leadership)
  const { view, others } = leadership
  const record = recordOf(tools, search, session, { ...view, others: others.times })
  const { applied, item } = await publishOrEnd(tools, search, leadership, { record, base })
  if (!applied) {
    await endQuietly(tools, search.key, record.reference)
    // Still ours when somebody ended the user's session meanwhile: nobody should wait for it.
    await giveBack(tools, search, leadership)
    return { item: await patiently(tools, search.deadline, () => tools.store.read(search.key)) }
  }
  reportStart(tools, search, leadership)
  await endReplaced(tools, search, view)
  await settleOthers(tools, search, { item, record, before: others.items })
  return { answer: acquireAnswerOf(session, record, tools.clock.now()) }
}

const reportStart = (
  { clock, report }: Tools,
  { key }: Search,
  { after, startedMs }: Leadership,
): void => {
  const start_ms = Math.round(clock.monotonic() - startedMs)
  report({ name: 'session-started', start_ms, after, ...whoseSession(key) })
}

const startOrGiveBack = async (
  tools: Tools,
  search: Search,
  leadership: Leadership,
): Promise<{ readonly session: AcquiredSession; readonly base: Token }> => {
  try {
    await endUnconfirmed(tools, search, leadership.view)
    return await tools.calls.acquire(
      startRequestOf(tools, search, leadership.view.record),
      leadership.budget,
      search.deadline,
    )
  } catch (error) {
    if (error instanceof LookerError) {
      const { failure: reason, status = null } = error
      tools.report({ name: 'session-start-failed', reason, status, ...whoseSession(search.key) })
    }
    await giveBack(tools, search, leadership, error)
    throw error
  }
}

/** The lease out; and, for those who wait for it, why Looker started nothing. */
const giveBack = async (
  { store, clock }: Tools,
  { key }: Search,
  { holder }: Leadership,
  error?: unknown,
): Promise<void> => {
  const failure = error instanceof LookerError ? sharedFailureOf(error, clock.now()) : undefined
  try {
    await store.release(key, holder, failure)
  } catch (failed) {
    // The lease ends by itself.
    if (!(failed instanceof StoreError)) throw failed
  }
}

const sharedFailureOf = (error: LookerError, nowAtMs: number): StartFailure => {
  const { retryAfterMs } = error
  const reason = reasonOf(error)
  if (retryAfterMs === undefined) return { reason }
  return { reason, retryAtMs: nowAtMs + Math.min(retryAfterMs, longestRetryAfterMs) }
}

const publishOrEnd = async (
  tools: Tools,
  search: Search,
  leadership: Leadership,
  { record, base }: { readonly record: SessionRecord; readonly base: Token },
): Promise<SessionOutcome> => {
  const { key } = search
  const { holder, view, lease, startedMs } = leadership
  const { generation } = holder
  try {
    const sealedRecord = await sealed(tools, search, { record, base, generation })
    const startMs = Math.round(tools.clock.monotonic() - startedMs)
    const publication = { ...sealedRecord, startMs }
    const call = insisting(() => tools.store.publish(key, holder, view.item, publication))
    return await patiently(tools, lease, call)
  } catch (error) {
    if (error instanceof StoreError || error instanceof KeysError) {
      await endQuietly(tools, key, record.reference)
      await giveBack(tools, search, leadership, error)
    }
    throw error
  }
}

/**
 * A session that was to be over, and that Looker may still keep. Where it keeps one a user the start ends
 * it; ending it by the old token could log out the user's newer session.
 */
const endUnconfirmed = async (
  tools: Tools,
  { key }: Search,
  { item, record }: View,
): Promise<void> => {
  if (!item?.ended || !record || !endsAtLooker(tools, record)) return
  await endQuietly(tools, key, record.reference)
}

/** The living session whose place was taken. */
const endReplaced = async (
  tools: Tools,
  { key }: Search,
  { item, record }: View,
): Promise<void> => {
  if (item?.ended || !record || !endsAtLooker(tools, record)) return
  await endQuietly(tools, key, record.reference)
}

const endsAtLooker = (
  { sessionsPerUser, clock }: Tools,
  { lookerEndsAtMs }: SessionRecord,
): boolean => sessionsPerUser === 'many' && lookerEndsAtMs > clock.now()
