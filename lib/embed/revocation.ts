// Ending every embed session at once: first a tombstone for each, so that no page is given new tokens or starts
// again without a sign-in; then Looker. What Looker does not confirm is left to the schedule and the next call.
import { KeysError } from '../errors.ts'
import type { SessionItem } from '../store/session-store.ts'
import { mostPaged } from '../store/session-store.ts'
import { atMost } from '../time.ts'
import type { Deadline } from '../time.ts'
import { createBury, inBatches } from './end.ts'
import { toldError } from './failures.ts'
import { clockSkewMs, startLeaseMs } from './parts.ts'
import type { EmbedParts } from './parts.ts'
import { createSessionReader } from './reader.ts'
import { createSweepOne } from './sweep.ts'

/** The index follows the table by moments. */
const indexLagMs = 1_000
const buryBudgetMs = 5_000
/** At Looker at the same time, as the schedule does. */
const workers = 4
/** Another is not begun with less than this left: what one may take, and the answer. */
const oneMs = 6_500
/** Looker counts as away after so many failures in a row; the rest is counted and left. */
const mostFailures = 8

export type SessionsRevoked = {
  /** Over, here and at Looker. */
  readonly ended: number
  /** At least so many: Looker has not confirmed, or the time was over. Call again, or wait for the schedule. */
  readonly left: number
  /** Over here; the record does not open, so that Looker cannot be told. */
  readonly lost: number
  /** Locked out by this call. A call whose time went into that has come further too. */
  readonly buried: number
}

type Closed = Pick<SessionsRevoked, 'ended' | 'left' | 'lost'>

/** `begunAtMs`: sessions of starts that began after it are left alone. */
export type RevokeSessions = (begunAtMs: number, deadline: Deadline) => Promise<SessionsRevoked>

/** Errors of the call: `BrokerError`. */
export const createRevokeSessions = (parts: EmbedParts): RevokeSessions => {
  const { clock, report } = parts
  const buryAll = createBuryAll(parts)
  const closeAll = createCloseAll(parts)
  return async (begunAtMs, deadline) => {
    try {
      // A start that was under way has published its session by then.
      const startedByMs = begunAtMs + startLeaseMs + clockSkewMs
      const first = await buryAll(startedByMs, deadline)
      const waitMs = Math.max(0, startedByMs + indexLagMs - clock.now())
      await clock.sleep(Math.min(waitMs, deadline.remainingMs()))
      const second = await buryAll(startedByMs, deadline)
      const counts = await closeAll(deadline)
      // Without a whole second look nobody knows that nothing is left.
      const left = second.isWhole ? counts.left : Math.max(1, counts.left)
      report({ name: 'revoke-run', what: 'sessions', ...counts, left })
      return { ...counts, left, buried: first.buried + second.buried }
    } catch (error) {
      throw toldError(error)
    }
  }
}

async function* pagesOf({
  store,
}: Pick<EmbedParts, 'store'>): AsyncGenerator<readonly SessionItem[]> {
  let after: Awaited<ReturnType<EmbedParts['store']['listPage']>>['next']
  do {
    const page = await store.listPage({ ...(after ? { after } : {}), limit: mostPaged })
    yield page.items
    after = page.next
  } while (after)
}

type Buried = {
  /** False when the time was over before the last page. */
  readonly isWhole: boolean
  readonly buried: number
}

const createBuryAll = (parts: EmbedParts) => {
  const bury = createBury(parts)
  const look = createLook(parts)
  const isToEnd = async (item: SessionItem, startedByMs: number): Promise<boolean> => {
    if (item.ended?.needsSignIn === true) return false
    const seen = await look(item)
    // Whatever cannot be read just now is ended: who is locked out by that signs in again.
    return seen.kind !== 'record' || seen.startedAtMs <= startedByMs
  }
  return async (startedByMs: number, deadline: Deadline): Promise<Buried> => {
    let buried = 0
    for await (const items of pagesOf(parts)) {
      if (deadline.remainingMs() < oneMs) return { isWhole: false, buried }
      await inBatches(items, async (item) => {
        if (!(await isToEnd(item, startedByMs))) return
        const inTime = atMost(parts.clock, buryBudgetMs, deadline)
        // The index may still have one that is gone.
        if (await bury(item.key, 'administrator', inTime)) buried += 1
      })
    }
    return { isWhole: true, buried }
  }
}

type Seen =
  | { readonly kind: 'record'; readonly startedAtMs: number }
  | { readonly kind: 'unreadable' | 'no-keys' }

const createLook = (parts: EmbedParts) => {
  const open = createSessionReader(parts)
  return async (item: SessionItem): Promise<Seen> => {
    try {
      const record = await open(item)
      return record ? { kind: 'record', startedAtMs: record.startedAtMs } : { kind: 'unreadable' }
    } catch (error) {
      if (!(error instanceof KeysError)) throw error
      return { kind: 'no-keys' }
    }
  }
}

const createCloseAll = (parts: EmbedParts) => {
  const sweepOne = createSweepOne(parts)
  const look = createLook(parts)
  return async (deadline: Deadline): Promise<Closed> => {
    const counts = { ended: 0, left: 0, lost: 0 }
    // One that Looker does not end goes behind all others, where the last page has it again.
    const unconfirmed = new Set<string>()
    let failures = 0
    const close = async (item: SessionItem): Promise<keyof Closed> => {
      if (failures >= mostFailures || deadline.remainingMs() < oneMs) return 'left'
      const { kind } = await look(item)
      if ((await sweepOne(item.key, deadline)).outcome !== 'ended') {
        unconfirmed.add(nameOf(item))
        return 'left'
      }
      return kind === 'unreadable' ? 'lost' : 'ended'
    }
    for await (const items of pagesOf(parts)) {
      const queue = items.filter(({ ended }) => ended !== undefined).values()
      const work = async (): Promise<void> => {
        for (const item of queue) {
          if (unconfirmed.has(nameOf(item))) continue
          const outcome = await close(item)
          failures = outcome === 'left' ? failures + 1 : 0
          counts[outcome] += 1
        }
      }
      await Promise.all(Array.from({ length: workers }, work))
      // Of further pages not even the number is known.
      if (deadline.remainingMs() < oneMs) return { ...counts, left: Math.max(1, counts.left) }
    }
    return counts
  }
}

const nameOf = ({ key }: SessionItem): string => `${key.partition}\n${key.sort}`
