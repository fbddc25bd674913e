// What the page shows, as pure steps: which page of which search, its rows, and what was ended here. Lives with
// no element and no call.
import type { Session, SessionList } from './session.ts'

export type Row = Session & {
  /** Ended here, by this administrator: the list may not have it any more. */
  readonly endedHere: boolean
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

/** Rows stay until the answer is there, but of another page. */
export const nextPage = (listing: Listing): Listing =>
  listing.next === null
    ? listing
    : { ...listing, cursors: [...listing.cursors, listing.next], rows: [] }

export const previousPage = (listing: Listing): Listing =>
  hasPrevious(listing) ? { ...listing, cursors: listing.cursors.slice(0, -1), rows: [] } : listing

/** The answer for the shown page. What was ended here stays, in its place above, until another page is shown. */
export const answered = (listing: Listing, { sessions, next }: SessionList): Listing => {
  const isListed = (row: Row) => sessions.some((session) => isSame(session, row))
  const gone = listing.rows.filter((row) => row.endedHere && !isListed(row))
  const rows = sessions.map((session) => ({ ...session, endedHere: false }))
  return { ...listing, next, rows: [...gone, ...rows] }
}

export const endedOne = (listing: Listing, id: string): Listing =>
  endedWhere(listing, (row) => row.id === id)

export const endedAll = (listing: Listing, user: string): Listing =>
  endedWhere(listing, (row) => row.user === user)

const endedWhere = (listing: Listing, isEnded: (row: Row) => boolean): Listing => ({
  ...listing,
  rows: listing.rows.map((row) => (isEnded(row) ? { ...row, endedHere: true, ends_in: 0 } : row)),
})

/** Ids are sealed anew for each list, so they tell nothing. */
const isSame = (one: Session, other: Session): boolean =>
  one.user === other.user &&
  one.started_at === other.started_at &&
  one.user_agent === other.user_agent

export type Standing = 'active' | 'ending' | 'ended' | 'over' | 'unreadable'

/** `over`: its time ran out since the list was asked for. */
export const standingOf = (row: Row, elapsedSeconds: number): Standing => {
  if (row.endedHere) return 'ended'
  return row.state === 'active' && row.ends_in <= elapsedSeconds ? 'over' : row.state
}
