// What the page shows, as pure steps: which page of which search, its rows, and what was ended here. Lives with
// no element and no call.
import type { Session, SessionList } from './session.ts'

export type Row = Session & {
  /**
   * By this administrator, so the list may not have it any more. `ending`: Looker has not confirmed yet. Undefined: it was not
   * ended here.
   */
  readonly endedHere: 'ended' | 'ending' | undefined
}

export type Listing = {
  /** Null: all users. */
  readonly user: string | null
  /** Where each page up to the shown one begins; the first begins nowhere. */
  readonly cursors: readonly (string | null)[]
  readonly next: string | null
  readonly rows: readonly Row[]
}

export const beginning = (user: string | null = null): Listing => ({
  user,
  cursors: [null],
  next: null,
  rows: [],
})

export const cursorOf = ({ cursors }: Listing): string | null => cursors.at(-1) ?? null

export const hasPrevious = ({ cursors }: Listing): boolean => cursors.length > 1

/** Rows go until the answer is there. Asked twice for the same page, it is one step. */
export const nextPage = (listing: Listing): Listing =>
  listing.next === null || listing.next === cursorOf(listing)
    ? listing
    : { ...listing, cursors: [...listing.cursors, listing.next], rows: [] }

export const previousPage = (listing: Listing): Listing =>
  hasPrevious(listing)
    ? { ...listing, cursors: listing.cursors.slice(0, -1), next: cursorOf(listing), rows: [] }
    : listing

/**
 * The answer for the shown page. What was ended here stays, in its place above, until another page is shown; what
 * the list does not have any more, Looker has confirmed.
 */
export const answered = (listing: Listing, { sessions, next }: SessionList): Listing => {
  const isListed = (row: Row) => sessions.some((session) => isSame(session, row))
  const gone = listing.rows
    .filter((row) => row.endedHere !== undefined && !isListed(row))
    .map((row) => ({ ...row, endedHere: 'ended' as const }))
  const rows = sessions.map((session) => ({ ...session, endedHere: undefined }))
  // Those of a user come in no order.
  const inOrder = listing.user === null ? rows : rows.toSorted(byEnd)
  return { ...listing, next, rows: [...gone, ...inOrder] }
}

const byEnd = (one: Session, other: Session): number => one.ends_in - other.ends_in

/** Of the row as it was shown: the list may have been loaded anew meanwhile. */
export const endedOne = (listing: Listing, shown: Row, confirmed: boolean): Listing =>
  endedWhere(listing, confirmed, (row) => row.id === shown.id || isSame(row, shown))

export const endedAll = (listing: Listing, user: string, confirmed: boolean): Listing =>
  endedWhere(listing, confirmed, (row) => row.user === user)

const endedWhere = (
  listing: Listing,
  confirmed: boolean,
  isEnded: (row: Row) => boolean,
): Listing => {
  const ended = { endedHere: confirmed ? 'ended' : 'ending', ends_in: 0 } as const
  return {
    ...listing,
    rows: listing.rows.map((row) => (isEnded(row) ? { ...row, ...ended } : row)),
  }
}

/** Ids are sealed anew for each list, so they tell nothing; nor does a record that does not open. */
const isSame = (one: Session, other: Session): boolean =>
  one.started_at !== null &&
  one.user === other.user &&
  one.started_at === other.started_at &&
  one.user_agent === other.user_agent

export type Standing = 'active' | 'ending' | 'ended' | 'over' | 'unreadable'

/** `over`: its time ran out since the list was asked for. */
export const standingOf = (row: Row, elapsedSeconds: number): Standing => {
  if (row.endedHere !== undefined) return row.endedHere
  return row.state === 'active' && row.ends_in <= elapsedSeconds ? 'over' : row.state
}

/** What is over already is not ended once more; a record that does not open can be. */
export const mayEnd = (row: Row): boolean =>
  row.endedHere === undefined && (row.state === 'active' || row.state === 'unreadable')
