// What is sealed in a session's item, as JSON in UTF-8. Reading is strict: anything else is a broken seal.
import * as v from 'valibot'
import type { DataKey, Opened } from '../crypto/sealer.ts'
import { SealError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { PolicyStand, PolicyTimes } from './policy.ts'

/** Who has the session, and where, as an administrator sees it. */
export type SessionDetails = {
  readonly firstName?: string | undefined
  readonly lastName?: string | undefined
  readonly userAgent: string
  /** Of the request that started it; only where the tenant records it. */
  readonly address?: string | undefined
  /** City and country, as the edge says. */
  readonly place?: string | undefined
}

export type SessionRecord = {
  readonly reference: Secret
  /** Looker's id of the session; undefined if its tokens do not say. */
  readonly sessionId: string | undefined
  readonly userAgentDigest: string
  readonly profileDigest: string
  /** When the claims were issued that started it, epoch milliseconds. */
  readonly claimsAtMs: number
  readonly startedAtMs: number
  /** Looker's own end of it, from inside the seal. */
  readonly lookerEndsAtMs: number
  /** The end that counts: Looker's, or that of the tenant's policy before it. */
  readonly expiresAtMs: number
  /** What the tenant's session policy reckons with. Absent: there was none when it was sealed. */
  readonly times?: PolicyTimes
  /** How it stands by the policy, when it was read. */
  readonly stand?: PolicyStand
  /** For the list of sessions. */
  readonly details?: SessionDetails
  /** Others of this session are sealed under the same key, so a warm process asks KMS nothing. */
  readonly dataKey?: DataKey
}

const text = v.pipe(v.string(), v.minLength(1))
const instant = v.pipe(v.number(), v.integer(), v.minValue(0))
const schema = v.strictObject({
  reference: text,
  session_id: v.optional(text),
  user_agent: text,
  profile: text,
  claims_at_ms: instant,
  started_at_ms: instant,
  times: v.optional(
    v.strictObject({
      started_at_ms: instant,
      period_at_ms: instant,
      ends_at_ms: instant,
      lasts_until_ms: instant,
      active_at_ms: instant,
      stays: v.boolean(),
    }),
  ),
  details: v.optional(
    v.strictObject({
      first_name: v.optional(v.string()),
      last_name: v.optional(v.string()),
      user_agent: text,
      address: v.optional(text),
      place: v.optional(text),
    }),
  ),
})

type Sealed = v.InferOutput<typeof schema>

export const encodeSessionRecord = (record: SessionRecord): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      reference: record.reference.reveal(),
      session_id: record.sessionId,
      user_agent: record.userAgentDigest,
      profile: record.profileDigest,
      claims_at_ms: record.claimsAtMs,
      started_at_ms: record.startedAtMs,
      times: record.times && sealedTimes(record.times),
      details: record.details && sealedDetails(record.details),
    } satisfies Sealed),
    'utf8',
  )

const sealedTimes = (times: PolicyTimes): Sealed['times'] => ({
  started_at_ms: times.startedAtMs,
  period_at_ms: times.periodAtMs,
  ends_at_ms: times.endsAtMs,
  lasts_until_ms: times.lastsUntilMs,
  active_at_ms: times.activeAtMs,
  stays: times.stays,
})

const sealedDetails = (details: SessionDetails): Sealed['details'] => ({
  first_name: details.firstName,
  last_name: details.lastName,
  user_agent: details.userAgent,
  address: details.address,
  place: details.place,
})

/** Errors: `SealError` when the record is not one that `encodeSessionRecord` writes. */
export const decodeSessionRecord = (opened: Opened): SessionRecord => {
  const parsed = v.safeParse(schema, parseJson(opened.plaintext))
  if (!parsed.success) throw new SealError('the sealed record is not a session')
  const {
    reference,
    session_id,
    user_agent,
    profile,
    claims_at_ms,
    started_at_ms,
    times,
    details,
  } = parsed.output
  return {
    reference: new Secret(reference),
    sessionId: session_id,
    userAgentDigest: user_agent,
    profileDigest: profile,
    claimsAtMs: claims_at_ms,
    startedAtMs: started_at_ms,
    lookerEndsAtMs: opened.expiresAtMs,
    expiresAtMs: opened.expiresAtMs,
    ...(times ? { times: timesIn(times) } : {}),
    ...(details ? { details: detailsIn(details) } : {}),
    dataKey: opened.dataKey,
  }
}

const timesIn = (times: NonNullable<Sealed['times']>): PolicyTimes => ({
  startedAtMs: times.started_at_ms,
  periodAtMs: times.period_at_ms,
  endsAtMs: times.ends_at_ms,
  lastsUntilMs: times.lasts_until_ms,
  activeAtMs: times.active_at_ms,
  stays: times.stays,
})

const detailsIn = (details: NonNullable<Sealed['details']>): SessionDetails => ({
  firstName: details.first_name,
  lastName: details.last_name,
  userAgent: details.user_agent,
  address: details.address,
  place: details.place,
})

const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // The parser's own error would quote the record.
    return undefined
  }
}
