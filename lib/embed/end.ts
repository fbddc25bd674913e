// The end of sessions by their user or an administrator. First the tombstone, so that nobody is given new
// tokens from then on; then Looker, and until it confirms the reference token stays for a later attempt.
import { StoreError } from '../errors.ts'
import type { SessionEnd, SessionItem } from '../store/session-store.ts'
import type { ItemKey } from '../store/token-store.ts'
import { atMost, type Deadline } from '../time.ts'
import type { EndAnswer } from './answers.ts'
import { isLive } from './at-looker.ts'
import { createConfirm } from './confirm.ts'
import { inProgress, toldError } from './failures.ts'
import type { EmbedParts } from './parts.ts'
import { persistently } from './persistently.ts'
import { createSessionReader } from './reader.ts'
import type { EmbedService } from './service.ts'
import { sessionKeyOf } from './session-key.ts'
import { tombstoneOf } from './tombstone.ts'
import { whoseSession } from './whose.ts'

/** Sessions that are started against an end, one after the other. */
const mostRounds = 3
/** For the tombstones, which Looker then has to wait for. */
const buryBudgetMs = 5_000
/** Items of one user. */
const atOnce = 10

type By = 'user' | 'administrator'

/**
 * A user ends the session of this browser, an administrator those of all the user's browsers: nobody but a
 * browser knows its device key. Where there is no session an administrator's end leaves nothing behind
 * either: it ends, it does not bar.
 */
export const createEnd = (parts: EmbedParts): EmbedService['end'] => {
  const end = createEndByKey(parts)
  const { service } = parts
  return async (caller, { by }, deadline) => {
    try {
      const key = sessionKeyOf(service.instance, caller)
      return await (by === 'administrator'
        ? end.all(key.partition, deadline)
        : end.one(key, deadline, by))
    } catch (error) {
      throw toldError(error)
    }
  }
}

export type EndByKey = {
  /** `by`: default an administrator. */
  readonly one: (key: ItemKey, deadline: Deadline, by?: By) => Promise<EndAnswer>
  /** All of a user, by an administrator. */
  readonly all: (partition: string, deadline: Deadline) => Promise<EndAnswer>
}

/** Errors: `session-in-progress`, `StoreError`, what `GetToken` throws. */
export const createEndByKey = (parts: EmbedParts): EndByKey => {
  const bury = createBury(parts)
  const open = createSessionReader(parts)
  const confirm = createConfirm(parts)
  const { clock } = parts

  const close = async (item: SessionItem | undefined, deadline: Deadline): Promise<boolean> => {
    if (!item?.sealed) return true
    const ended = { open: () => open(item), whose: whoseSession(item.key) }
    const confirmed = await confirm(ended, deadline)
    if (confirmed) await forget(parts, item)
    return confirmed
  }

  const buryAll = async (partition: string, deadline: Deadline) => {
    const buried: (SessionItem | undefined)[] = []
    for (let round = 0; round < mostRounds; round++) {
      const items = await persistently(parts, deadline, () => parts.store.listOfUser(partition))
      // A start that takes its lease after this list sees the tombstones of the round before.
      const standing =
        round === 0 ? items : items.filter((item) => !item.ended && isGoingOn(item, clock.now()))
      if (standing.length === 0) return buried
      const work = ({ key }: SessionItem) => bury(key, 'administrator', deadline)
      buried.push(...(await inBatches(standing, work)))
    }
    throw inProgress()
  }

  const closeAll = async (
    buried: readonly (SessionItem | undefined)[],
    deadline: Deadline,
  ): Promise<EndAnswer> => {
    const confirmed = await inBatches(buried, (item) => close(item, deadline))
    return { ended: true, confirmed: !confirmed.includes(false) }
  }

  const inTime = (deadline: Deadline) => atMost(clock, buryBudgetMs, deadline)
  return {
    one: async (key, deadline, by = 'administrator') =>
      closeAll([await bury(key, by, inTime(deadline))], deadline),
    all: async (partition, deadline) =>
      closeAll(await buryAll(partition, inTime(deadline)), deadline),
  }
}

/** Whatever one of them throws, none goes on once the caller is answered: a late end would be another's. */
export const inBatches = async <T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = []
  for (let at = 0; at < items.length; at += atOnce) {
    const running = items.slice(at, at + atOnce).map(work)
    await Promise.allSettled(running)
    results.push(...(await Promise.all(running)))
  }
  return results
}

/**
 * The tombstone that stands then; undefined when there was nothing to end. Errors: `session-in-progress`,
 * `StoreError`.
 */
export const createBury =
  (parts: EmbedParts) =>
  async (key: ItemKey, by: By, deadline: Deadline): Promise<SessionItem | undefined> => {
    const { store, clock, report } = parts
    const end = endsBy(parts)[by]
    for (let round = 0; round < mostRounds; round++) {
      const item = await persistently(parts, deadline, () => store.read(key))
      const nowAtMs = clock.now()
      if (!item || isBuried(item, end, nowAtMs)) return item
      if (!item.ended && !isGoingOn(item, nowAtMs)) return undefined
      const tombstone = endOf(item, end, nowAtMs)
      const { reason } = tombstone
      const ended = await persistently(parts, deadline, () => store.end(key, item, tombstone))
      if (ended.applied) report({ name: 'session-ended', reason, ...whoseSession(key) })
      if (ended.applied || (ended.item && isBuried(ended.item, end, nowAtMs, item))) {
        return ended.item
      }
    }
    throw inProgress()
  }

type EndBy = Pick<SessionEnd, 'reason' | 'needsSignIn'>

/** With a policy a sign-out asks for a new sign-in too: else one could begin a session anew at any time. */
const endsBy = ({ policy }: Pick<EmbedParts, 'policy'>): Readonly<Record<By, EndBy>> => ({
  user: { reason: 'signed-out', needsSignIn: policy !== null },
  administrator: { reason: 'administrator', needsSignIn: true },
})

/**
 * At a later time than the end before, with which a start under way compares it. An end that asks for a
 * sign-in goes on asking.
 */
const endOf = (item: SessionItem, by: EndBy, nowAtMs: number) => {
  const { ended } = item
  const end = ended?.needsSignIn === true ? ended : by
  return tombstoneOf(item, end, Math.max(nowAtMs, (ended?.atMs ?? 0) + 1))
}

/**
 * An end stands that no start under way takes away, and that asks for a sign-in if this one does. `seen`:
 * the item before, if another end came since, which any start of that time loses against.
 */
const isBuried = (
  { ended, lease }: SessionItem,
  { needsSignIn }: EndBy,
  nowAtMs: number,
  seen?: SessionItem,
): boolean => {
  if (!ended || (needsSignIn && !ended.needsSignIn)) return false
  const isNewer = seen?.ended?.atMs !== ended.atMs && seen?.lease?.owner === lease?.owner
  return !isLive(lease, nowAtMs) || (seen !== undefined && isNewer)
}

/** A start under way counts: its publication fails when an end stands there. */
const isGoingOn = ({ sealed, lease }: SessionItem, nowAtMs: number): boolean =>
  sealed !== undefined || isLive(lease, nowAtMs)

/** A session that ended and is not forgotten is only ended once more. */
const forget = async ({ store }: EmbedParts, item: SessionItem): Promise<void> => {
  try {
    await store.forget(item.key, item)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
  }
}
