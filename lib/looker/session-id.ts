// What the short tokens of an embed session say of themselves. Only Looker can check their signature.
import * as v from 'valibot'
import type { Secret } from '../secret.ts'

export type UnverifiedClaims = {
  /** `sub`: Looker's id of the session. */
  readonly sessionId: string | undefined
  /** `exp` as epoch milliseconds. */
  readonly expiresAtMs: number | undefined
}

/** Each claim as it stands in a JWT; undefined when the token is no JWT or does not say. */
export const unverifiedClaimsOf = (token: Secret): UnverifiedClaims => {
  const { sub, exp } = payloadOf(token.reveal()) ?? {}
  return { sessionId: sub, expiresAtMs: exp === undefined ? undefined : exp * 1000 }
}

/** `sub` of a JWT, as it stands there; undefined when the token is no JWT or does not say. */
export const unverifiedSessionIdOf = (token: Secret): string | undefined =>
  unverifiedClaimsOf(token).sessionId

const sub = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,256}$/))
/** Up to the year 9999. */
const exp = v.pipe(v.number(), v.minValue(0), v.maxValue(253_402_300_799))

// A claim that makes no sense is as good as absent, and leaves the other one alone.
const claims = v.object({
  sub: v.fallback(v.optional(sub), undefined),
  exp: v.fallback(v.optional(exp), undefined),
})

const payloadOf = (jwt: string): v.InferOutput<typeof claims> | undefined => {
  const [, payload, signature, ...more] = jwt.split('.')
  if (payload === undefined || signature === undefined || more.length > 0) return undefined
  const parsed = v.safeParse(claims, jsonOf(payload))
  return parsed.success ? parsed.output : undefined
}

const jsonOf = (payload: string): unknown => {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
