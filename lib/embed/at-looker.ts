// Whether a session that is over here has to be ended at Looker. Where Looker keeps one session a user, the old
// token of a device would end the newer session of another one.
import type { SessionItem } from '../store/session-store.ts'
import type { Lease } from '../store/token-store.ts'
import { clockSkewMs } from './parts.ts'
import type { Tools } from './search.ts'
import type { SessionRecord } from './session-record.ts'

type LookTools = Pick<Tools, 'store' | 'clock' | 'sessionsPerUser' | 'read'>

/** `later`: the user starts a session somewhere just now. Errors: `StoreError`, `KeysError`. */
export const livesAtLooker = async (
  { store, clock, sessionsPerUser, read }: LookTools,
  { key }: SessionItem,
  record: SessionRecord | undefined,
): Promise<'yes' | 'no' | 'later'> => {
  const nowAtMs = clock.now()
  if (!record || record.lookerEndsAtMs <= nowAtMs) return 'no'
  if (sessionsPerUser === 'many') return 'yes'
  const items = await store.listOfUser(key.partition)
  if (items.some(({ lease }) => isLive(lease, nowAtMs))) return 'later'
  const living = items.filter(({ ended }) => !ended)
  // On this device the user has begun anew since the end, whatever the clock said then.
  if (living.some((item) => item.key.sort === key.sort)) return 'no'
  const records = await Promise.all(living.map(read))
  const newer = records.some((other) => other && other.startedAtMs >= record.startedAtMs)
  return newer ? 'no' : 'yes'
}

/** A start under way; to its owner, too, whose clock may be behind. */
export const isLive = (lease: Lease | undefined, nowAtMs: number): boolean =>
  lease !== undefined && lease.untilAtMs + clockSkewMs > nowAtMs
