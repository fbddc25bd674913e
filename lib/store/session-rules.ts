// What both session stores decide alike of an item. Pure.
import { mostPaged } from './session-store.ts'
import type { AcquireClaim, SeenSession, SessionItem } from './session-store.ts'

/** Both are of the same start at Looker. */
export const isSameSession = (item: SessionItem, seen: SessionItem): boolean =>
  item.sealed?.generation === seen.sealed?.generation && item.sessionId === seen.sessionId

/**
 * The seen window is over, or begins further ahead than a window is long: then a clock was wrong, and
 * nobody has to wait for it.
 */
export const opensWindow = ({ seen, nowAtMs, windowMs }: AcquireClaim): boolean =>
  seen.acquires === undefined ||
  seen.acquires.windowStartedAtMs <= nowAtMs - windowMs ||
  seen.acquires.windowStartedAtMs > nowAtMs + windowMs

/** For a claim of the item as it stands: the window goes on, and is full. */
export const isFull = (claim: AcquireClaim): boolean =>
  !opensWindow(claim) && (claim.seen.acquires?.count ?? 0) >= claim.limit

export const raisesClaims = (seen: SeenSession, claimsAtMs: number): boolean =>
  seen?.claimsAtMs === undefined || claimsAtMs > seen.claimsAtMs

/** No two sealed frames are alike, so the same bytes are the same write, whose reply was lost. */
export const hasFrame = (item: SeenSession, frame: Uint8Array): boolean =>
  item?.sealed !== undefined && Buffer.compare(item.sealed.frame, frame) === 0

export const hasEnd = (
  item: SeenSession,
  { atMs, reason }: { readonly atMs: number; readonly reason: string },
): boolean => item?.ended?.atMs === atMs && item.ended.reason === reason

export const pageLimit = (limit: number): number => Math.min(Math.max(limit, 1), mostPaged)
