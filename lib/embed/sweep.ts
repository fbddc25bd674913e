// The scheduled run for embed sessions: ends at Looker those whose time is over, and those that were ended while
// Looker did not confirm. What fails stays due for the next run.
import type { DueSession, SessionEnd, SessionItem } from '../store/session-store.ts'
import type { ItemKey } from '../store/token-store.ts'
import type { Deadline } from '../time.ts'
import { livesAtLooker } from './at-looker.ts'
import { createConfirm } from './confirm.ts'
import { endByPolicy } from './over.ts'
import type { EmbedParts } from './parts.ts'
import { createSessionReader } from './reader.ts'
import type { SessionRecord } from './session-record.ts'
import { tombstoneOf } from './tombstone.ts'
import { whoseSession } from './whose.ts'

/** Sessions that one run ends at the same time: enough for hundreds a minute, gentle to Looker. */
const workers = 4
/** A session is not begun with less than this left: what Looker may take to confirm, and the table. */
const oneMs = 6_500

export type SweepReport = {
  /** Found in the index. */
  readonly due: number
  /** Over, here and at Looker. */
  readonly ended: number
  /** Looker has not confirmed; the next run asks again. */
  readonly unconfirmed: number
  /** Not due after all: somebody went on with it. */
  readonly living: number
  readonly failed: number
  /** Found due when the time of this run was over; there may be more. */
  readonly left: number
  /** Since when the longest due of those waits that are neither ended nor living; 0 without one. */
  readonly oldest_s: number
}

type Outcome = Exclude<keyof SweepReport, 'due' | 'left' | 'oldest_s'>

export type Swept = {
  readonly outcome: Outcome
  /** When it ended here, of one that Looker has not confirmed: its due time moves with each try. */
  readonly endedAtMs?: number | undefined
}

export type SweepDue = (deadline: Deadline) => Promise<SweepReport>

/** Errors: `StoreError` when the index cannot be read. */
export const createSweepDue = (parts: EmbedParts): SweepDue => {
  const { store, clock, report } = parts
  const sweepOne = createSweepOne(parts)
  return async (deadline) => {
    const counts = { due: 0, ended: 0, unconfirmed: 0, living: 0, failed: 0, left: 0, oldest_s: 0 }
    const waits = ({ dueAtMs }: DueSession, sinceMs = dueAtMs): void => {
      const seconds = Math.round((clock.now() - sinceMs) / 1000)
      counts.oldest_s = Math.max(counts.oldest_s, seconds)
    }
    const rows = store.listDue(clock.now())[Symbol.asyncIterator]()
    const work = async (): Promise<void> => {
      for (let row = await rows.next(); !row.done; row = await rows.next()) {
        counts.due += 1
        if (deadline.remainingMs() < oneMs) {
          counts.left += 1
          return waits(row.value)
        }
        const { outcome, endedAtMs } = await sweepOne(row.value.key, deadline)
        counts[outcome] += 1
        if (outcome === 'unconfirmed' || outcome === 'failed') waits(row.value, endedAtMs)
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: workers }, work))
    report({ name: 'sweep-run', ...counts })
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
    return counts
  }
}

/** Ends one session that is due, here and at Looker. Never throws. */
export const createSweepOne = (parts: EmbedParts) => {
  const { store, clock } = parts
  const open = createSessionReader(parts)
  const close = createClose(parts)
  const closed = async (
    item: SessionItem,
    record: SessionRecord | undefined,
    deadline: Deadline,
  ): Promise<Swept> => ({
    outcome: await close(item, record, deadline),
    endedAtMs: item.ended?.atMs,
  })
  return async (key: ItemKey, deadline: Deadline): Promise<Swept> => {
    try {
      const item = await store.read(key)
      // Removed by TTL, or forgotten, since the index was read.
      if (!item?.sealed) return { outcome: 'ended' }
      const record = await open(item)
      const fate = fateOf(item, record, clock.now())
      if (fate.kind === 'ended') return await closed(item, record, deadline)
      if (fate.kind === 'living') {
        await store.reschedule(key, item, fate.untilMs)
        return { outcome: 'living' }
      }
      const tombstone = await bury(parts, item, fate.end)
      // Somebody extended, replaced or ended it just now: the next run sees what stands there.
      return tombstone ? await closed(tombstone, record, deadline) : { outcome: 'living' }
    } catch {
      // Table or keys away for this one: it stays due.
      return { outcome: 'failed' }
    }
  }
}

type Fate =
  | { readonly kind: 'over'; readonly end: SessionEnd }
  | { readonly kind: 'ended' }
  | { readonly kind: 'living'; readonly untilMs: number }

/** The policy's end also comes over one that asks for no sign-in. A record that does not open is of no use to anybody. */
const fateOf = (item: SessionItem, record: SessionRecord | undefined, nowAtMs: number): Fate => {
  const end = endByPolicy(item, record)
  if (end) return { kind: 'over', end }
  if (item.ended) return { kind: 'ended' }
  const { reason, atMs }: Pick<SessionEnd, 'reason' | 'atMs'> = record
    ? { reason: 'expired', atMs: record.expiresAtMs }
    : { reason: 'ended-at-looker', atMs: nowAtMs }
  if (atMs > nowAtMs) return { kind: 'living', untilMs: atMs }
  return { kind: 'over', end: { reason, atMs, needsSignIn: false } }
}

const bury = async (
  { store, report }: EmbedParts,
  item: SessionItem,
  end: SessionEnd,
): Promise<SessionItem | undefined> => {
  const tombstone = tombstoneOf(item, end, end.atMs)
  const { applied, item: standing } = await store.end(item.key, item, tombstone)
  if (!applied) return undefined
  report({ name: 'session-ended', reason: end.reason, ...whoseSession(item.key) })
  return standing
}

/** At Looker, unless it has ended there by itself; then out of the index, or left for the policy's own end. */
const createClose = (parts: EmbedParts) => {
  const { store, clock } = parts
  const confirm = createConfirm(parts)
  const tools = { ...parts, read: createSessionReader(parts) }
  return async (
    item: SessionItem,
    record: SessionRecord | undefined,
    deadline: Deadline,
  ): Promise<Outcome> => {
    const lives = await livesAtLooker(tools, item, record)
    if (lives === 'later') return 'unconfirmed'
    if (lives === 'yes') {
      const ended = { open: async () => record, whose: whoseSession(item.key) }
      if (!(await confirm(ended, deadline))) {
        // Behind all that wait: one that Looker does not end, for whatever reason, is to keep it from no other.
        await store.reschedule(item.key, item, clock.now())
        return 'unconfirmed'
      }
    }
    const untilMs = boundUntilMs(item, record)
    if (untilMs === undefined) await store.forget(item.key, item)
    else await store.reschedule(item.key, item, untilMs)
    return 'ended'
  }
}

/**
 * An end without a sign-in, as of a session that Looker lost, leaves its times to what starts in its place: once
 * forgotten, a user could begin anew without one.
 */
const boundUntilMs = (
  { ended }: SessionItem,
  record: SessionRecord | undefined,
): number | undefined => {
  const stand = record?.stand
  return stand?.over === false && ended?.needsSignIn === false ? stand.endsAtMs : undefined
}
