// One invocation of the broker, from the payload to a token. Who shares it is decided in function-tokens.ts.
import type { Clock } from '../time.ts'
import { tokenOf } from './function-answer.ts'
import { failureOfFunction } from './function-error.ts'
import type { Target } from './function-options.ts'
import { leftMs, standingOf } from './held-token.ts'
import type { HeldToken, Moment } from './held-token.ts'
import { failureOfInvoke } from './invoke-failure.ts'
import type { Invoke, Invoked } from './surroundings.ts'
import { TokenError } from './token-error.ts'
import type { Wanted } from './token-request.ts'

/** The broker answers within 12 s; a cold start and the way come on top. */
export const flightMs = 13_000

/** Undefined: it took too long. Errors: `TokenError`. */
export type Fly = (wanted: Wanted) => Promise<HeldToken | undefined>

export const createFly = (
  clock: Clock,
  { invoke, target }: { readonly invoke: Invoke; readonly target: Target },
): Fly => {
  const invokeInTime = (payload: string): Promise<Invoked | undefined> =>
    within(clock, async (signal) => {
      try {
        return await invoke(payload, { signal })
      } catch (error) {
        throw failureOfInvoke(error, target)
      }
    })

  return async (wanted) => {
    const before = momentOf(clock)
    const invoked = await invokeInTime(payloadOf(wanted))
    if (!invoked) return undefined
    if (invoked.functionError !== undefined) throw failureOfFunction(invoked, target)
    const { secret, lifeMs, baseUrl } = tokenOf(invoked.payload, wanted, target)
    const { userId, workspace } = wanted
    const expiresAtMs = before.nowAtMs + lifeMs
    const held = {
      token: { secret, expiresAtMs, userId, workspace, baseUrl },
      lifeMs,
      endsMs: before.nowMs + lifeMs,
    }
    if (standingOf(held, before) === 'over') throw tooShort(leftMs(held, before))
    return standingOf(held, momentOf(clock)) === 'over' ? undefined : held
  }
}

export const momentOf = (clock: Clock): Moment => ({
  nowAtMs: clock.now(),
  nowMs: clock.monotonic(),
})

/** As docs/api-token.md: production and the service account are what is meant by nothing. */
const payloadOf = ({ userId, workspace, refused }: Wanted): string =>
  JSON.stringify({
    user_id: userId,
    workspace: workspace === 'production' ? undefined : workspace,
    refused,
  })

// Raced, not only signalled: looking for credentials knows of no signal.
const within = async <T>(
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> => {
  const done = new AbortController()
  const tooLong = new AbortController()
  const late = clock.sleep(flightMs, done.signal).then(() => {
    if (!done.signal.aborted) tooLong.abort()
    return undefined
  })
  try {
    return await Promise.race([work(tooLong.signal), late])
  } finally {
    done.abort()
  }
}

const tooShort = (retryAfterMs: number): TokenError =>
  new TokenError('broker-answer', 'The token that the broker answered ends within 10 seconds', {
    retryAfterMs: Math.max(1_000, retryAfterMs),
  })
