// Tokens by invoking the broker's direct function: no Looker secret, no key and no table in the caller.
import { systemClock } from '../system.ts'
import { createFlights } from '../tokens/flights.ts'
import { atMost, deadlineIn } from '../time.ts'
import { createFly, flightMs, momentOf } from './function-flight.ts'
import { parseFunctionOptions } from './function-options.ts'
import { standingOf } from './held-token.ts'
import type { HeldToken } from './held-token.ts'
import { invokeOf } from './surroundings.ts'
import type { Surroundings } from './surroundings.ts'
import { TokenError } from './token-error.ts'
import { createTokenMemory, whoseKeyOf } from './token-memory.ts'
import { parseTimeout, parseTokenRequest } from './token-request.ts'
import type { Wanted } from './token-request.ts'
import type { TokenSource } from './token-source.ts'
import { assertMayWait, assertNotAborted, waitFor } from './waiting.ts'
import type { Wait } from './waiting.ts'

export type FunctionTokensOptions = {
  /**
   * Name or ARN of the direct function, `looker-token-broker-<stage>-issueApiTokenDirect`, with or without
   * an alias; at most 170 characters.
   */
  readonly functionName: string
  /** Default: that of the ARN, else as the AWS SDK finds it (`AWS_REGION`, profile). */
  readonly region?: string | undefined
}

/** After an attempt that brought no better token, while the remembered one is good. */
const pauseMs = 5_000
/** A better token is worth this much of the caller's time; then the remembered one is as good. */
const patienceMs = 2_000

/**
 * The caller needs `lambda:InvokeFunction` on the function, `@aws-sdk/client-lambda`, and credentials as the
 * AWS SDK finds them; `AWS_ENDPOINT_URL_LAMBDA` is honoured. Tokens are remembered to 10 s before their end
 * by this process, at most 10,000; in the last tenth of their life, at most the last minute, a better one is
 * asked for. An invocation that is worth another try is tried three times by the AWS SDK, and ends after 13 s.
 *
 * Errors: `TokenError` `invalid-options`, at once.
 *
 * @see docs/api-token.md
 */
export const functionTokens = (options: FunctionTokensOptions): TokenSource =>
  createFunctionTokens(options, { clock: systemClock, invokeOf })

export const createFunctionTokens = (
  options: FunctionTokensOptions,
  surroundings: Pick<Surroundings, 'clock' | 'invokeOf'>,
): TokenSource => {
  const { clock } = surroundings
  const target = parseFunctionOptions(options)
  const memory = createTokenMemory()
  const flights = createFlights<HeldToken | undefined>()
  const fly = createFly(clock, { invoke: surroundings.invokeOf(target), target })

  /** Meanwhile, and for a while after, those who have a good token go on with it. */
  const search = async (wanted: Wanted): Promise<HeldToken | undefined> => {
    memory.rest(wanted, clock.monotonic() + flightMs)
    try {
      const given = await fly(wanted)
      return given && memory.keep(wanted, given, momentOf(clock))
    } finally {
      memory.rest(wanted, clock.monotonic() + pauseMs)
    }
  }

  /** One invocation at a time; who joined one that took too long begins another. */
  const join = async (wanted: Wanted, wait: Wait): Promise<HeldToken> => {
    let started = false
    const start = () => {
      started = true
      return search(wanted)
    }
    for (;;) {
      assertMayWait(wait)
      const held = await waitFor(clock, wait, flights(flightKeyOf(wanted), start))
      if (held) return held
      if (started) throw noAnswer(target.functionName)
    }
  }

  /** The remembered token is the answer unless there is a better one in time. */
  const renew = async (wanted: Wanted, wait: Wait): Promise<HeldToken> => {
    try {
      return await join(wanted, { ...wait, deadline: atMost(clock, patienceMs, wait.deadline) })
    } catch (error) {
      assertNotAborted(wait.signal)
      const held = memory.find(wanted, momentOf(clock))
      if (held) return held
      if (error instanceof TokenError && error.code === 'timeout') return join(wanted, wait)
      throw error
    }
  }

  return {
    getToken: async (request, limits) => {
      const wanted = parseTokenRequest(request)
      const wait = { deadline: deadlineIn(clock, parseTimeout(limits)), signal: limits?.signal }
      assertNotAborted(wait.signal)
      const moment = momentOf(clock)
      const held = memory.find(wanted, moment)
      if (!held) return (await join(wanted, wait)).token
      const good = standingOf(held, moment) === 'fresh' || memory.rests(wanted, moment)
      return good ? held.token : (await renew(wanted, wait)).token
    },
  }
}

/** A report is told to the broker, so it is another invocation than that of those who report nothing. */
const flightKeyOf = (wanted: Wanted): string => `${whoseKeyOf(wanted)}\n${wanted.refused ?? ''}`

const noAnswer = (functionName: string): TokenError =>
  new TokenError(
    'broker-timeout',
    `${functionName} gave no token within ${flightMs / 1000} seconds. Check its log and its time-out.`,
  )
