// What a new browser may have of a sign-in that began sessions elsewhere.
import { describe, expect, it } from 'vitest'
import type { PolicyTimes } from '../../lib/embed/policy.ts'
import { isUnseen, timesOfSignIn, withinOthers } from '../../lib/embed/same-sign-in.ts'
import { standOf } from '../../lib/embed/policy.ts'
import { policyOf } from './policy-world.ts'

const times = (changes: Partial<PolicyTimes> = {}): PolicyTimes => ({
  startedAtMs: 2_000,
  periodAtMs: 2_000,
  endsAtMs: 1_802_000,
  lastsUntilMs: 43_202_000,
  stays: false,
  activeAtMs: 2_000,
  ...changes,
})
const may = { persistent_sessions: true }

describe('whether a browser was never seen', () => {
  const item = { key: { partition: 'p', sort: 's' }, generation: 1, ttlEpochSeconds: 0 }
  const sealed = { frame: new Uint8Array([1]), generation: 1 }
  const ended = { atMs: 1_000, reason: 'expired', needsSignIn: true } as const

  it.each([
    ['without an item', undefined, true],
    ['whose start failed', item, true],
    ['with a session', { ...item, sealed }, false],
    ['whose session is ending', { ...item, sealed, ended }, false],
    ['whose session ended', { ...item, ended }, false],
  ])('%s', (_, own, unseen) => {
    expect(isUnseen(own)).toBe(unseen)
  })
})

describe('the sessions that a sign-in may have begun', () => {
  const living = { times: times(), stand: standOf(policyOf(), times(), 2_000) }
  const over = { times: times(), stand: standOf(policyOf(), times(), 1_802_000) }

  it.each([
    ['as it was', 2_000, living, true],
    ['before', 1_999, living, true],
    ['nobody knows when', undefined, living, true],
    ['since', 2_001, living, false],
    ['before one that is over', 1_999, over, false],
    ['before one without a policy', 1_999, {}, false],
  ])('began %s', (_, signedInAtMs, record, begun) => {
    expect(timesOfSignIn({ signedInAtMs }, record)).toEqual(begun ? living.times : undefined)
  })
})

describe('the times of a new browser', () => {
  const later = times({
    startedAtMs: 902_000,
    periodAtMs: 902_000,
    endsAtMs: 2_702_000,
    lastsUntilMs: 44_102_000,
    activeAtMs: 902_000,
  })

  it('are its own where there is no other', () => {
    expect(withinOthers(may, later, [])).toEqual(later)
  })

  it('are those of the other, but for its activity', () => {
    expect(withinOthers(may, later, [times()])).toEqual(times({ activeAtMs: 902_000 }))
  })

  it('are its own where the other is of a clock that was ahead', () => {
    expect(withinOthers(may, times(), [later])).toEqual(times())
  })

  it('are the shortest of several', () => {
    const extended = times({ periodAtMs: 1_802_000, endsAtMs: 3_602_000, lastsUntilMs: 9_000_000 })

    const within = withinOthers(may, later, [extended, times()])

    expect(within).toEqual(times({ lastsUntilMs: 9_000_000, activeAtMs: 902_000 }))
  })

  const staying = times({ stays: true, endsAtMs: 2_592_002_000, lastsUntilMs: 2_592_002_000 })
  const stay = times({
    ...staying,
    startedAtMs: 902_000,
    periodAtMs: 902_000,
    endsAtMs: 2_592_902_000,
    lastsUntilMs: 2_592_902_000,
    activeAtMs: 902_000,
  })

  it.each([
    ['stays beside one who stays', stay, [staying], { ...staying, activeAtMs: 902_000 }],
    ['does not stay beside one who does not', stay, [times()], times({ activeAtMs: 902_000 })],
    ['is ordinary beside one who stays', later, [staying], later],
    [
      'ends with one whose 30 days are nearly over',
      later,
      [{ ...staying, endsAtMs: 1_000_000, lastsUntilMs: 1_000_000 }],
      { ...later, endsAtMs: 1_000_000, lastsUntilMs: 1_000_000 },
    ],
  ])('%s', (_, begun, others, expected) => {
    expect(withinOthers(may, begun, others)).toEqual(expected)
  })

  it('counts one who stays as ordinary where nobody may any more', () => {
    const within = withinOthers({ persistent_sessions: false }, later, [staying])

    expect(within).toMatchObject({ startedAtMs: 2_000, stays: false, endsAtMs: 2_702_000 })
  })
})
