// Every body that the functions of embed sessions answer, with all their fields and no other.
import * as v from 'valibot'

const seconds = v.pipe(v.number(), v.integer(), v.minValue(1))
const text = v.pipe(v.string(), v.minLength(1))
const pageTokens = {
  navigation_token: text,
  navigation_token_ttl: seconds,
  api_token: text,
  api_token_ttl: seconds,
  session_reference_token_ttl: seconds,
  session: v.optional(text),
}
export const acquired = v.strictObject({
  authentication_token: text,
  authentication_token_ttl: seconds,
  ...pageTokens,
})
const over = v.strictObject({ session_reference_token_ttl: v.literal(0) })
export const generated = v.union([over, v.strictObject(pageTokens)])
const instant = v.nullable(v.pipe(v.string(), v.isoTimestamp()))
export const state = v.strictObject({
  state: v.picklist(['active', 'ended', 'none']),
  ends_at: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
  ends_in: v.pipe(v.number(), v.integer(), v.minValue(0)),
  ended_at: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
  reason: v.nullable(v.string()),
  sign_in_required: v.boolean(),
  warn_at: instant,
  warns: v.nullable(v.picklist(['end', 'inactivity'])),
  may_extend: v.boolean(),
  extends_to: instant,
  idle_ends_at: instant,
  stays_signed_in: v.boolean(),
})
export const ended = v.strictObject({ ended: v.literal(true), confirmed: v.boolean() })
export const success = {
  acquire: acquired,
  generate: generated,
  state,
  extend: state,
  activity: state,
  end: ended,
} as const
/** RFC 9457 */
export const problem = v.strictObject({
  type: v.pipe(v.string(), v.regex(/^urn:problem-type:looker-token-broker:[a-z-]+$/)),
  title: text,
  status: v.pipe(v.number(), v.minValue(400), v.maxValue(503)),
  detail: text,
  request_id: text,
  retry_after: v.optional(seconds),
})

export type Tokens = v.InferOutput<typeof acquired> | v.InferOutput<typeof generated>
