// The end of a session by the tenant's policy: first the tombstone, then Looker, as with every end. What Looker
// does not confirm here is left to the schedule.
import type { SessionItem } from '../store/session-store.ts'
import type { View } from './decide.ts'
import { endQuietly } from './started.ts'
import type { EndingTools } from './started.ts'
import { tombstoneOf } from './tombstone.ts'
import { overOf } from './under-policy.ts'
import { whoseSession } from './whose.ts'

/**
 * Undefined while it is not over, or ended already; else what stands there then. The end has the instant at which
 * it was over, so that a sign-in after that instant may start again.
 * Errors: `StoreError`.
 */
export const endIfOver = async (
  tools: EndingTools,
  { item, record }: View,
): Promise<{ readonly item: SessionItem | undefined } | undefined> => {
  const over = overOf(record)
  if (!item || !record || !over || item.ended) return undefined
  const { store, clock, report } = tools
  const end = tombstoneOf(item, { reason: over.reason, needsSignIn: true }, over.atMs)
  const { applied, item: standing } = await store.end(item.key, item, end)
  if (!applied) return { item: standing }
  report({ name: 'session-ended', reason: over.reason, ...whoseSession(item.key) })
  const isOverAtLooker = record.lookerEndsAtMs <= clock.now()
  if (isOverAtLooker || (await endQuietly(tools, item.key, record.reference))) {
    await store.forget(item.key, standing ?? item)
  }
  return { item: standing }
}
