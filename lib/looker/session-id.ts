// Which embed session a token says it belongs to. Only Looker can check the signature of its tokens.
import * as v from 'valibot'
import type { Secret } from '../secret.ts'

const claims = v.object({ sub: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,256}$/)) })

/** `sub` of a JWT, as it stands there; undefined when the token is no JWT or does not say. */
export const unverifiedSessionIdOf = (token: Secret): string | undefined => {
  const [, payload, signature, ...more] = token.reveal().split('.')
  if (payload === undefined || signature === undefined || more.length > 0) return undefined
  const parsed = v.safeParse(claims, jsonOf(payload))
  return parsed.success ? parsed.output.sub : undefined
}

const jsonOf = (payload: string): unknown => {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
