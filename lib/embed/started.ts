// A session that Looker has just started: its record, sealed for the table, and the end of one that
// nobody will use.
import { BrokerError, LookerError } from '../errors.ts'
import type { AcquiredSession } from '../looker/embed-client.ts'
import type { Secret } from '../secret.ts'
import type { SessionPublication } from '../store/session-store.ts'
import type { ItemKey } from '../store/token-store.ts'
import { deadlineIn } from '../time.ts'
import { ttlEpochSeconds } from '../tokens/pace.ts'
import type { Token } from '../tokens/token.ts'
import { newestClaimsAtMs } from './decide.ts'
import type { View } from './decide.ts'
import type { PolicyTimes } from './policy.ts'
import { staysOf } from './search.ts'
import type { Search, Tools } from './search.ts'
import { sessionKind } from './session-key.ts'
import { encodeSessionRecord } from './session-record.ts'
import type { SessionDetails, SessionRecord } from './session-record.ts'
import { startTimes, underPolicy } from './under-policy.ts'
import { whoseSession } from './whose.ts'

const tidyMs = 1_000

type Before = View & {
  /** Of sessions in other browsers that the same sign-in may have begun. */
  readonly others?: readonly PolicyTimes[]
}

/** `before`: what stood there. Whoever may replace it has the same profile, or newer claims. */
export const recordOf = (
  { clock, policy }: Tools,
  { terms, caller, wishes }: Search,
  session: AcquiredSession,
  before: Before,
): SessionRecord => {
  const nowAtMs = Math.floor(clock.now())
  const endsAtMs = nowAtMs + session.reference.ttlSeconds * 1000
  const times = startTimes(policy, {
    nowAtMs,
    stays: staysOf(caller, wishes),
    signedInAtMs: terms.signedInAtMs,
    before: before.record,
    others: before.others ?? [],
  })
  const record = {
    reference: session.reference.token,
    sessionId: session.unverifiedSessionId,
    userAgentDigest: terms.userAgentDigest,
    profileDigest: terms.profileDigest,
    claimsAtMs: Math.floor(Math.max(terms.claimsAtMs ?? nowAtMs, newestClaimsAtMs(before))),
    startedAtMs: nowAtMs,
    lookerEndsAtMs: endsAtMs,
    expiresAtMs: endsAtMs,
    details: detailsOf(caller),
    ...(times ? { times } : {}),
  }
  return underPolicy(policy, record, nowAtMs)
}

const detailsOf = ({ visitor: { user }, page }: Search['caller']): SessionDetails => ({
  firstName: user.first_name ?? undefined,
  lastName: user.last_name ?? undefined,
  userAgent: page.userAgent,
  ...page.location,
})

/** Sealed under the key that came with the service token, so a fleet shares one. Errors: `KeysError`. */
export const sealed = async (
  { sealer }: Tools,
  { key }: Search,
  {
    record,
    base,
    generation,
  }: {
    readonly record: SessionRecord
    readonly base: Token
    readonly generation: number
  },
): Promise<Omit<SessionPublication, 'startMs'>> => {
  const { lookerEndsAtMs: expiresAtMs, sessionId, claimsAtMs, profileDigest } = record
  const dataKey = await sealer.currentKey(base.dataKey)
  const plaintext = encodeSessionRecord(record)
  const frame = sealer.seal(
    { plaintext, expiresAtMs },
    { key, kind: sessionKind, generation },
    dataKey,
  )
  const ttl = ttlEpochSeconds(keptUntilMs(record))
  const { expiresAtMs: dueAtMs } = record
  return { frame, sessionId, claimsAtMs, profileDigest, dueAtMs, ttlEpochSeconds: ttl }
}

/** While the policy's times bind a start in its place. */
export const keptUntilMs = ({ lookerEndsAtMs, times }: SessionRecord): number =>
  Math.max(lookerEndsAtMs, times?.lastsUntilMs ?? 0)

/** Grows even across a removal by TTL. */
export const nextGeneration = (present: number | undefined, nowAtMs: number): number =>
  Math.max((present ?? 0) + 1, Math.floor(nowAtMs / 1000))

/** What the end of a session needs. */
export type EndingTools = Pick<Tools, 'calls' | 'clock' | 'report' | 'store'>

/** Best effort and short: never throws. Whether Looker confirmed it. */
export const endQuietly = async (
  { calls, clock, report }: Omit<EndingTools, 'store'>,
  key: ItemKey,
  reference: Secret,
): Promise<boolean> => {
  try {
    await calls.end(reference, deadlineIn(clock, tidyMs))
    return true
  } catch (error) {
    if (!(error instanceof LookerError || error instanceof BrokerError)) throw error
    const reason = error instanceof LookerError ? error.failure : 'login'
    report({ name: 'end-not-confirmed', reason, ...whoseSession(key) })
    return false
  }
}
