// When a session must be over, and who may begin one: from the rules alone (test/embed/policy-model.ts has those of
// one session). When exactly the broker began one is not seen from outside, so all is reckoned from the latest
// instant at which it can have been, and what must be older than something from the earliest.
import type { SessionPolicySettings } from '../../lib/config/session-policy.ts'
import { endsOfModel, modelOf, reportToModel } from '../embed/policy-model.ts'
import type { Model } from '../embed/policy-model.ts'

export type Sitting = {
  readonly model: Model
  /** The model is late by so much at most. */
  readonly slackMs: number
  /** A sign-in after this is newer than what began it, at the latest. */
  readonly sinceMs: number
  /** Of the session at Looker. */
  id: string
  /** The earliest instant at which it can have ended, once somebody was to write that. */
  endedMs?: number
  /** When the schedule has to know of its end. */
  dueMs: number
}

export type Begin = {
  readonly id: string
  /** At Looker. */
  readonly startedMs: number
  readonly answeredMs: number
  readonly stays: boolean
  /** Of sessions that bind this one. */
  readonly others: readonly Sitting[]
}

const earliest = (ends: ReturnType<typeof endsOfModel>): number =>
  Math.min(...ends.map(({ atMs }) => atMs))

export const endOf = ({ model }: Sitting, policy: SessionPolicySettings): number =>
  earliest(endsOfModel(model, policy))

/** Without regard to inactivity. */
export const durationEndOf = ({ model }: Sitting, policy: SessionPolicySettings): number =>
  earliest(endsOfModel(model, policy).filter(({ why }) => why !== 'inactivity'))

const limitOf = ({ model }: Sitting, policy: SessionPolicySettings): number =>
  earliest(endsOfModel(model, policy).filter(({ why }) => why === 'limit'))

export const isOver = (sitting: Sitting, policy: SessionPolicySettings, nowMs: number): boolean =>
  sitting.endedMs !== undefined || nowMs >= endOf(sitting, policy)

/** A sign-in after this may begin another one. */
export const earliestEndOf = (sitting: Sitting, policy: SessionPolicySettings): number =>
  sitting.endedMs ?? endOf(sitting, policy) - sitting.slackMs

export const begin = (policy: SessionPolicySettings, asked: Begin): Sitting => {
  const { id, startedMs, answeredMs, others } = asked
  const fresh = modelOf(policy, answeredMs, asked.stays)
  const model = others.reduce((mine, other) => bound(mine, other.model, policy), fresh)
  const slackMs = answeredMs - startedMs + Math.max(0, ...others.map((other) => other.slackMs))
  const sinceMs = Math.min(startedMs, ...others.map((other) => other.sinceMs))
  const sitting = { model, slackMs, sinceMs, id, dueMs: Infinity }
  return { ...sitting, dueMs: endOf(sitting, policy) }
}

/** As the other, and never longer; of who stays an ordinary session has the end alone. */
const bound = (mine: Model, other: Model, policy: SessionPolicySettings): Model => {
  const stays = other.stays && policy.persistent_sessions
  const isOrdinaryBeside = stays && !mine.stays
  const startMs = isOrdinaryBeside ? mine.startMs : Math.min(mine.startMs, other.startMs)
  const limits = [mine, other].map((one) => one.startMs + one.lifetime * 1000)
  const [last, given] = [mine.given.at(-1), other.given.at(-1)]
  if (!last || !given) throw new Error('something was given at the start')
  const fromMs = isOrdinaryBeside ? last.fromMs : Math.min(last.fromMs, given.fromMs)
  return {
    startMs,
    stays: mine.stays && stays,
    lifetime: (Math.min(...limits) - startMs) / 1000,
    given: [{ fromMs, toMs: Math.min(last.toMs, given.toMs) }],
    activity: mine.activity,
  }
}

/** What is wrong with an extension that was granted; undefined: nothing. */
export const extend = (
  sitting: Sitting,
  policy: SessionPolicySettings,
  nowMs: number,
): string | undefined => {
  const { model, slackMs } = sitting
  const fromMs = durationEndOf(sitting, policy)
  const stepMs = Math.min(policy.session_duration, 1_800) * 1000
  const toMs = Math.min(fromMs + stepMs, limitOf(sitting, policy))
  if (isOver(sitting, policy, nowMs)) return 'over'
  if (model.stays && policy.persistent_sessions) return 'stays'
  if (nowMs + slackMs < fromMs - 120_000) return 'too early'
  if (toMs - fromMs < 1_000) return 'at the limit'
  model.given.push({ fromMs, toMs })
  model.stays = false
  sitting.dueMs = endOf(sitting, policy)
  return undefined
}

export const report = (
  sitting: Sitting,
  policy: SessionPolicySettings,
  told: { readonly idleMs: number; readonly nowAtMs: number },
): void => {
  reportToModel(sitting.model, policy, told)
  sitting.dueMs = endOf(sitting, policy)
}
