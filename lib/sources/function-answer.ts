// What the broker's direct function answered: a token of whom it was asked for, or why there is none. Pure.
import * as v from 'valibot'
import { problemTypePrefix } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { Target } from './function-options.ts'
import { adviceOn, isCode, whose } from './problem-advice.ts'
import { TokenError } from './token-error.ts'
import type { Wanted } from './token-request.ts'

const longestLifeSeconds = 30 * 86_400
const longestWaitSeconds = 86_400

const visible = /^[\x21-\x7e]{1,8192}$/

/** RFC 6749 section 5.1, and whose it is (docs/api-token.md). */
const tokenAnswer = v.looseObject({
  access_token: v.pipe(v.string(), v.regex(visible)),
  token_type: v.literal('Bearer'),
  expires_in: v.pipe(v.number(), v.gtValue(0), v.maxValue(longestLifeSeconds)),
  user_id: v.nullable(v.string()),
  workspace: v.picklist(['production', 'dev']),
  base_url: v.optional(v.string()),
})

/** RFC 9457 (docs/problems.md). What is wrong with the rest does not hide the code. */
const problemAnswer = v.looseObject({
  type: v.pipe(v.string(), v.startsWith(problemTypePrefix)),
  detail: v.fallback(
    v.pipe(v.string(), v.regex(/^\P{Cc}{1,500}$/u)),
    'The broker gives no detail.',
  ),
  request_id: v.fallback(v.optional(v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/))), undefined),
  retry_after: v.fallback(
    v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(longestWaitSeconds))),
    undefined,
  ),
})

export type AnsweredToken = {
  readonly secret: Secret
  readonly lifeMs: number
  /** Undefined: a broker of an earlier version. */
  readonly baseUrl: string | undefined
}

/** Errors: `TokenError` of the problem's code, `broker-failed` (a code of another version), `broker-answer`. */
export const tokenOf = (payload: string, wanted: Wanted, target: Target): AnsweredToken => {
  const answer = parsedJson(payload)
  const problem = v.safeParse(problemAnswer, answer)
  if (problem.success) throw errorOf(problem.output, wanted, target)
  const token = v.safeParse(tokenAnswer, answer)
  if (!token.success) throw notTheBroker(target)
  const { access_token, expires_in, user_id, workspace, base_url: baseUrl } = token.output
  if (user_id !== (wanted.userId ?? null) || workspace !== wanted.workspace) {
    throw new TokenError(
      'broker-answer',
      `The broker answered a token of another than ${whose(wanted)}`,
    )
  }
  const secret = new Secret(access_token)
  if (wanted.refused !== undefined && secret.hasDigest(wanted.refused)) {
    throw new TokenError(
      'broker-answer',
      'The broker answered the token that was reported as refused',
    )
  }
  return { secret, lifeMs: expires_in * 1000, baseUrl }
}

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const notTheBroker = ({ functionName }: Target): TokenError =>
  new TokenError(
    'broker-answer',
    `${functionName} answered what is neither a token nor a problem of the broker. Is it the direct ` +
      'function, looker-token-broker-<stage>-issueApiTokenDirect?',
  )

const errorOf = (
  { type, detail, request_id: requestId, retry_after }: v.InferOutput<typeof problemAnswer>,
  wanted: Wanted,
  target: Target,
): TokenError => {
  const code = type.slice(problemTypePrefix.length)
  const retryAfterMs = retry_after === undefined ? undefined : retry_after * 1000
  if (!isCode(code)) {
    const message = `${target.functionName} answered a problem that this version does not know`
    return new TokenError('broker-failed', message, { retryAfterMs, requestId })
  }
  const message = [detail, adviceOn(code, wanted)].filter(Boolean).join(' ')
  return new TokenError(code, message, { retryAfterMs, requestId })
}
