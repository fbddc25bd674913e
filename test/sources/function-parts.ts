// What the tests of tokens by invocation share: a broker that answers what it is told to, on a fake clock.
import { createFunctionTokens } from '../../lib/sources/function-tokens.ts'
import type { Invoke, Invoked } from '../../lib/sources/surroundings.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import type { CallLimits, TokenRequest, TokenSource } from '../../lib/sources/token-source.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'

export const startAtMs = 1_700_000_000_000

type Asked = { readonly user_id?: string; readonly workspace?: string; readonly refused?: string }

export const answerTo = (asked: Asked, text: string, changes: Record<string, unknown> = {}) => ({
  access_token: text,
  token_type: 'Bearer',
  expires_in: 3_600,
  expires_at: '2023-11-14T23:13:20.000Z',
  workspace: asked.workspace ?? 'production',
  user_id: asked.user_id ?? null,
  ...changes,
})

export const invoked = (answer: unknown): Invoked => ({
  payload: JSON.stringify(answer),
  functionError: undefined,
})

export const problem = (code: string, more: Record<string, unknown> = {}) => ({
  type: `urn:problem-type:looker-token-broker:${code}`,
  title: 'A title',
  status: 503,
  detail: 'A detail.',
  request_id: 'request-1',
  ...more,
})

/** An invocation takes 100 ms and answers `token-<n>`, an hour long, unless `answer.by` says otherwise. */
export const together = () => {
  const clock = createFakeClock(startAtMs)
  const payloads: string[] = []
  const signals: AbortSignal[] = []
  const answer = {
    tookMs: 100,
    by: (asked: Asked, count: number): Promise<Invoked> | Invoked =>
      invoked(answerTo(asked, `token-${count}`)),
  }
  const invoke: Invoke = async (payload, { signal }) => {
    payloads.push(payload)
    if (signal) signals.push(signal)
    const count = payloads.length
    await clock.sleep(answer.tookMs)
    return answer.by(JSON.parse(payload), count)
  }
  const source: TokenSource = createFunctionTokens(
    { functionName: 'looker-token-broker-test-issueApiTokenDirect' },
    { clock, invokeOf: () => invoke },
  )
  /** What becomes of one call: the token's text, or the error's code. */
  const outcome = (request?: TokenRequest, limits?: CallLimits): Promise<string> =>
    source.getToken(request, limits).then(
      ({ secret }) => secret.reveal(),
      (error: unknown) => (error instanceof TokenError ? error.code : 'not a TokenError'),
    )
  return {
    clock,
    payloads,
    signals,
    answer,
    source,
    outcome,
    ask: (...call: Parameters<typeof outcome>) => clock.run(outcome(...call)),
  }
}
