import { describe, expect, it } from 'vitest'
import {
  answered,
  beginning,
  cursorOf,
  endedAll,
  endedOne,
  hasPrevious,
  nextPage,
  previousPage,
  standingOf,
} from '../../pages/sessions/listing.ts'
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

const standings = (listing: typeof twoRows) =>
  listing.rows.map((row) => `${row.user} ${standingOf(row, 0)}`)

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
})

describe('what was ended here', () => {
  it('stays in sight when the list does not have it any more', () => {
    const ended = endedOne(twoRows, '1')

    const refreshed = answered(ended, { sessions: [session('9', 'grace')], next: null })

    expect(standings(ended)).toEqual(['ada ended', 'grace active'])
    expect(standings(refreshed)).toEqual(['ada ended', 'grace active'])
  })

  it('is what the list says while Looker has not confirmed', () => {
    const listed = session('9', 'ada', { state: 'ending', ends_in: 0 })

    const refreshed = answered(endedOne(twoRows, '1'), { sessions: [listed], next: null })

    expect(standings(refreshed)).toEqual(['ada ending'])
  })

  it('goes with its page', () => {
    expect(nextPage(endedOne(twoRows, '1')).rows).toEqual([])
  })

  it('is every session of a user, and nobody else', () => {
    const three = answered(beginning(), {
      sessions: [session('1', 'ada'), session('2', 'grace'), session('3', 'ada')],
      next: null,
    })

    expect(standings(endedAll(three, 'ada'))).toEqual(['ada ended', 'grace active', 'ada ended'])
  })
})

describe('how a session stands', () => {
  it.each([
    [599.9, 'active'],
    [600, 'over'],
  ])('%d s after a list that gave it 600 s it is %s', (elapsed, standing) => {
    const row = { ...session('1', 'ada'), endedHere: false }

    expect(standingOf(row, elapsed)).toBe(standing)
  })

  it('is unreadable for as long as its record does not open', () => {
    const row = { ...session('1', 'ada', { state: 'unreadable', ends_in: 0 }), endedHere: false }

    expect(standingOf(row, 1_000)).toBe('unreadable')
  })
})
