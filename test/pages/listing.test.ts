import { describe, expect, it } from 'vitest'
import {
  answered,
  beginning,
  cursorOf,
  endedAll,
  endedOne,
  hasPrevious,
  mayEnd,
  nextPage,
  previousPage,
  standingOf,
} from '../../pages/sessions/listing.ts'
import type { Row } from '../../pages/sessions/listing.ts'
import type { Session } from '../../pages/sessions/session.ts'

const session = (id: string, user: string, changes: Partial<Session> = {}): Session => ({
  id,
  user,
  first_name: null,
  last_name: null,
  state: 'active',
  started_at: '2026-11-21T08:00:00.000Z',
  last_active_at: null,
  ends_at: '2026-11-21T09:00:00.000Z',
  ends_in: 600,
  stays_signed_in: false,
  user_agent: 'Browser/1',
  address: null,
  place: null,
  ...changes,
})

const twoRows = answered(beginning(), {
  sessions: [session('1', 'ada'), session('2', 'grace')],
  next: 'second',
})

const row = (changes: Partial<Row> = {}): Row => ({
  ...session('1', 'ada'),
  endedHere: undefined,
  ...changes,
})

const ada = row()

const standings = (listing: typeof twoRows) =>
  listing.rows.map((one) => `${one.user} ${standingOf(one, 0)}`)

describe('the pages of a list', () => {
  it('lead on as long as there is a next one, and back to where each began', () => {
    const second = answered(nextPage(twoRows), { sessions: [session('3', 'emmy')], next: null })

    expect(cursorOf(twoRows)).toBeNull()
    expect(cursorOf(second)).toBe('second')
    expect(second.rows.map(({ user }) => user)).toEqual(['emmy'])
    expect(nextPage(second)).toBe(second)
    expect([hasPrevious(twoRows), hasPrevious(second)]).toEqual([false, true])
    expect(cursorOf(previousPage(second))).toBeNull()
    expect(previousPage(twoRows)).toBe(twoRows)
  })

  it('lead one step on, however often that is asked for before the answer', () => {
    expect(nextPage(nextPage(twoRows)).cursors).toEqual([null, 'second'])
  })

  it('lead on again from a page that was gone back to, before its answer', () => {
    const last = answered(nextPage(twoRows), { sessions: [session('3', 'emmy')], next: null })

    expect(previousPage(last)).toMatchObject({ cursors: [null], next: 'second', rows: [] })
  })

  it('of a user has them in the order of their ends', () => {
    const given = [session('1', 'ada', { ends_in: 9 }), session('2', 'ada', { ends_in: 5 })]

    const listing = answered(beginning('ada'), { sessions: given, next: null })

    expect(listing.rows.map(({ id }) => id)).toEqual(['2', '1'])
  })
})

describe('what was ended here', () => {
  it('stays in sight when the list does not have it any more', () => {
    const ended = endedOne(twoRows, ada, true)

    const refreshed = answered(ended, { sessions: [session('9', 'grace')], next: null })

    expect(standings(ended)).toEqual(['ada ended', 'grace active'])
    expect(standings(refreshed)).toEqual(['ada ended', 'grace active'])
  })

  it('is found in a list that was loaded meanwhile, under another id', () => {
    const anew = answered(beginning(), {
      sessions: [session('8', 'ada'), session('9', 'grace')],
      next: null,
    })

    expect(standings(endedOne(anew, ada, true))).toEqual(['ada ended', 'grace active'])
  })

  it('does not take others along whose records do not open either', () => {
    const unreadable = { state: 'unreadable', started_at: null, user_agent: null } as const
    const sessions = [session('1', 'ada', unreadable), session('2', 'ada', unreadable)]
    const listing = answered(beginning(), { sessions, next: null })

    expect(standings(endedOne(listing, row(unreadable), false))).toEqual([
      'ada ending',
      'ada unreadable',
    ])
  })

  it('is ending until Looker confirms, which is when the list does not have it any more', () => {
    const ending = endedOne(twoRows, ada, false)

    const refreshed = answered(ending, { sessions: [session('9', 'grace')], next: null })

    expect(standings(ending)).toEqual(['ada ending', 'grace active'])
    expect(standings(refreshed)).toEqual(['ada ended', 'grace active'])
  })

  it('is what the list says while Looker has not confirmed', () => {
    const listed = session('9', 'ada', { state: 'ending', ends_in: 0 })

    const refreshed = answered(endedOne(twoRows, ada, true), { sessions: [listed], next: null })

    expect(standings(refreshed)).toEqual(['ada ending'])
  })

  it('goes with its page', () => {
    expect(nextPage(endedOne(twoRows, ada, true)).rows).toEqual([])
  })

  it('is every session of a user, and nobody else', () => {
    const three = answered(beginning(), {
      sessions: [session('1', 'ada'), session('2', 'grace'), session('3', 'ada')],
      next: null,
    })

    expect(standings(endedAll(three, 'ada', true))).toEqual([
      'ada ended',
      'grace active',
      'ada ended',
    ])
  })
})

describe('how a session stands', () => {
  it.each([
    [599.9, 'active'],
    [600, 'over'],
  ])('%d s after a list that gave it 600 s it is %s', (elapsed, standing) => {
    expect(standingOf(ada, elapsed)).toBe(standing)
  })

  it('is unreadable for as long as its record does not open', () => {
    expect(standingOf(row({ state: 'unreadable', ends_in: 0 }), 1_000)).toBe('unreadable')
  })
})

describe('what may be ended', () => {
  it.each([
    [{}, true],
    [{ state: 'unreadable' }, true],
    [{ state: 'ending' }, false],
    [{ endedHere: 'ended' }, false],
    [{ endedHere: 'ending' }, false],
  ] as const)('%j: %s', (changes, expected) => {
    expect(mayEnd(row(changes))).toBe(expected)
  })
})
