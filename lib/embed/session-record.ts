// What is sealed in a session's item, as JSON in UTF-8. Reading is strict: anything else is a broken seal.
import * as v from 'valibot'
import type { DataKey, Opened } from '../crypto/sealer.ts'
import { SealError } from '../errors.ts'
import { Secret } from '../secret.ts'

export type SessionRecord = {
  readonly reference: Secret
  /** Looker's id of the session; undefined if its tokens do not say. */
  readonly sessionId: string | undefined
  readonly userAgentDigest: string
  readonly profileDigest: string
  /** When the claims were issued that started it, epoch milliseconds. */
  readonly claimsAtMs: number
  readonly startedAtMs: number
  /** From inside the seal. */
  readonly expiresAtMs: number
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
})

export const encodeSessionRecord = (record: SessionRecord): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      reference: record.reference.reveal(),
      session_id: record.sessionId,
      user_agent: record.userAgentDigest,
      profile: record.profileDigest,
      claims_at_ms: record.claimsAtMs,
      started_at_ms: record.startedAtMs,
    }),
    'utf8',
  )

/** Errors: `SealError` when the record is not one that `encodeSessionRecord` writes. */
export const decodeSessionRecord = (opened: Opened): SessionRecord => {
  const parsed = v.safeParse(schema, parseJson(opened.plaintext))
  if (!parsed.success) throw new SealError('the sealed record is not a session')
  const { reference, session_id, user_agent, profile, claims_at_ms, started_at_ms } = parsed.output
  return {
    reference: new Secret(reference),
    sessionId: session_id,
    userAgentDigest: user_agent,
    profileDigest: profile,
    claimsAtMs: claims_at_ms,
    startedAtMs: started_at_ms,
    expiresAtMs: opened.expiresAtMs,
    dataKey: opened.dataKey,
  }
}

const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // The parser's own error would quote the record.
    return undefined
  }
}
