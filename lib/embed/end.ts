// The end of a session by its user or an administrator. First the tombstone, so that nobody is given new
// tokens from then on; then Looker, and until it confirms the reference token stays for a later attempt.
import { StoreError } from '../errors.ts'
import type { EmbedCaller } from '../identity/embed-caller.ts'
import type { SessionItem } from '../store/session-store.ts'
import { atMost, type Deadline } from '../time.ts'
import { createConfirm } from './confirm.ts'
import { inProgress, toldError } from './failures.ts'
import type { EmbedParts } from './parts.ts'
import { persistently } from './persistently.ts'
import { createSessionReader } from './reader.ts'
import type { EmbedService } from './service.ts'
import { sessionKeyOf } from './session-key.ts'
import { tombstoneOf } from './tombstone.ts'
import { whoseSession } from './whose.ts'

/** Sessions of one item that are started against an end, one after the other. */
const mostRounds = 3
/** For the tombstone, which Looker then has to wait for. */
const buryBudgetMs = 5_000

/** Where there is no session, an administrator's end leaves nothing behind either: it ends, it does not bar. */
export const createEnd = (parts: EmbedParts): EmbedService['end'] => {
  const bury = createBury(parts)
  const open = createSessionReader(parts)
  const confirm = createConfirm(parts)

  return async (caller, { by }, deadline) => {
    try {
      const item = await bury(caller, by, atMost(parts.clock, buryBudgetMs, deadline))
      if (!item?.sealed) return { ended: true, confirmed: true }
      const ended = { open: () => open(item), whose: whoseSession(item.key) }
      const confirmed = await confirm(ended, deadline)
      if (confirmed) await forget(parts, item)
      return { ended: true, confirmed }
    } catch (error) {
      throw toldError(error)
    }
  }
}

/** The tombstone that stands then; undefined when there was nothing to end. */
const createBury =
  (parts: EmbedParts) =>
  async (
    caller: EmbedCaller,
    by: 'user' | 'administrator',
    deadline: Deadline,
  ): Promise<SessionItem | undefined> => {
    const { store, service, clock, report } = parts
    const key = sessionKeyOf(service.instance, caller)
    for (let round = 0; round < mostRounds; round++) {
      const item = await persistently(parts, deadline, () => store.read(key))
      if (!item || item.ended) return item
      if (!isGoingOn(item, clock.now())) return undefined
      const tombstone = tombstoneOf(item, endBy[by], clock.now())
      const { reason } = tombstone
      const end = await persistently(parts, deadline, () => store.end(key, item, tombstone))
      if (end.applied) report({ name: 'session-ended', reason, ...whoseSession(key) })
      if (end.item?.ended) return end.item
    }
    throw inProgress()
  }

const endBy = {
  user: { reason: 'signed-out', needsSignIn: false },
  administrator: { reason: 'administrator', needsSignIn: true },
} as const

/** A start under way counts: its publication fails when an end stands there. */
const isGoingOn = ({ sealed, lease }: SessionItem, nowAtMs: number): boolean =>
  sealed !== undefined || (lease !== undefined && lease.untilAtMs > nowAtMs)

/** A session that ended and is not forgotten is only ended once more. */
const forget = async ({ store }: EmbedParts, item: SessionItem): Promise<void> => {
  try {
    await store.forget(item.key, item)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
  }
}
