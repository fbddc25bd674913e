// What the broker's word means by a clock of the page that starts at 0.
import { describe, expect, it } from 'vitest'
import type { SessionState } from '../../lib/browser/answers.ts'
import { standingOf } from '../../lib/browser/standing.ts'

const iso = (seconds: number) => new Date(Date.UTC(2031, 0, 1) + seconds * 1000).toISOString()

const stateOf = (changes: Partial<SessionState> = {}): SessionState => ({
  state: 'active',
  ends_at: iso(300),
  ends_in: 300,
  ended_at: null,
  reason: null,
  sign_in_required: false,
  warn_at: iso(180),
  warns: 'end',
  may_extend: false,
  extends_to: null,
  idle_ends_at: null,
  stays_signed_in: false,
  ...changes,
})

describe('how a session stands', () => {
  it.each([
    ['of a session that is over', { state: 'none' }],
    ['without an end', { ends_at: null }],
    ['without a warning', { warn_at: null }],
    ['where nothing is warned of', { warns: null }],
    ['where the warning is at no time', { warn_at: 'soon' }],
  ] as const)('is nothing %s', (_, changes) => {
    expect(standingOf(stateOf(changes), 0)).toBeUndefined()
  })

  it.each([
    ['before the warning: until a second after it', 121, false, 2_000],
    ['at the warning: until a second after the end', 120, true, 121_000],
    ['at the end: a second later', 0, true, 1_000],
  ])('is looked at again, %s', (_, endsIn, isWarned, lookAtMs) => {
    const standing = standingOf(stateOf({ ends_in: endsIn }), 0)

    expect(standing?.warning !== undefined).toBe(isWarned)
    expect(standing?.lookAtMs).toBe(lookAtMs)
  })

  it('is looked at after a day at the latest, for timers overflow', () => {
    const far = { ends_at: iso(2_592_000), warn_at: iso(2_591_880), ends_in: 2_592_000 }

    expect(standingOf(stateOf(far), 5_000)?.lookAtMs).toBe(86_405_000)
  })

  it.each([
    ['end', true, iso(2_100), new Date(1_905_000)],
    ['inactivity', false, null, null],
  ] as const)(
    'warns of %s by the clock of the page',
    (warns, may_extend, extends_to, extendsTo) => {
      const state = stateOf({ ends_in: 100, warns, may_extend, extends_to })

      const { warning } = standingOf(state, 5_000) ?? {}

      const endsAt = new Date(105_000)
      expect(warning).toEqual({ state: 'warning', endsAt, warns, mayExtend: may_extend, extendsTo })
    },
  )
})
