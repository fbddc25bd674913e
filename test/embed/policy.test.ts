// How long a session lives: every rule of the policy, each limit just inside and just outside.
import { describe, expect, it } from 'vitest'
import type { SessionPolicySettings } from '../../lib/config/session-policy.ts'
import { active, extended, standOf, timesOf } from '../../lib/embed/policy.ts'
import type { PolicyTimes } from '../../lib/embed/policy.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const startMs = 1_000_000

const settings: SessionPolicySettings = {
  session_duration: 1_800,
  max_lifetime: 43_200,
  stay_lifetime: 2_592_000,
  persistent_sessions: true,
  inactivity_logout: false,
  concurrent_sessions: true,
  session_location: false,
  edge: null,
}
const lasting = (session_duration: number, max_lifetime = 43_200): SessionPolicySettings => ({
  ...settings,
  session_duration,
  max_lifetime,
})
const watched: SessionPolicySettings = {
  ...lasting(86_400, 86_400),
  persistent_sessions: false,
  inactivity_logout: true,
}

const started = (policy: SessionPolicySettings, stays = false): PolicyTimes =>
  timesOf(policy, { nowAtMs: startMs, stays }).times
/** Of a session of this policy, so long after its start. */
const standAfter = (ms: number, policy = settings, times = started(policy)) =>
  standOf(policy, times, startMs + ms)
const extendedAfter = (ms: number, policy = settings, times = started(policy)) =>
  extended(policy, times, startMs + ms)
const granted = (outcome: ReturnType<typeof extended>): PolicyTimes => {
  if (typeof outcome === 'string') throw new Error(outcome)
  return outcome
}

describe('a new session', () => {
  it('has the duration, and asks Looker for the longest lifetime', () => {
    const { times, sessionLengthSeconds } = timesOf(settings, {
      nowAtMs: 1_000_000.9,
      stays: false,
    })

    expect(times).toEqual({
      startedAtMs: 1_000_000,
      periodAtMs: 1_000_000,
      endsAtMs: 2_800_000,
      lastsUntilMs: 44_200_000,
      stays: false,
      activeAtMs: 1_000_000,
    })
    expect(sessionLengthSeconds).toBe(43_200)
  })

  it.each([
    [true, settings, true, 2_592_000],
    [true, { ...settings, stay_lifetime: 7_200 }, true, 7_200],
    [true, { ...settings, persistent_sessions: false }, false, 43_200],
    [true, watched, false, 86_400],
    [false, settings, false, 43_200],
  ])('row %#: asked to stay is %j', (stays, policy, kept, seconds) => {
    const { times, sessionLengthSeconds } = timesOf(policy, { nowAtMs: 0, stays })

    expect(times.stays).toBe(kept)
    expect(sessionLengthSeconds).toBe(seconds)
    expect(times.lastsUntilMs).toBe(seconds * 1000)
    expect(times.endsAtMs).toBe((kept ? seconds : policy.session_duration) * 1000)
  })
})

describe('the end of a session', () => {
  it.each([
    ['the shortest duration', lasting(300), false, 5 * minuteMs],
    ['the usual duration', settings, false, 30 * minuteMs],
    ['the longest duration', lasting(2_592_000, 2_592_000), false, 30 * dayMs],
    ['who stays', settings, true, 30 * dayMs],
    ['who stays less', { ...settings, stay_lifetime: 7_200 }, true, 120 * minuteMs],
  ])('comes after %s, to the millisecond', (_what, policy, stays, ms) => {
    const times = started(policy, stays)

    const before = standAfter(ms - 1, policy, times)
    const then = standAfter(ms, policy, times)

    expect(before).toMatchObject({ over: false, endsAtMs: startMs + ms, warns: 'end' })
    expect(before).toMatchObject({ warnAtMs: startMs + ms - 120_000 })
    expect(then).toEqual({ over: true, atMs: startMs + ms, reason: 'expired' })
  })

  it('comes at once when a shorter duration makes it past', () => {
    const stand = standAfter(5 * minuteMs, lasting(300), started(settings))

    expect(stand).toEqual({ over: true, atMs: startMs + 300_000, reason: 'expired' })
  })

  it('is not moved by a longer duration or lifetime', () => {
    const stand = standAfter(0, lasting(43_200, 2_592_000), started(settings))

    expect(stand).toMatchObject({ over: false, endsAtMs: startMs + 30 * minuteMs })
  })

  it('follows a lifetime that became shorter than what was granted', () => {
    const policy = lasting(300, 300)

    const stand = standOf(policy, { ...started(policy), endsAtMs: startMs + dayMs }, startMs)
    const lifetime = standAfter(0, lasting(1_800, 600), started(settings))

    expect(stand).toMatchObject({ endsAtMs: startMs + 300_000 })
    expect(lifetime).toMatchObject({ endsAtMs: startMs + 600_000 })
  })

  it('counts a shorter duration from the last extension', () => {
    const times = granted(extendedAfter(28 * minuteMs))

    const stand = standAfter(28 * minuteMs, lasting(300), times)

    expect(stand).toMatchObject({ over: false, endsAtMs: startMs + 35 * minuteMs })
  })

  it('is that of others for who stays, once nobody may', () => {
    const off = { ...settings, persistent_sessions: false }
    const times = started(settings, true)

    const stand = standAfter(28 * minuteMs, off, times)
    const next = granted(extendedAfter(28 * minuteMs, off, times))

    expect(stand).toMatchObject({ endsAtMs: startMs + 30 * minuteMs, mayExtend: true })
    expect(next).toMatchObject({ endsAtMs: startMs + 60 * minuteMs, stays: false })
  })

  it('comes sooner for who stays when the lifetime of that was shortened', () => {
    const stand = standAfter(0, { ...settings, stay_lifetime: 7_200 }, started(settings, true))

    expect(stand).toMatchObject({ endsAtMs: startMs + 7_200_000 })
  })
})

describe('an extension', () => {
  it.each([
    [300, 300],
    [1_799, 1_799],
    [1_800, 1_800],
    [1_801, 1_800],
    [86_400, 1_800],
  ])('of a duration of %i s is by %i s', (duration, seconds) => {
    const policy = lasting(duration, 2_592_000)
    const endMs = duration * 1000

    const times = granted(extendedAfter(endMs - 1, policy))

    expect(times).toEqual({
      ...started(policy),
      periodAtMs: startMs + endMs,
      endsAtMs: startMs + endMs + seconds * 1000,
    })
  })

  it.each([
    [0, 'too-early'],
    [28 * minuteMs - 1, 'too-early'],
    [30 * minuteMs, 'too-late'],
    [dayMs, 'too-late'],
  ])('%i ms after the start is %s', (ms, refusal) => {
    expect(extendedAfter(ms)).toBe(refusal)
  })

  it.each([
    [28 * minuteMs - 1, false],
    [28 * minuteMs, true],
    [30 * minuteMs - 1, true],
  ])('is announced, and %i ms after the start possible: %j', (ms, mayExtend) => {
    const stand = standAfter(ms)

    expect(stand).toMatchObject({ mayExtend, extendsToMs: startMs + 60 * minuteMs })
    expect(typeof extendedAfter(ms) === 'object').toBe(mayExtend)
  })

  it('is too early a second time in the same two minutes', () => {
    const times = granted(extendedAfter(29 * minuteMs))

    expect(extendedAfter(29 * minuteMs + 1, settings, times)).toBe('too-early')
    expect(extendedAfter(58 * minuteMs - 1, settings, times)).toBe('too-early')
    expect(extendedAfter(58 * minuteMs, settings, times)).toMatchObject({
      endsAtMs: startMs + 90 * minuteMs,
    })
  })

  it.each([
    [1_800, 'at-limit'],
    [1_801, 1_801_000],
    [3_599, 3_599_000],
    [3_600, 3_600_000],
    [3_601, 3_600_000],
  ])('within a lifetime of %i s ends in: %j', (lifetime, end) => {
    const policy = lasting(1_800, lifetime)

    const outcome = extendedAfter(29 * minuteMs, policy)
    const stand = standAfter(29 * minuteMs, policy)

    const mayExtend = end !== 'at-limit'
    const endsAtMs = mayExtend ? startMs + Number(end) : undefined
    expect(stand).toMatchObject({ mayExtend, extendsToMs: endsAtMs })
    expect(typeof outcome === 'string' ? outcome : outcome.endsAtMs).toBe(endsAtMs ?? 'at-limit')
  })

  it('that gains less than a second is none', () => {
    const times = { ...started(settings), lastsUntilMs: startMs + 30 * minuteMs + 999 }
    const longer = { ...times, lastsUntilMs: startMs + 30 * minuteMs + 1_000 }

    expect(extendedAfter(29 * minuteMs, settings, times)).toBe('at-limit')
    expect(extendedAfter(29 * minuteMs, settings, longer)).toMatchObject({
      endsAtMs: startMs + 30 * minuteMs + 1_000,
    })
  })

  it('never passes the lifetime of the start, whatever the settings are now', () => {
    const times = started(lasting(1_800, 2_400))

    const outcome = extendedAfter(29 * minuteMs, lasting(1_800, 2_592_000), times)

    expect(outcome).toMatchObject({ endsAtMs: startMs + 2_400_000 })
  })

  it('is nothing for who stays', () => {
    const policy = { ...lasting(1_800), stay_lifetime: 2_592_000 }
    const times = { ...started(policy, true), endsAtMs: startMs + 1_800_000 }

    expect(standAfter(29 * minuteMs, policy, times)).toMatchObject({ mayExtend: false })
    expect(extendedAfter(29 * minuteMs, policy, times)).toBe('at-limit')
  })

  it('is no activity', () => {
    const policy = { ...watched, session_duration: 900 }
    const times = active(policy, started(policy), { idleMs: 0, nowAtMs: startMs + minuteMs })

    const next = granted(extendedAfter(14 * minuteMs, policy, times))

    expect(next.activeAtMs).toBe(startMs + minuteMs)
    expect(standAfter(16 * minuteMs, policy, next)).toEqual({
      over: true,
      atMs: startMs + 16 * minuteMs,
      reason: 'inactive',
    })
  })
})

describe('inactivity', () => {
  it('ends a session after 15 minutes, warned 2 minutes before', () => {
    const before = standAfter(15 * minuteMs - 1, watched)
    const then = standAfter(15 * minuteMs, watched)

    expect(before).toEqual({
      over: false,
      judgedAtMs: startMs + 15 * minuteMs - 1,
      endsAtMs: startMs + 15 * minuteMs,
      durationEndsAtMs: startMs + dayMs,
      idleEndsAtMs: startMs + 15 * minuteMs,
      warnAtMs: startMs + 13 * minuteMs,
      warns: 'inactivity',
      mayExtend: false,
      extendsToMs: undefined,
    })
    expect(then).toEqual({ over: true, atMs: startMs + 15 * minuteMs, reason: 'inactive' })
  })

  it('ends nothing where it is off', () => {
    const stand = standAfter(30 * minuteMs - 1)

    expect(stand).toMatchObject({ over: false, idleEndsAtMs: undefined })
  })

  it.each([
    [899, 'end', 'expired'],
    [900, 'end', 'expired'],
    [901, 'inactivity', 'inactive'],
  ])('and a duration of %i s: the earlier warns of the %s', (duration, warns, reason) => {
    const policy = { ...watched, session_duration: duration }

    expect(standAfter(0, policy)).toMatchObject({ warns })
    expect(standAfter(900_000, policy)).toMatchObject({ over: true, reason })
  })

  it('is put off by activity, which moves neither duration nor lifetime', () => {
    const times = started(watched)

    const next = active(watched, times, { idleMs: 1_000, nowAtMs: startMs + 10 * minuteMs })

    expect(next).toEqual({ ...times, activeAtMs: startMs + 10 * minuteMs - 1_000 })
    expect(standAfter(15 * minuteMs, watched, next)).toMatchObject({
      over: false,
      endsAtMs: startMs + 25 * minuteMs - 1_000,
    })
  })

  it.each([
    ['in the future', -1, 10 * minuteMs],
    ['at no time', NaN, 10 * minuteMs],
    ['at the start', 10 * minuteMs, 10 * minuteMs],
    ['before the start', 10 * minuteMs + 1, 10 * minuteMs],
    ['endlessly long ago', Infinity, 10 * minuteMs],
    ['after the end by inactivity', 0, 15 * minuteMs],
    ['before that end, told after it', 2 * minuteMs, 16 * minuteMs],
    ['by a clock before the start', 0, -minuteMs],
  ])('is not put off by activity %s', (_when, idleMs, afterMs) => {
    const times = started(watched)

    expect(active(watched, times, { idleMs, nowAtMs: startMs + afterMs })).toBe(times)
  })

  it('is put off to the last millisecond', () => {
    const report = { idleMs: 0, nowAtMs: startMs + 15 * minuteMs - 1 }

    expect(active(watched, started(watched), report)).toMatchObject({
      activeAtMs: startMs + 15 * minuteMs - 1,
    })
  })

  it('keeps the latest of several reports, whole milliseconds', () => {
    const times = { ...started(watched), activeAtMs: startMs + 5 * minuteMs }
    const at = (idleMs: number) =>
      active(watched, times, { idleMs, nowAtMs: startMs + 6 * minuteMs }).activeAtMs

    expect([minuteMs + 1, minuteMs, minuteMs - 0.5, minuteMs - 1].map(at)).toEqual([
      startMs + 5 * minuteMs,
      startMs + 5 * minuteMs,
      startMs + 5 * minuteMs,
      startMs + 5 * minuteMs + 1,
    ])
  })

  it('is not counted where it is off, nor after the end of the duration', () => {
    const times = started(settings)
    const policy = { ...watched, session_duration: 900 }
    const late = { ...started(policy), activeAtMs: startMs + 10 * minuteMs }

    expect(active(settings, times, { idleMs: 0, nowAtMs: startMs + 1_000 })).toBe(times)
    expect(active(policy, late, { idleMs: 0, nowAtMs: startMs + 15 * minuteMs })).toBe(late)
  })

  it('counts from the start when it is switched on later', () => {
    const stand = standAfter(20 * minuteMs, watched, started(settings))

    expect(stand).toEqual({ over: true, atMs: startMs + 15 * minuteMs, reason: 'inactive' })
  })
})

describe('a clock before the start', () => {
  it('counts as the start', () => {
    const early = standAfter(-dayMs)

    expect(early).toEqual(standAfter(0))
    expect(extendedAfter(-dayMs)).toBe('too-early')
  })
})
