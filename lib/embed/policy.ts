// stub
import type { SessionPolicySettings } from '../config/session-policy.ts'
export type PolicyTimes = {
  readonly startedAtMs: number
  readonly endsAtMs: number
  readonly lastsUntilMs: number
  readonly stays: boolean
  readonly activeAtMs: number
}
export type Stand =
  | {
      readonly over: false
      readonly endsAtMs: number
      readonly warnAtMs: number
      readonly warns: 'end' | 'inactivity'
      readonly mayExtend: boolean
      readonly extendsToMs: number | undefined
      readonly idleEndsAtMs: number | undefined
    }
  | { readonly over: true; readonly atMs: number; readonly reason: 'expired' | 'inactive' }
export declare const timesOf: (
  settings: SessionPolicySettings,
  start: { readonly nowAtMs: number; readonly stays: boolean },
) => { readonly times: PolicyTimes; readonly sessionLengthSeconds: number }
export declare const standOf: (
  settings: SessionPolicySettings,
  times: PolicyTimes,
  nowAtMs: number,
) => Stand
export declare const extended: (
  settings: SessionPolicySettings,
  times: PolicyTimes,
  nowAtMs: number,
) => PolicyTimes | 'too-early' | 'too-late' | 'at-limit'
export declare const active: (
  settings: SessionPolicySettings,
  times: PolicyTimes,
  report: { readonly idleMs: number; readonly nowAtMs: number },
) => PolicyTimes
