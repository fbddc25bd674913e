// What a tenant's session policy makes of a session's record. Pure; the rules are in policy.ts.
import type { SessionPolicySettings } from '../config/session-policy.ts'
import { lastsUntilOf, standOf, timesOf } from './policy.ts'
import type { Over, PolicyTimes } from './policy.ts'
import { timesOfSignIn, withinOthers } from './same-sign-in.ts'
import type { SessionRecord } from './session-record.ts'

type Policy = SessionPolicySettings | null

/** The record with the end that counts by the settings of now. One from before the policy gets its times by them. */
export const underPolicy = (
  policy: Policy,
  record: SessionRecord,
  nowAtMs: number,
): SessionRecord => {
  if (!policy) return record
  const times = record.times ?? firstTimes(policy, record.startedAtMs)
  const stand = standOf(policy, times, nowAtMs)
  const endsAtMs = stand.over ? stand.atMs : stand.endsAtMs
  return { ...record, times, stand, expiresAtMs: Math.min(record.lookerEndsAtMs, endsAtMs) }
}

const firstTimes = (policy: SessionPolicySettings, startedAtMs: number): PolicyTimes =>
  timesOf(policy, { nowAtMs: startedAtMs, stays: false }).times

/** When and why a record is over by the policy; undefined while it is not. */
export const overOf = (record: SessionRecord | undefined): Over | undefined =>
  record?.stand?.over === true ? record.stand : undefined

/** Our end comes before Looker's, so that a session near Looker's end is never a way to a new one. */
const beforeLookerSeconds = 30
const shortestSeconds = 300
const longestSeconds = 2_592_000

type Start = {
  readonly nowAtMs: number
  readonly stays: boolean
  readonly signedInAtMs: number | undefined
  /** What stood on the item before. */
  readonly before: SessionRecord | undefined
}

/** What Looker is asked for, for all of the times that begin or go on: nothing extends a session there. */
export const sessionLengthOf = (
  policy: Policy,
  { usualSeconds, ...start }: Start & { readonly usualSeconds: number },
): number => {
  if (!policy) return usualSeconds
  const times = timesGoingOn(start)
  const seconds = times
    ? Math.ceil((lastsUntilOf(policy, times) - start.nowAtMs) / 1000)
    : timesOf(policy, start).sessionLengthSeconds
  return Math.min(longestSeconds, Math.max(shortestSeconds, seconds) + beforeLookerSeconds)
}

type Started = Start & {
  /** Of sessions in other browsers that the same sign-in may have begun. */
  readonly others: readonly PolicyTimes[]
}

/**
 * The times of a session that starts. One in the place of a session whose time is not over goes on with that
 * one's, unless the user signed in since: another user agent, or a session that Looker lost, must not lengthen it.
 */
export const startTimes = (policy: Policy, started: Started): PolicyTimes | undefined => {
  if (!policy) return undefined
  return (
    timesGoingOn(started) ?? withinOthers(policy, timesOf(policy, started).times, started.others)
  )
}

const timesGoingOn = ({ before, signedInAtMs }: Start): PolicyTimes | undefined =>
  before && timesOfSignIn({ signedInAtMs }, before)
