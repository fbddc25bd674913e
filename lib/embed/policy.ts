// How long a session lives by the tenant's policy: settings, what is sealed in its record, and the time. Pure.
// The rules are those of Looker's admin page *Sessions*; the calls that enforce them are elsewhere.
// https://cloud.google.com/looker/docs/admin-panel-authentication-sessions
import type { SessionPolicySettings } from '../config/session-policy.ts'

/** What is sealed of them in a session's record. Epoch milliseconds. */
export type PolicyTimes = {
  readonly startedAtMs: number
  /** When the present duration began: the start, or the end that the last extension moved. */
  readonly periodAtMs: number
  /** Of the duration and its extensions. */
  readonly endsAtMs: number
  /** Of the longest lifetime; never moves. */
  readonly lastsUntilMs: number
  /** Signed in to stay. */
  readonly stays: boolean
  /** Of the last activity that was reported; the start counts as one. */
  readonly activeAtMs: number
}

export type PolicyStand = Living | Over

export type Living = {
  readonly over: false
  /** The time it was judged by, never before the start. */
  readonly judgedAtMs: number
  /** The earliest of all ends. */
  readonly endsAtMs: number
  /** Without regard to inactivity. */
  readonly durationEndsAtMs: number
  /** Undefined without inactivity logout. */
  readonly idleEndsAtMs: number | undefined
  /** Two minutes before `endsAtMs`, and what brings that end. */
  readonly warnAtMs: number
  readonly warns: 'end' | 'inactivity'
  /** Now. */
  readonly mayExtend: boolean
  /** Where an extension would move `durationEndsAtMs`, now or later; undefined when it would gain nothing. */
  readonly extendsToMs: number | undefined
}

export type Over = {
  readonly over: true
  /** When it ended. */
  readonly atMs: number
  readonly reason: 'expired' | 'inactive'
}

export type ExtensionRefused = 'too-early' | 'too-late' | 'at-limit'

const warningMs = 120_000
const inactivityMs = 900_000
const longestExtensionSeconds = 1_800
/** Less is no extension worth a write. */
const leastGainMs = 1_000

/** Of a new session. `sessionLengthSeconds` is to be asked of Looker: nothing extends a session there. */
export const timesOf = (
  settings: SessionPolicySettings,
  { nowAtMs, stays }: { readonly nowAtMs: number; readonly stays: boolean },
): { readonly times: PolicyTimes; readonly sessionLengthSeconds: number } => {
  const startedAtMs = Math.floor(nowAtMs)
  const staying = stays && settings.persistent_sessions
  const sessionLengthSeconds = lifetimeOf(settings, staying)
  const lastsUntilMs = startedAtMs + sessionLengthSeconds * 1000
  const durationEndMs = startedAtMs + settings.session_duration * 1000
  const times = {
    startedAtMs,
    periodAtMs: startedAtMs,
    endsAtMs: staying ? lastsUntilMs : durationEndMs,
    lastsUntilMs,
    stays: staying,
    activeAtMs: startedAtMs,
  }
  return { times, sessionLengthSeconds }
}

/**
 * The settings are those of now: shorter ones than at the start shorten the session, longer ones never
 * move what is sealed. A session whose end was told is to be ended for good, since later settings or an
 * earlier clock could let it live again.
 */
export const standOf = (
  settings: SessionPolicySettings,
  times: PolicyTimes,
  nowAtMs: number,
): PolicyStand => {
  const judgedAtMs = Math.max(nowAtMs, times.startedAtMs)
  const { lastsUntilMs, durationEndsAtMs, idleEndsAtMs, endsAtMs } = endsOf(settings, times)
  const byInactivity = endsAtMs < durationEndsAtMs
  if (judgedAtMs >= endsAtMs) {
    return { over: true, atMs: endsAtMs, reason: byInactivity ? 'inactive' : 'expired' }
  }
  const furtherMs = Math.min(durationEndsAtMs + extensionMs(settings), lastsUntilMs)
  const gains = !isStaying(settings, times) && furtherMs - durationEndsAtMs >= leastGainMs
  return {
    over: false,
    judgedAtMs,
    endsAtMs,
    durationEndsAtMs,
    idleEndsAtMs,
    warnAtMs: endsAtMs - warningMs,
    warns: byInactivity ? 'inactivity' : 'end',
    mayExtend: gains && judgedAtMs >= extendableAtMs({ durationEndsAtMs }),
    extendsToMs: gains ? furtherMs : undefined,
  }
}

/** From when on a session may be extended: inactivity, which may end it before, has no say in it. */
export const extendableAtMs = ({ durationEndsAtMs }: Pick<Living, 'durationEndsAtMs'>): number =>
  durationEndsAtMs - warningMs

/** The times of a session that its page extends now. An extension is not activity. */
export const extended = (
  settings: SessionPolicySettings,
  times: PolicyTimes,
  nowAtMs: number,
): PolicyTimes | ExtensionRefused => {
  const stand = standOf(settings, times, nowAtMs)
  if (stand.over) return 'too-late'
  if (stand.extendsToMs === undefined) return 'at-limit'
  if (!stand.mayExtend) return 'too-early'
  // Who stays is not extended, unless the tenant took that away: from then on it is a session like others.
  return {
    ...times,
    periodAtMs: stand.durationEndsAtMs,
    endsAtMs: stand.extendsToMs,
    stays: false,
  }
}

/**
 * The times after a page's report that its user was active `idleMs` ago; the same object when it changes
 * nothing. Not believed: a time in the future, before the start, or of a session that is over.
 */
export const active = (
  settings: SessionPolicySettings,
  times: PolicyTimes,
  { idleMs, nowAtMs }: { readonly idleMs: number; readonly nowAtMs: number },
): PolicyTimes => {
  if (!settings.inactivity_logout) return times
  const stand = standOf(settings, times, nowAtMs)
  if (stand.over) return times
  const activeAtMs = Math.floor(stand.judgedAtMs - idleMs)
  if (!(idleMs >= 0) || activeAtMs <= times.activeAtMs) return times
  return { ...times, activeAtMs }
}

/** The end of the longest lifetime, by the settings of now. */
export const lastsUntilOf = (settings: SessionPolicySettings, times: PolicyTimes): number =>
  endsOf(settings, times).lastsUntilMs

const endsOf = (settings: SessionPolicySettings, times: PolicyTimes) => {
  const staying = isStaying(settings, times)
  const lifetimeMs = lifetimeOf(settings, staying) * 1000
  const lastsUntilMs = Math.min(times.lastsUntilMs, times.startedAtMs + lifetimeMs)
  const periodMs = staying ? Infinity : settings.session_duration * 1000
  const durationEndsAtMs = Math.min(times.endsAtMs, times.periodAtMs + periodMs, lastsUntilMs)
  const idleEndsAtMs = settings.inactivity_logout ? times.activeAtMs + inactivityMs : undefined
  const endsAtMs = Math.min(durationEndsAtMs, idleEndsAtMs ?? Infinity)
  return { lastsUntilMs, durationEndsAtMs, idleEndsAtMs, endsAtMs }
}

const isStaying = (settings: SessionPolicySettings, { stays }: PolicyTimes): boolean =>
  stays && settings.persistent_sessions

const lifetimeOf = (settings: SessionPolicySettings, staying: boolean): number =>
  staying ? settings.stay_lifetime : settings.max_lifetime

const extensionMs = ({ session_duration }: SessionPolicySettings): number =>
  Math.min(session_duration, longestExtensionSeconds) * 1000
