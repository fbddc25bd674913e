// What may be asked of a source of tokens. Pure.
import * as v from 'valibot'
import type { Workspace } from '../config.ts'
import { TokenError } from './token-error.ts'
import type { CallLimits, TokenRequest } from './token-source.ts'

/** A request without gaps: the same for all who want the same. */
export type Wanted = {
  readonly userId: string | undefined
  readonly workspace: Workspace
  readonly refused: string | undefined
}

const text = v.string('write a text')

const requestFields = v.objectWithRest(
  {
    userId: v.optional(v.pipe(text, v.regex(/^\d{1,20}$/, 'write 1 to 20 digits'))),
    workspace: v.optional(v.picklist(['production', 'dev'], 'write production or dev')),
    refused: v.optional(
      v.pipe(text, v.regex(/^[\w-]{43}$/, 'write a SHA-256 as 43 characters of base64url')),
    ),
  },
  // A name that is passed over would ask for the service account, which mostly may do more.
  v.never('is no name of a request; there are userId, workspace and refused'),
  'write an object, or nothing',
)

/** Errors: `TokenError` `invalid-request`, naming every mistake and repeating no value. */
export const parseTokenRequest = (unverified: TokenRequest = {}): Wanted => {
  const {
    userId,
    workspace = 'production',
    refused,
  } = parsed('invalid-request', requestFields, unverified)
  return { userId, workspace, refused }
}

export const usualTimeoutMs = 12_000

/** Timers of Node hold no more. */
const longestTimeoutMs = 2 ** 31 - 1

const limitFields = v.object(
  { timeoutMs: v.optional(v.number('write milliseconds')) },
  'write an object, or nothing',
)

/** In milliseconds; what is over already is 0. Errors: `TokenError` `invalid-request`. */
export const parseTimeout = (unverified: CallLimits = {}): number => {
  const { timeoutMs = usualTimeoutMs } = parsed('invalid-request', limitFields, unverified)
  return Math.min(Math.max(0, timeoutMs), longestTimeoutMs)
}

/** Errors: `TokenError` of that code, naming every mistake and repeating no value. */
export const parsed = <S extends v.GenericSchema>(
  code: 'invalid-request' | 'invalid-options',
  schema: S,
  unverified: unknown,
): v.InferOutput<S> => {
  const result = v.safeParse(schema, unverified)
  if (result.success) return result.output
  const mistakes = result.issues.map((issue) => {
    const field = v.getDotPath(issue)
    return field === null ? issue.message : `${field}: ${issue.message}`
  })
  throw new TokenError(code, mistakes.join('; '))
}
