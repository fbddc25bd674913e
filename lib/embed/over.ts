// The end of a session by the tenant's policy: first the tombstone, then Looker, as with every end. What Looker
// does not confirm here is left to the schedule.
import type { SessionEnd, SessionItem } from '../store/session-store.ts'
import { livesAtLooker } from './at-looker.ts'
import type { View } from './decide.ts'
import type { Tools } from './search.ts'
import type { SessionRecord } from './session-record.ts'
import { endQuietly } from './started.ts'
import { tombstoneOf } from './tombstone.ts'
import { overOf } from './under-policy.ts'
import { whoseSession } from './whose.ts'

export type OverTools = Pick<
  Tools,
  'calls' | 'clock' | 'read' | 'report' | 'sessionsPerUser' | 'store'
>

/**
 * The end that the policy brings, with the instant at which it was over, so that a sign-in after it may start
 * again; later than an end that stands. That one counts no more if it asked for no sign-in: a session lost at
 * Looker is no way around the policy. Undefined while there is none to write.
 */
export const endByPolicy = (
  { ended }: SessionItem,
  record: SessionRecord | undefined,
): SessionEnd | undefined => {
  const over = overOf(record)
  if (!over || ended?.needsSignIn === true) return undefined
  const atMs = Math.max(over.atMs, ended ? ended.atMs + 1 : 0)
  return { atMs, reason: over.reason, needsSignIn: true }
}

/**
 * Undefined while it is not over, or ended already; else what stands there then.
 * Errors: `StoreError`, `KeysError`.
 */
export const endIfOver = async (
  tools: OverTools,
  { item, record }: View,
): Promise<{ readonly item: SessionItem | undefined } | undefined> => {
  const end = item && endByPolicy(item, record)
  if (!item || !record || !end) return undefined
  const { store, report } = tools
  const { applied, item: standing } = await store.end(
    item.key,
    item,
    tombstoneOf(item, end, end.atMs),
  )
  // The end of a deadline is the same whoever writes it: another was first, and Looker confirmed it already.
  if (!applied || !standing?.sealed) return { item: standing }
  report({ name: 'session-ended', reason: end.reason, ...whoseSession(item.key) })
  const lives = await livesAtLooker(tools, item, record)
  const isOverThere =
    lives === 'no' || (lives === 'yes' && (await endQuietly(tools, item.key, record.reference)))
  if (isOverThere) await store.forget(item.key, standing)
  return { item: standing }
}
