// New tokens of a session from Looker, once for everybody in this process who asks for the same, and
// what Looker's answer says of the session's record.
import { KeysError, LookerError, StoreError } from '../errors.ts'
import type { WhoseSession } from '../events.ts'
import type { EmbedToken, EmbedTokens, GeneratedTokens } from '../looker/embed-replies.ts'
import { atMost, type Deadline } from '../time.ts'
import { createCoalesce, type Timed } from './coalesce.ts'
import { createGenerateLimit } from './generate-limit.ts'
import type { Keeper, Kept } from './keeper.ts'
import { createLookerCalls } from './looker-calls.ts'
import type { EmbedParts } from './parts.ts'
import { persistently } from './persistently.ts'
import type { PageTokens } from './service.ts'
import type { SessionRecord } from './session-record.ts'

export type NextParts = Omit<EmbedParts, 'store'>

export type NextTokens = {
  readonly navigation: EmbedToken
  readonly api: EmbedToken
  /** As Looker gave it with them. */
  readonly sessionSeconds: number
  readonly record: SessionRecord
  /** The sealed session, when the page is to keep another one. */
  readonly session?: string | undefined
}

export type Asked<K extends Kept> = {
  readonly kept: K
  readonly tokens: PageTokens
  readonly userAgent: string
  readonly whose: WhoseSession
}

/**
 * Undefined when the session is over. Lives count from the time of the result. Errors: `LookerError`,
 * `BrokerError` of `GetToken`, and `too-many-requests` after 30 calls for one record within a minute.
 */
export type FindNextTokens<K extends Kept> = (
  asked: Asked<K>,
  until: Deadline,
) => Promise<Timed<NextTokens | undefined>>

const keptMs = 5_000
/** Looker rounds, and clocks differ: so near to its recorded end a session ended by itself. */
const endsItselfWithinMs = 60_000
/** For what is worth doing, but not worth the page's time. */
const asideMs = 1_000

export const createNextTokens = <K extends Kept>(
  parts: NextParts,
  keeper: Keeper<K>,
): FindNextTokens<K> => {
  const { clock } = parts
  const coalesce = createCoalesce<NextTokens | undefined>({ clock, keptMs })
  const countOne = createGenerateLimit(clock)
  const ask = createAsk(parts)
  const adopt = createAdopt(parts, keeper)
  const end = createEnding(parts, keeper)

  const run = async (asked: Asked<K>, until: Deadline): Promise<Timed<NextTokens | undefined>> => {
    countOne(`${asked.whose.user} ${asked.whose.device}`)
    const generated = await ask(asked, until)
    const atMs = clock.monotonic()
    const tokens =
      generated.kind === 'ended'
        ? await end(asked.kept, until)
        : await adopt(asked.kept, generated, until)
    return { value: tokens, atMs }
  }

  return (asked, until) =>
    coalesce(`${asked.kept.version}\n${digestsOf(asked.tokens)}`, () => run(asked, until))
}

const digestsOf = ({ apiToken, navigationToken }: PageTokens): string =>
  `${apiToken.digest()}\n${navigationToken.digest()}`

/** Looker calling these tokens wrong is its other way of saying that the session is of no use to them. */
const createAsk = (parts: NextParts) => {
  const calls = createLookerCalls(parts)
  return async (
    { kept, tokens, userAgent }: Asked<Kept>,
    until: Deadline,
  ): Promise<GeneratedTokens> => {
    const request = { ...tokens, reference: kept.record.reference, userAgent }
    try {
      return await persistently(parts, until, () => calls.generate(request, until))
    } catch (error) {
      if (!(error instanceof LookerError) || error.failure !== 'refused-tokens') throw error
      return { kind: 'ended' }
    }
  }
}

/** The page is told that it is over whether or not the record could be. */
const createEnding =
  <K extends Kept>(parts: NextParts, keeper: Keeper<K>) =>
  async (kept: K, until: Deadline): Promise<undefined> => {
    const leftMs = kept.record.lookerEndsAtMs - parts.clock.now()
    const reason = leftMs <= endsItselfWithinMs ? 'expired' : 'ended-at-looker'
    await orNothing(aside(parts, until, () => keeper.end(kept, reason)))
  }

/** Keeps what Looker changed. Another session is nobody's here, whoever it is of. */
const createAdopt =
  <K extends Kept>(parts: NextParts, keeper: Keeper<K>) =>
  async (kept: K, tokens: EmbedTokens, until: Deadline): Promise<NextTokens | undefined> => {
    const { navigation, api, reference } = tokens
    const { record } = kept
    const next = { navigation, api, sessionSeconds: reference.ttlSeconds, record }
    const change = changeOf(record, tokens)
    if (change === 'session') return undefined
    if (change === 'nothing') return next
    const changed = { ...record, reference: reference.token }
    const renewed = await orNothing(aside(parts, until, () => keeper.renew(kept, changed)))
    // The same session under its old reference token, as far as anybody knows, and its tokens are good.
    if (!renewed) return next
    return renewed.stands ? { ...next, session: renewed.session } : undefined
  }

type Change = 'nothing' | 'reference' | 'session'

/** What Looker changed: the reference token of the session, or the session itself. */
export const changeOf = (record: SessionRecord, tokens: EmbedTokens): Change => {
  const sameReference = record.reference.hasDigest(tokens.reference.token.digest())
  const { unverifiedSessionId: id } = tokens
  const bothKnown = id !== undefined && record.sessionId !== undefined
  const sameSession = bothKnown ? id === record.sessionId : sameReference
  if (!sameSession) return 'session'
  return sameReference ? 'nothing' : 'reference'
}

const aside = <T>(parts: NextParts, until: Deadline, call: () => Promise<T>): Promise<T> =>
  persistently(parts, atMost(parts.clock, asideMs, until), call)

/** Undefined when the table or the keys are away. */
const orNothing = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof StoreError || error instanceof KeysError) return undefined
    throw error
  }
}
