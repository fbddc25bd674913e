// How long the table remembers that a session ended. Pure.
import type { EndReason, SessionEnd, SessionItem } from '../store/session-store.ts'
import { ttlEpochSeconds } from '../tokens/pace.ts'

/** A sign-in older than this is not shown any more: no session is longer. */
const needsSignInMs = 30 * 86_400_000

/**
 * A tombstone of the item's session. It stays for an hour past the session's own end; one that asks for
 * a new sign-in stays for 30 days.
 */
export const tombstoneOf = (
  item: SessionItem,
  { reason, needsSignIn }: { readonly reason: EndReason; readonly needsSignIn: boolean },
  nowAtMs: number,
): SessionEnd & { readonly ttlEpochSeconds: number } => {
  const keptUntilMs = nowAtMs + (needsSignIn ? needsSignInMs : 0)
  return {
    atMs: nowAtMs,
    reason,
    needsSignIn,
    ttlEpochSeconds: Math.max(item.ttlEpochSeconds, ttlEpochSeconds(keptUntilMs)),
  }
}

/** Whether whoever signed in then may start again after this end; without a time it does not count as new. */
export const isSignedInSince = (signedInAtMs: number | undefined, { atMs }: SessionEnd): boolean =>
  signedInAtMs !== undefined && signedInAtMs > atMs
