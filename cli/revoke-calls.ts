// The calls behind `npm run tenant:revoke` and `tenant:remove`: the function revokeEverythingDirect of a stage.
import type { LambdaClient } from '@aws-sdk/client-lambda'
import * as v from 'valibot'
import { createFunctionCall, unknownAnswer } from './function-call.ts'

export type What = 'sessions' | 'tokens'

/** What one call did. */
export type Revoked = v.InferOutput<typeof answerSchema>

/** `begunAtMs`: of the first answer, so that later calls leave alone what came since. Errors: `Remedy`. */
export type Revoke = (what: What, begunAtMs?: number) => Promise<Revoked>

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const answerSchema = v.variant('kept', [
  v.object({
    kept: v.literal(true),
    begun_at_ms: v.number(),
    ended: count,
    left: count,
    lost: count,
    /** Of an older function: none. */
    buried: v.optional(count, 0),
  }),
  v.object({ kept: v.literal(false), longest_seconds: v.nullable(count) }),
])

/** Errors of a call: `Remedy`, `NoFunctionError`. */
export const createRevoke = (client: LambdaClient, stage: string): Revoke => {
  const call = createFunctionCall(client, { stage, key: 'revokeEverythingDirect' })
  return async (what, begunAtMs) => {
    const begun = begunAtMs === undefined ? {} : { begun_at_ms: begunAtMs }
    const answer = v.safeParse(answerSchema, await call({ what, ...begun }))
    if (answer.success) return answer.output
    throw unknownAnswer()
  }
}
