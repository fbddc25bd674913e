// What may be asked of a source of tokens from the table, as its look-up wants it.
import * as v from 'valibot'
import { mapping, text, whole } from '../config/schema.ts'
import type { Demand } from '../tokens/decide.ts'
import type { Principal } from '../tokens/principal.ts'
import { TokenError } from './token-error.ts'
import type { CallLimits, TokenRequest } from './token-source.ts'

const schema = mapping({
  userId: v.optional(text(/^\d{1,20}$/, '1 to 20 digits, or leave it out')),
  workspace: v.optional(v.picklist(['production', 'dev'], 'write production or dev'), 'production'),
  refused: v.optional(text(/^[\w-]{43}$/, 'a SHA-256 as 43 characters of base64url')),
  timeoutMs: v.optional(whole(1, 900_000, 'milliseconds'), 12_000),
})

export type Asked = {
  readonly principal: Principal
  readonly demand: Demand
  readonly timeoutMs: number
}

/** Errors: `TokenError` `invalid-request`, naming every mistake and no value. */
export const parseAsked = (
  unverified: TokenRequest,
  limits: CallLimits,
  looker: { readonly baseUrl: string; readonly clientId: string },
): Asked => {
  const parsed = v.safeParse(schema, { ...unverified, timeoutMs: limits.timeoutMs })
  if (!parsed.success) {
    const mistakes = parsed.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)
    throw new TokenError('invalid-request', `No such token: ${mistakes.join('; ')}.`)
  }
  const { userId, workspace, refused, timeoutMs } = parsed.output
  const { baseUrl: instance, clientId } = looker
  return {
    principal: {
      instance,
      clientId,
      ...(userId === undefined ? {} : { userId }),
      workspace,
    },
    demand: { minTtlMs: 0, refusedDigest: refused },
    timeoutMs,
  }
}
