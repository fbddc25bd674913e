// What the broker's word on a session means by the page's own clock, which may be wrong. Pure.
import type { SessionState } from './answers.ts'

/** `warns`: which end comes; an extension does not help against `inactivity`, input does. */
export type Warning = {
  readonly state: 'warning'
  /** By the page's clock. */
  readonly endsAt: Date
  readonly warns: 'end' | 'inactivity'
  readonly mayExtend: boolean
  /** Until when it would last after an extension; null: no extension is left. */
  readonly extendsTo: Date | null
}

export type Standing = {
  /** Undefined: not yet. */
  readonly warning: Warning | undefined
  /** Whether the session ends without activity. */
  readonly needsActivity: boolean
  /** When the broker has to be asked again. */
  readonly lookAtMs: number
}

/** The broker tells whole seconds: asked too early it would say the same again. */
const lateMs = 1_000
/** Timers overflow after 24 days, at once. */
const longestMs = 86_400_000

/** Undefined for a session without a policy, or none that lives. */
export const standingOf = (state: SessionState, nowAtMs: number): Standing | undefined => {
  const { ends_at, warn_at, warns, ends_in, extends_to, may_extend: mayExtend } = state
  if (state.state !== 'active' || ends_at === null || warn_at === null || warns === null) {
    return undefined
  }
  const endsAtMs = nowAtMs + ends_in * 1000
  const here = (iso: string) => endsAtMs + Date.parse(iso) - Date.parse(ends_at)
  const warnAtMs = here(warn_at)
  if (Number.isNaN(warnAtMs)) return undefined
  const isWarned = warnAtMs <= nowAtMs
  const extendsTo = extends_to === null ? null : new Date(here(extends_to))
  const endsAt = new Date(endsAtMs)
  return {
    warning: isWarned ? { state: 'warning', endsAt, warns, mayExtend, extendsTo } : undefined,
    needsActivity: state.idle_ends_at !== null,
    lookAtMs: Math.min((isWarned ? endsAtMs : warnAtMs) + lateMs, nowAtMs + longestMs),
  }
}
