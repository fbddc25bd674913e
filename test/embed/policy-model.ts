// A naive model of the session policy: it remembers everything that was granted and believed, and lists every
// end there could be. Written from the rules, to be compared with lib/embed/policy.ts at every step.
import type { SessionPolicySettings } from '../../lib/config/session-policy.ts'

export type Model = {
  readonly startMs: number
  /** Seconds, by the settings of the start. */
  readonly lifetime: number
  stays: boolean
  /** From when to when time was given, the newest last. */
  readonly given: { readonly fromMs: number; readonly toMs: number }[]
  /** What was believed; the start first. */
  readonly activity: number[]
}

type End = { readonly atMs: number; readonly why: 'limit' | 'duration' | 'inactivity' }

export const modelOf = (
  policy: SessionPolicySettings,
  startMs: number,
  asksToStay: boolean,
): Model => {
  const stays = asksToStay && policy.persistent_sessions
  const lifetime = stays ? policy.stay_lifetime : policy.max_lifetime
  const toMs = startMs + 1000 * (stays ? lifetime : policy.session_duration)
  return { startMs, lifetime, stays, given: [{ fromMs: startMs, toMs }], activity: [startMs] }
}

export const endsOfModel = (model: Model, policy: SessionPolicySettings): End[] => {
  const { startMs, lifetime, given, activity } = model
  const last = given.at(-1)
  if (!last) throw new Error('something was given at the start')
  const ends: End[] = [
    { why: 'duration', atMs: last.toMs },
    { why: 'limit', atMs: startMs + 1000 * lifetime },
  ]
  if (isStaying(model, policy)) {
    ends.push({ why: 'limit', atMs: startMs + 1000 * policy.stay_lifetime })
  } else {
    ends.push({ why: 'limit', atMs: startMs + 1000 * policy.max_lifetime })
    ends.push({ why: 'duration', atMs: last.fromMs + 1000 * policy.session_duration })
  }
  if (policy.inactivity_logout) {
    ends.push({ why: 'inactivity', atMs: Math.max(...activity) + 15 * 60_000 })
  }
  return ends
}

const isStaying = ({ stays }: Model, policy: SessionPolicySettings): boolean =>
  stays && policy.persistent_sessions

const earliest = (ends: readonly End[]): number => Math.min(...ends.map(({ atMs }) => atMs))

/** What is told of the session; a clock before the start stands at the start. */
export const toldByModel = (model: Model, policy: SessionPolicySettings, clockMs: number) => {
  const nowAtMs = clockMs < model.startMs ? model.startMs : clockMs
  const ends = endsOfModel(model, policy)
  const timed = ends.filter(({ why }) => why !== 'inactivity')
  const [atMs, timedMs] = [earliest(ends), earliest(timed)]
  const inactive = timedMs > atMs
  if (nowAtMs >= atMs) return { over: true, atMs, reason: inactive ? 'inactive' : 'expired' }
  const limitMs = earliest(ends.filter(({ why }) => why === 'limit'))
  const step = policy.session_duration <= 1_800 ? policy.session_duration : 1_800
  const toMs = timedMs + step * 1000 > limitMs ? limitMs : timedMs + step * 1000
  const gains = !isStaying(model, policy) && toMs >= timedMs + 1_000
  return {
    over: false,
    judgedAtMs: nowAtMs,
    endsAtMs: atMs,
    durationEndsAtMs: timedMs,
    idleEndsAtMs: ends.find(({ why }) => why === 'inactivity')?.atMs,
    warnAtMs: atMs - 2 * 60_000,
    warns: inactive ? 'inactivity' : 'end',
    mayExtend: gains && timedMs - nowAtMs <= 2 * 60_000,
    extendsToMs: gains ? toMs : undefined,
  }
}

/** Whether it was granted. */
export const extendModel = (
  model: Model,
  policy: SessionPolicySettings,
  clockMs: number,
): boolean => {
  const { mayExtend, durationEndsAtMs, extendsToMs } = toldByModel(model, policy, clockMs)
  if (mayExtend !== true || durationEndsAtMs === undefined || extendsToMs === undefined)
    return false
  model.given.push({ fromMs: durationEndsAtMs, toMs: extendsToMs })
  model.stays = false
  return true
}

/** Everything believable is remembered; the latest counts. */
export const reportToModel = (
  model: Model,
  policy: SessionPolicySettings,
  { idleMs, nowAtMs }: { readonly idleMs: number; readonly nowAtMs: number },
): void => {
  const atMs = Math.max(nowAtMs, model.startMs) - idleMs
  const isOver = toldByModel(model, policy, nowAtMs).over
  if (policy.inactivity_logout && !isOver && idleMs >= 0 && atMs >= model.startMs) {
    model.activity.push(atMs)
  }
}
