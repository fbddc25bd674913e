// The one end of a session's record: the tenant's policy by the settings of now, and Looker's own.
import { describe, expect, it } from 'vitest'
import { acquireAnswerOf } from '../../lib/embed/acquire-answer.ts'
import { clipped, secondsLeft } from '../../lib/embed/page-tokens.ts'
import { timesOf } from '../../lib/embed/policy.ts'
import { sessionLengthOf, startTimes, underPolicy } from '../../lib/embed/under-policy.ts'
import { Secret } from '../../lib/secret.ts'
import { pageRecord } from './page-samples.ts'
import { policyOf } from './policy-world.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const lookerEndsAtMs = 40 * dayMs

const usual = policyOf()
const watched = policyOf({ inactivity_logout: true })
const lasting = (max_lifetime: number) => policyOf({ session_duration: 300, max_lifetime })
const startedAt = (startedAtMs: number, policy = usual, stays = false) =>
  pageRecord({
    startedAtMs,
    lookerEndsAtMs,
    times: timesOf(policy, { nowAtMs: startedAtMs, stays }).times,
  })

const tokenOf = (ttlSeconds: number) => ({ token: new Secret('token'), ttlSeconds })

describe('the end of a record', () => {
  it.each([
    ['the duration', usual, false, 30 * minuteMs],
    ['the lifetime of who stays', usual, true, 30 * dayMs],
    ['inactivity', watched, false, 15 * minuteMs],
    ['a duration before that', { ...watched, session_duration: 300 }, false, 5 * minuteMs],
  ])('is that of %s', (_what, policy, stays, ms) => {
    const record = startedAt(1_000, policy, stays)

    const before = underPolicy(policy, record, 999 + ms)
    const then = underPolicy(policy, record, 1_000 + ms)

    expect(before).toMatchObject({ expiresAtMs: 1_000 + ms, stand: { over: false } })
    expect(then).toMatchObject({ expiresAtMs: 1_000 + ms, stand: { over: true } })
  })

  it.each([
    [30 * minuteMs - 1, 30 * minuteMs - 1],
    [30 * minuteMs, 30 * minuteMs],
    [30 * minuteMs + 1, 30 * minuteMs],
  ])('is never later than the %i ms of Looker', (lookerMs, endMs) => {
    const record = { ...startedAt(0), lookerEndsAtMs: lookerMs }

    expect(underPolicy(usual, record, 0).expiresAtMs).toBe(endMs)
    expect(underPolicy(usual, record, dayMs).expiresAtMs).toBe(endMs)
  })

  it('is that of Looker alone without a policy, though it has times', () => {
    const record = { ...startedAt(0), expiresAtMs: lookerEndsAtMs }

    expect(underPolicy(null, record, dayMs)).toBe(record)
  })

  it('counts from the start where no times are sealed, and stays for nobody', () => {
    const record = pageRecord({ startedAtMs: 1_000, lookerEndsAtMs })

    const { times, expiresAtMs } = underPolicy(usual, record, dayMs)

    expect(times).toEqual(timesOf(usual, { nowAtMs: 1_000, stays: false }).times)
    expect(expiresAtMs).toBe(1_000 + 30 * minuteMs)
  })
})

describe('the lives of tokens', () => {
  const session = {
    authentication: tokenOf(30),
    navigation: tokenOf(600),
    api: tokenOf(600),
    reference: tokenOf(43_230),
    unverifiedSessionId: undefined,
  }

  it.each([
    [20 * minuteMs, 600],
    [20 * minuteMs + 1, 599],
    [30 * minuteMs - 1_000, 1],
  ])('are clipped to the end by the policy: %i ms after the start %i s', (nowAtMs, seconds) => {
    const record = underPolicy(usual, startedAt(0), nowAtMs)

    const acquired = acquireAnswerOf(session, record, nowAtMs)

    expect(acquired).toMatchObject({ navigation_token_ttl: seconds, api_token_ttl: seconds })
    expect(clipped(600, secondsLeft(record, nowAtMs))).toBe(seconds)
  })

  it('are none once it is over', () => {
    const record = underPolicy(usual, startedAt(0), 30 * minuteMs)

    expect(secondsLeft(record, 30 * minuteMs)).toBe(0)
  })
})

describe('what Looker is asked for', () => {
  it.each([
    [null, false, 3_600],
    [lasting(300), false, 330],
    [usual, false, 43_230],
    [usual, true, 2_592_000],
    [lasting(2_591_969), false, 2_591_999],
    [lasting(2_591_970), false, 2_592_000],
    [lasting(2_591_971), false, 2_592_000],
  ])('row %#: is 30 seconds more than the lifetime, 30 days at most', (policy, stays, seconds) => {
    const start = { nowAtMs: 0, stays, signedInAtMs: 0, before: undefined }

    expect(sessionLengthOf(policy, { ...start, usualSeconds: 3_600 })).toBe(seconds)
  })

  const notStaying = policyOf({ persistent_sessions: false })
  it.each([
    ['stays, for what is left of its 30 days', usual, true, 0, 2_592_000 - 1_200 + 30],
    ['does not, for what is left of its lifetime', usual, false, 0, 43_200 - 1_200 + 30],
    ['stayed, where nobody may any more', notStaying, true, 0, 43_200 - 1_200 + 30],
    ['stays, after a sign-in since, for an ordinary one', usual, true, 1, 43_230],
  ])('in the place of one who %s', (_, policy, stayed, signedInAtMs, seconds) => {
    const before = underPolicy(policy, startedAt(0, usual, stayed), 20 * minuteMs)
    const start = { nowAtMs: 20 * minuteMs, stays: false, signedInAtMs, before }

    expect(sessionLengthOf(policy, { ...start, usualSeconds: 3_600 })).toBe(seconds)
  })

  it.each([
    [301_000, 331],
    [300_001, 331],
    [300_000, 330],
    [1, 330],
  ])('is in whole seconds, and not less than five minutes: %i ms are left', (leftMs, seconds) => {
    const policy = lasting(1_800)
    const nowAtMs = 1_800_000 - leftMs
    const times = { ...timesOf(policy, { nowAtMs: 0, stays: false }).times, endsAtMs: 1_800_000 }
    const record = pageRecord({ lookerEndsAtMs, times: { ...times, periodAtMs: 1_500_000 } })
    const before = underPolicy(policy, record, nowAtMs)

    expect(
      sessionLengthOf(policy, { nowAtMs, stays: false, signedInAtMs: 0, before, usualSeconds: 0 }),
    ).toBe(seconds)
  })
})

describe('the times of a start', () => {
  const anew = timesOf(usual, { nowAtMs: 20 * minuteMs, stays: false }).times
  const before = underPolicy(usual, startedAt(1_000), 20 * minuteMs)
  const start = { nowAtMs: 20 * minuteMs, stays: false, before, others: [] }

  it.each([
    ['without a sign-in time', undefined, false],
    ['signed in before it', 999, false],
    ['signed in as it started', 1_000, false],
    ['signed in since', 1_001, true],
  ])('in the place of a living session, %s', (_when, signedInAtMs, begins) => {
    const times = startTimes(usual, { ...start, signedInAtMs })

    expect(times).toEqual(begins ? anew : before.times)
  })

  it('begin where none stands, where its time is over, and where it had no times', () => {
    const over = underPolicy(usual, startedAt(1_000), dayMs)
    const timeless = pageRecord()

    const starts = [undefined, over, timeless].map((former) =>
      startTimes(usual, { ...start, before: former, signedInAtMs: undefined }),
    )

    expect(starts).toEqual([anew, anew, anew])
  })

  it('are none without a policy', () => {
    expect(startTimes(null, { ...start, signedInAtMs: undefined })).toBeUndefined()
  })
})
