// The next tokens of a page. What fails in passing is tried again, and what does not pass in time gives
// the page its own tokens back: after one failed answer the Embed SDK never asks again.
import { BrokerError, KeysError, LookerError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { EmbedCaller } from '../identity/embed-caller.ts'
import { atMost } from '../time.ts'
import { partError } from '../tokens/failures.ts'
import type { GenerateAnswer } from './answers.ts'
import type { Timed } from './coalesce.ts'
import { embedError } from './failures.ts'
import type { Keeper, Kept } from './keeper.ts'
import { createNextTokens, type NextParts, type NextTokens } from './next-tokens.ts'
import { clipped, isSessionOf, returnedTokens, secondsLeft } from './page-tokens.ts'
import { persistently } from './persistently.ts'
import type { EmbedService, PageTokens } from './service.ts'

/** Neither the gateway nor the page gives up in this time; the longest login of a cold process fits. */
const budgetMs = 11_000

const over = { session_reference_token_ttl: 0 } as const

export const createGenerate = <K extends Kept>(
  parts: NextParts,
  keeper: Keeper<K>,
): EmbedService['generate'] => {
  const { clock } = parts
  const findNext = createNextTokens(parts, keeper)
  const giveBack = createGiveBack(parts, keeper)

  return async (caller, tokens, deadline) => {
    const until = atMost(clock, budgetMs, deadline)
    const { userAgent } = caller.page
    let kept: K | undefined
    try {
      kept = await persistently(parts, until, () => keeper.find(caller, tokens))
      if (!kept) return over
      if (isOver(kept, clock.now())) {
        await orNothing(keeper.endIfOver(kept))
        return over
      }
      if (!isSessionOf(kept.record, caller, tokens)) return over
      const next = await findNext({ kept, tokens, userAgent, whose: keeper.whose(caller) }, until)
      return answerOf(next, clock)
    } catch (error) {
      return giveBack(caller, tokens, { kept, error })
    }
  }
}

/** The page is told that it is over whether or not the table could be. */
const orNothing = async (work: Promise<void>): Promise<void> => {
  try {
    await work
  } catch (error) {
    if (!failureOf(error)) throw error
  }
}

const isOver = ({ record }: Kept, nowAtMs: number): boolean => secondsLeft(record, nowAtMs) === 0

const answerOf = (
  { value, atMs }: Timed<NextTokens | undefined>,
  clock: NextParts['clock'],
): GenerateAnswer => {
  if (!value) return over
  const { navigation, api, sessionSeconds, record, session } = value
  const recordSeconds = secondsLeft(record, clock.now())
  const ageSeconds = (clock.monotonic() - atMs) / 1000
  const left = (seconds: number): number => clipped(seconds - ageSeconds, recordSeconds)
  return {
    navigation_token: navigation.token.reveal(),
    navigation_token_ttl: left(navigation.ttlSeconds),
    api_token: api.token.reveal(),
    api_token_ttl: left(api.ttlSeconds),
    session_reference_token_ttl: left(sessionSeconds),
    ...(session === undefined ? {} : { session }),
  }
}

/** What is wrong is for the log alone, even a mistake of the operator's: the page gets over it later. */
const createGiveBack =
  ({ clock, report }: NextParts, keeper: Pick<Keeper<Kept>, 'whose'>) =>
  (
    caller: EmbedCaller,
    tokens: PageTokens,
    { kept, error }: { readonly kept: Kept | undefined; readonly error: unknown },
  ): GenerateAnswer => {
    const failure = failureOf(error)
    if (!failure) throw error
    if (kept && isOver(kept, clock.now())) return over
    const answer = returnedTokens(tokens, kept?.record, clock.now())
    report({
      name: 'tokens-returned',
      ...failure,
      left_s: Math.min(answer.navigation_token_ttl, answer.api_token_ttl),
      ...keeper.whose(caller),
    })
    return answer
  }

type Failure = {
  readonly why: 'looker' | 'table' | 'keys' | 'login' | 'limit'
  readonly code: ErrorCode
}

/** Undefined for what no part is known to throw: a fault of our own. */
const failureOf = (error: unknown): Failure | undefined => {
  if (error instanceof LookerError) return { why: 'looker', code: embedError(error).code }
  if (error instanceof BrokerError) {
    const { code } = error
    return { why: code === 'too-many-requests' ? 'limit' : 'login', code }
  }
  const told = partError(error)
  if (!(told instanceof BrokerError)) return undefined
  return { why: error instanceof KeysError ? 'keys' : 'table', code: told.code }
}
