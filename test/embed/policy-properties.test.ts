// Whatever is done to a session, and in whatever order: no rule lets it live longer than it says.
//
// What holds, of the clock that is read (nobody knows another):
// 1. The start plus the longest lifetime of the settings at the start, always: that instant is sealed, and all
//    else is a minimum with it.
// 2. The duration of the start plus 30 minutes for each extension that was granted, for who does not stay.
// 3. While inactivity logout is on, 15 minutes after the latest activity that was told and not in the future of
//    the clock then. A page that lies may put it off, up to 1 and 2; when no page lies and no clock is moved this
//    is 15 minutes after the user's last activity.
// 4. An end that was reached is final at every later time under settings that are no longer than those it was
//    reached under. Longer settings or a clock set back could let it live again: so whoever sees an end has to write it.
import type { Arbitrary } from 'fast-check'
import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  option,
  property,
  record,
} from 'fast-check'
import { expect, it } from 'vitest'
import { resolvedPolicy } from '../../lib/config/session-policy.ts'
import type { SessionPolicySettings } from '../../lib/config/session-policy.ts'
import { active, extended, standOf, timesOf } from '../../lib/embed/policy.ts'
import type { PolicyTimes } from '../../lib/embed/policy.ts'
import { endsOfModel, extendModel, modelOf, reportToModel, toldByModel } from './policy-model.ts'
import type { Model } from './policy-model.ts'

const runs = { numRuns: 1_000 }
const startMs = 1_000_000_000
const idleLimitMs = 900_000

const seconds = oneof(
  constantFrom(300, 301, 899, 900, 1_799, 1_800, 1_801, 3_600, 43_200, 86_400, 2_592_000),
  integer({ min: 300, max: 2_592_000 }),
)

/** Any that a tenant file may have, more often a short one. */
const policies = record({
  session_duration: option(seconds),
  longer: option(constantFrom(0, 1, 2, 1_799, 1_800, 1_801, 7_200, 2_592_000)),
  persistent: boolean(),
  inactivity_logout: boolean(),
}).map(({ session_duration, longer, persistent, inactivity_logout }) => {
  const written = {
    session_duration,
    max_lifetime: null,
    persistent_sessions: persistent && !inactivity_logout,
    inactivity_logout,
    concurrent_sessions: true,
    session_location: false,
    edge: null,
  }
  const { session_duration: duration } = resolvedPolicy(written, 'server')
  const max_lifetime = longer === null ? null : Math.min(2_592_000, duration + longer)
  return resolvedPolicy({ ...written, max_lifetime }, 'server')
})

/** Around what is decided by: so many milliseconds after it. */
const around = constantFrom(-120_001, -120_000, -119_999, -60_000, -1_001, -1_000, -1, 0, 1)
const forwardMs = oneof(
  constantFrom(0, 1, 1_000, 60_000, 780_000, 899_999, 900_000),
  integer({ min: 0, max: 86_400_000 }),
)
const lies = oneof(
  constantFrom(0, -1, 1, NaN, Infinity, 899_999, 900_000, 900_001),
  integer({ min: -86_400_000, max: 86_400_000 }),
)

const extend = constant({ kind: 'extend' } as const)
const reload = constant({ kind: 'reload' } as const)
const use = constant({ kind: 'use' } as const)
const honest = constant({ kind: 'honest' } as const)
const pass = record({ kind: constant('pass' as const), byMs: forwardMs })
const toEnd = record({
  kind: constant('to-end' as const),
  of: constantFrom('inactivity', 'duration', 'limit'),
  byMs: around,
})
const lie = record({ kind: constant('lie' as const), idleMs: lies })
const back = record({ kind: constant('back' as const), byMs: forwardMs })
const settings = record({ kind: constant('settings' as const), policy: policies })

const truthful = [extend, extend, reload, use, honest, pass, toEnd, toEnd]
const anything = [...truthful, lie, lie, back, settings]

const scenes = <Kind>(step: Arbitrary<Kind>) => ({
  first: policies,
  stays: boolean(),
  steps: array(step, { maxLength: 25 }),
})
type Of<Item> = Item extends Arbitrary<infer Value> ? Value : never
type Step = Of<(typeof anything)[number]>

type World = {
  readonly model: Model
  policy: SessionPolicySettings
  times: PolicyTimes
  nowAtMs: number
  usedAtMs: number
  toldMs: number
  granted: number
}

const worldOf = (policy: SessionPolicySettings, stays: boolean): World => {
  const { times, sessionLengthSeconds } = timesOf(policy, { nowAtMs: startMs, stays })
  const model = modelOf(policy, startMs, stays)
  expect(sessionLengthSeconds).toBe(model.lifetime)
  const now = { nowAtMs: startMs, usedAtMs: startMs, toldMs: startMs, granted: 0 }
  return { model, policy, times, ...now }
}

const report = (world: World, idleMs: number): void => {
  const { model, policy, nowAtMs } = world
  if (idleMs >= 0) world.toldMs = Math.max(world.toldMs, nowAtMs - idleMs)
  reportToModel(model, policy, { idleMs, nowAtMs })
  world.times = active(policy, world.times, { idleMs, nowAtMs })
}

const tryToExtend = (world: World): void => {
  const { model, policy, times, nowAtMs } = world
  const outcome = extended(policy, times, nowAtMs)
  expect(typeof outcome !== 'string').toBe(extendModel(model, policy, nowAtMs))
  if (typeof outcome === 'string') return
  world.times = outcome
  world.granted += 1
}

const endAsked = ({ model, policy }: World, of: string): number =>
  Math.min(
    ...endsOfModel(model, policy)
      .filter(({ why }) => why === of)
      .map(({ atMs }) => atMs),
  )

const take = (world: World, step: Step): void => {
  if (step.kind === 'extend') tryToExtend(world)
  if (step.kind === 'use') world.usedAtMs = world.nowAtMs
  if (step.kind === 'honest') report(world, world.nowAtMs - world.usedAtMs)
  if (step.kind === 'lie') report(world, step.idleMs)
  if (step.kind === 'pass') world.nowAtMs += step.byMs
  if (step.kind === 'back') world.nowAtMs -= step.byMs
  if (step.kind === 'settings') world.policy = step.policy
  if (step.kind === 'to-end') {
    const atMs = endAsked(world, step.of) + step.byMs
    if (Number.isFinite(atMs)) world.nowAtMs = Math.max(world.nowAtMs, atMs)
  }
}

const assertAsModel = ({ model, policy, times, nowAtMs }: World): void => {
  const stand = standOf(policy, times, nowAtMs)
  expect(stand).toEqual(toldByModel(model, policy, nowAtMs))
  const given = model.given.at(-1)
  expect(times).toEqual({
    startedAtMs: startMs,
    periodAtMs: given?.fromMs,
    endsAtMs: given?.toMs,
    lastsUntilMs: startMs + model.lifetime * 1000,
    stays: model.stays,
    activeAtMs: Math.max(...model.activity),
  })
}

const assertWithinRules = (world: World, first: SessionPolicySettings, stayed: boolean): void => {
  const { policy, times, nowAtMs, model, granted, toldMs } = world
  const stand = standOf(policy, times, nowAtMs)
  if (stand.over) return
  expect(nowAtMs).toBeLessThan(startMs + model.lifetime * 1000)
  if (!stayed) {
    const given = first.session_duration + granted * 1_800
    expect(nowAtMs).toBeLessThan(startMs + given * 1000)
  }
  if (policy.inactivity_logout) expect(nowAtMs).toBeLessThan(toldMs + idleLimitMs)
}

/** The shorter of both, rule by rule. */
const shorter = (a: SessionPolicySettings, b: SessionPolicySettings): SessionPolicySettings => ({
  ...a,
  session_duration: Math.min(a.session_duration, b.session_duration),
  max_lifetime: Math.min(a.max_lifetime, b.max_lifetime),
  stay_lifetime: Math.min(a.stay_lifetime, b.stay_lifetime),
  persistent_sessions: a.persistent_sessions && b.persistent_sessions,
  inactivity_logout: a.inactivity_logout || b.inactivity_logout,
})

it('no sequence of reports, extensions, settings and clocks outlives the rules, or the model', () => {
  const seen = { granted: 0, expired: 0, inactive: 0, moved: 0 }
  const scene = scenes(oneof(...anything))

  assert(
    property(record(scene), ({ first, stays, steps }) => {
      const world = worldOf(first, stays)
      const stayed = world.times.stays
      for (const step of steps) {
        take(world, step)
        assertAsModel(world)
        assertWithinRules(world, first, stayed)
      }
      const stand = standOf(world.policy, world.times, world.nowAtMs)
      if (stand.over) seen[stand.reason] += 1
      if (world.granted > 0) seen.granted += 1
      if (world.times.activeAtMs > startMs) seen.moved += 1
    }),
    runs,
  )

  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0)
})

it('with honest pages, one policy and a true clock, 15 minutes without activity are the end', () => {
  const scene = scenes(oneof(...truthful, use, honest))

  assert(
    property(record(scene), ({ first, steps }) => {
      const world = worldOf({ ...first, inactivity_logout: true }, false)
      for (const step of steps) {
        take(world, step)
        const stand = standOf(world.policy, world.times, world.nowAtMs)
        expect(stand.over || world.nowAtMs < world.usedAtMs + idleLimitMs).toBe(true)
      }
    }),
    runs,
  )
})

it('an end that was reached is final, whatever is done later', () => {
  let ends = 0
  const scene = { ...scenes(oneof(...anything)), later: array(oneof(...anything)) }

  assert(
    property(record(scene), ({ first, stays, steps, later }) => {
      const world = worldOf(first, stays)
      for (const step of steps) take(world, step)
      const { policy, times, nowAtMs } = world
      const stand = standOf(policy, times, nowAtMs)
      if (!stand.over) return
      ends += 1
      for (const step of later) {
        // No longer settings and no earlier clock: see 4 above.
        take(world, step)
        world.policy = shorter(policy, world.policy)
        world.nowAtMs = Math.max(nowAtMs, world.nowAtMs)
        expect(standOf(world.policy, world.times, world.nowAtMs).over).toBe(true)
        expect(world.times).toBe(times)
      }
    }),
    runs,
  )

  expect(ends).toBeGreaterThan(0)
})

it('a reload changes nothing: the same times, judged again, end at the same instant', () => {
  assert(
    property(policies, boolean(), array(forwardMs), (policy, stays, readings) => {
      const { times } = timesOf(policy, { nowAtMs: startMs, stays })
      const first = standOf(policy, times, startMs)
      for (const ms of readings) {
        const stand = standOf(policy, times, startMs + ms)
        const endMs = stand.over ? stand.atMs : stand.endsAtMs
        expect(first).toMatchObject({ over: false, endsAtMs: endMs })
        expect(stand.over).toBe(startMs + ms >= endMs)
      }
    }),
    runs,
  )
})
