// The contract of the table as embed sessions need it: one item per user and device. Two implementations
// keep it, DynamoDB and memory; `test/contracts` runs one suite against both. Attribute names and
// conditions are in docs/items.md.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { EndReason } from '../events.ts'
import type { Holder, ItemKey, Lease } from './token-store.ts'

export type { EndReason } from '../events.ts'

export type SessionEnd = {
  readonly atMs: number
  readonly reason: EndReason
  /** An acquire then needs a sign-in newer than the end. */
  readonly needsSignIn: boolean
}

/** Acquires of one window of time; a new window begins when the last one is over. */
export type AcquireCount = { readonly windowStartedAtMs: number; readonly count: number }

export type StartFailure = { readonly reason: string; readonly retryAtMs?: number }

export type SessionItem = {
  readonly key: ItemKey
  /** Number of the last lease or publication; grows with each, even across a removal by TTL. */
  readonly generation: number
  /** Who may start a session at Looker for this item. */
  readonly lease?: Lease
  /** The sealed session and the generation under which it was published. */
  readonly sealed?: { readonly frame: Uint8Array; readonly generation: number }
  /** Looker's id of the session (the `sub` of its tokens), for conditions; absent if its tokens do not say. */
  readonly sessionId?: string
  /** When the newest claims were issued that had this profile; the sealed one is the floor. */
  readonly claimsAtMs?: number
  /** Digest of the profile that those claims had. Asked only where nothing is sealed any more. */
  readonly profileDigest?: string
  /** A tombstone. `sealed` stays beside it until Looker confirmed the end. */
  readonly ended?: SessionEnd
  readonly acquires?: AcquireCount
  /** How the start of that generation failed, for those who waited for it. */
  readonly failure?: StartFailure & { readonly generation: number }
  /** How long the last start took, from lease to publication. */
  readonly startMs?: number
  /** When the scheduled function has to look at it; absent if the item is not in the index. */
  readonly dueAtMs?: number
  readonly ttlEpochSeconds: number
  /** As the table gave it, for the store alone: so an item of any shape can be compared and replaced. */
  readonly raw?: Record<string, AttributeValue>
}

/** What the item must still be for a write to apply: sealed generation, session id and end as seen. */
export type SeenSession = SessionItem | undefined

export type SessionLeaseClaim = {
  readonly seen: SeenSession
  readonly owner: string
  readonly generation: number
  readonly nowAtMs: number
  readonly lengthMs: number
  /** Grace before another's lease counts as over by the wall clock. */
  readonly skewMs: number
  /** A lease that stood unchanged for its whole length on our own monotonic clock. */
  readonly stalled?: { readonly owner: string; readonly generation: number }
  /** Written as given: a start counts as an acquire. */
  readonly acquires: AcquireCount
  readonly ttlEpochSeconds: number
}

export type SessionOutcome = { readonly applied: boolean; readonly item: SessionItem | undefined }

export type SessionPublication = {
  readonly frame: Uint8Array
  readonly sessionId: string | undefined
  readonly claimsAtMs: number
  readonly profileDigest: string
  readonly startMs: number
  /** When the scheduled function has to look at the session: it enters the index under this. */
  readonly dueAtMs: number
  readonly ttlEpochSeconds: number
}

export type AcquireClaim = {
  readonly seen: SessionItem
  readonly nowAtMs: number
  /** Length of a window, and how many acquires it may have. */
  readonly windowMs: number
  readonly limit: number
  /** Raises `claimsAtMs` of the item; never lowers it. */
  readonly claimsAtMs?: number
}

export const mostListed = 500

export type DueSession = { readonly key: ItemKey; readonly dueAtMs: number }

/** A position in the index: the next page begins after it, whether that item is still there or not. */
export type SessionCursor = {
  readonly partition: string
  readonly sort: string
  readonly dueAtMs: number
}

export type SessionPage = {
  readonly items: readonly SessionItem[]
  /** Undefined: this was the last page. One that is given may lead to an empty page. */
  readonly next: SessionCursor | undefined
}

/** Most items that a page of `listPage` has. */
export const mostPaged = 100

/** Errors of every call: `StoreError`. All reads are consistent. */
export type SessionStore = {
  readonly read: (key: ItemKey) => Promise<SessionItem | undefined>
  /**
   * The items of one partition, that is of one user, in no order. At most `mostListed`: whoever has more
   * devices than that has them from a script.
   */
  readonly listOfUser: (partition: string) => Promise<readonly SessionItem[]>
  /**
   * Counts one acquire of the session that was seen. `limited`: the window is full, nothing changed;
   * `changed`: another session stands there, or an end, or nothing. Never more than the limit are counted
   * in a window, however many ask at once; a reply that was lost may cost one of them.
   */
  readonly countAcquire: (
    key: ItemKey,
    claim: AcquireClaim,
  ) => Promise<{
    readonly outcome: 'counted' | 'limited' | 'changed'
    readonly item: SessionItem | undefined
  }>
  /** Granted if what was seen still stands and no other lease does. The same owner asking twice is given what it took. */
  readonly takeLease: (key: ItemKey, claim: SessionLeaseClaim) => Promise<SessionOutcome>
  /**
   * The started session in; lease, failure and end out. Applies if the lease is still the holder's and the
   * end of the item is the one `seen` had (somebody may have ended the user's session meanwhile); also
   * `applied` when the same publication stands there already.
   */
  readonly publish: (
    key: ItemKey,
    holder: Holder,
    seen: SeenSession,
    publication: SessionPublication,
  ) => Promise<SessionOutcome>
  /**
   * A join that turned out to be a start: the new session takes the place of the seen one, under the given
   * generation (larger than the item's), if that one still stands, has not ended and nobody holds a lease.
   * Also `applied` when the same frame stands there already.
   */
  readonly replace: (
    key: ItemKey,
    seen: SessionItem,
    replacement: SessionPublication & {
      readonly generation: number
      readonly nowAtMs: number
    },
  ) => Promise<SessionOutcome>
  /**
   * Lease out (and the failure in, if one is given), if it is still the holder's. False if not. How long
   * the item is kept stays as it is: an end may have come meanwhile, which is kept for longer than a lease.
   */
  readonly release: (key: ItemKey, holder: Holder, failure?: StartFailure) => Promise<boolean>
  /**
   * Makes a tombstone of the seen session, if it still stands with the end that was seen, or none. Without
   * a session it is the item that ends. A start under way loses at its publication, if this end has another
   * time than the one before. Also `applied` when the same end stands there already. While a session is
   * sealed, it is due at once, at the time of its end: Looker has to confirm it.
   */
  readonly end: (
    key: ItemKey,
    seen: SessionItem,
    end: SessionEnd & { readonly ttlEpochSeconds: number },
  ) => Promise<SessionOutcome>
  /** Looker confirmed the end: the sealed session goes; the tombstone stays, outside the index, with the claims' age and profile. */
  readonly forget: (key: ItemKey, seen: SessionItem) => Promise<void>
  /**
   * Sessions that are due at `beforeAtMs` (epoch milliseconds) or before, earliest first, page by page. From
   * the index, which follows the table by moments: read the item before anything is done about it.
   */
  readonly listDue: (beforeAtMs: number) => AsyncIterable<DueSession>
  /** The seen session is due then, if it still stands as seen, with its end or none. If not, nothing changes. */
  readonly reschedule: (key: ItemKey, seen: SessionItem, dueAtMs: number) => Promise<void>
  /**
   * The sessions of the table that live, or ended and are not confirmed, in the order in which they are due;
   * time alone ends none of them here. `limit`: 1 to 100 (`mostPaged`); what is beyond is taken as the nearest.
   * A page may be shorter and still have a next. A session whose due time moves between two pages may be
   * in both, or in none.
   */
  readonly listPage: (asked: {
    readonly after?: SessionCursor | undefined
    readonly limit: number
  }) => Promise<SessionPage>
}
