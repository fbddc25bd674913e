// Asking the function of a stage until nothing is left.
import { describe, expect, it } from 'vitest'
import type { Revoked, What } from '../../cli/revoke-calls.ts'
import { revokeEverything } from '../../cli/revoke.ts'
import { Remedy } from '../../cli/remedy.ts'

const done = (ended: number, left = 0, lost = 0, buried = 0): Revoked => ({
  kept: true,
  begun_at_ms: 7,
  ended,
  left,
  lost,
  buried,
})

const asked = async (
  answers: readonly Revoked[],
  { what = ['sessions'] as What[], waitMs = 0 } = {},
) => {
  const calls: (readonly [What, number | undefined])[] = []
  const lines: string[] = []
  let nowMs = 0
  const left = await revokeEverything({
    revoke: async (part, begunAtMs) => {
      calls.push([part, begunAtMs])
      const answer = answers[calls.length - 1]
      if (!answer) throw new Remedy('no answer')
      return answer
    },
    what,
    waitMs,
    clock: { now: () => nowMs, sleep: async (ms) => (nowMs += ms) },
    tell: (line) => void lines.push(line),
  })
  return { left, calls, lines, tookMs: nowMs }
}

describe('revoking', () => {
  it('does one part after the other', async () => {
    const { left, calls, lines } = await asked([done(50), done(6)], {
      what: ['sessions', 'tokens'],
    })

    expect(left).toBe(0)
    expect(calls).toEqual([
      ['sessions', undefined],
      ['tokens', undefined],
    ])
    expect(lines).toEqual([
      'Ended 50 embed sessions, here and at Looker. Their users need a new sign-in.',
      'Logged out 6 API tokens at Looker. Whoever needs one is logged in anew.',
    ])
  })

  it('calls again at once while it gets on, always of what the first call began', async () => {
    const { calls, lines, tookMs } = await asked([done(100, 50), done(40, 10), done(10)])

    expect(calls.map(([, begunAtMs]) => begunAtMs)).toEqual([undefined, 7, 7])
    expect(tookMs).toBe(0)
    expect(lines[0]).toContain('Ended 150 embed sessions')
  })

  it('calls again at once after a call whose time went into locking out', async () => {
    const { left, calls, tookMs } = await asked([done(0, 1, 0, 900), done(0, 1, 0, 100), done(9)])

    expect([left, calls.length, tookMs]).toEqual([0, 3, 0])
  })

  it('says what is left when Looker does not confirm, and stops', async () => {
    const { left, calls, lines } = await asked([done(0, 12)])

    expect([left, calls.length]).toEqual([12, 1])
    expect(lines.join('\n')).toMatch(/Left: at least 12 embed sessions.*the schedule asks Looker/)
  })

  it('asks again for as long as somebody waits', async () => {
    const { left, calls, tookMs } = await asked([done(0, 12), done(0, 12), done(0, 12)], {
      waitMs: 40_000,
    })

    expect([left, calls.length, tookMs]).toEqual([12, 3, 30_000])
  })

  it('stops to wait when Looker is back', async () => {
    const { left, tookMs } = await asked([done(0, 12), done(12)], { waitMs: 60_000 })

    expect([left, tookMs]).toEqual([0, 15_000])
  })

  it('says what cannot be told to Looker', async () => {
    const { lines } = await asked([done(1, 0, 2), done(1, 0, 1)], { what: ['sessions', 'tokens'] })

    expect(lines).toHaveLength(4)
    expect(lines[1]).toMatch(/^2 embed sessions ended here alone/)
    expect(lines[3]).toMatch(/^1 API token cannot be logged out/)
  })

  it.each([
    [null, /does not embed/],
    [43_200, /"store: client".*at most 12 hours/],
    [2_592_000, /at most 30 days/],
    [900, /at most 15 minutes/],
  ])('says of sessions that are not kept (%s) what becomes of them', async (longest, line) => {
    const { left, lines } = await asked([{ kept: false, longest_seconds: longest }])

    expect(left).toBe(0)
    expect(lines.join()).toMatch(line)
  })
})
