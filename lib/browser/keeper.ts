// Keeps the tokens of a page fresh: fetches them early, tells the frames, and lets nothing but the end of
// the session end it.
import {
  acquiredIn,
  fieldsOf,
  isOver,
  tokensIn,
  type AcquiredSession,
  type GeneratedTokens,
  type SessionState,
  type SessionTokens,
} from './answers.ts'
import type { Calls } from './calls.ts'
import { endsAtMs, hold, left, pauseMs, type Held } from './held-tokens.ts'
import { invalidAnswer, problemOfThrown, type BrokerProblem } from './problem.ts'
import type { SealedSession } from './sealed-session.ts'
import type { Surroundings } from './surroundings.ts'

/** What the Embed SDK's `connect()` resolves to, as far as it is needed. */
export type Connection = { readonly send: (message: string, params?: object) => void }

export type Keeper = {
  /** Throws `BrokerProblem`, after a few tries where another may help. */
  readonly acquire: () => Promise<AcquiredSession>
  /** Never rejects. */
  readonly generate: (given: unknown) => Promise<GeneratedTokens>
  readonly add: (connection: Connection) => void
  readonly remove: (connection: Connection) => void
  /** The session is over: says so to all frames, once. `known`: the broker's word on it, where there is one. */
  readonly finish: (known?: SessionState) => void
  readonly isFinished: () => boolean
  /** Fetches the next tokens for all frames now; resolves when they came or the session is over. */
  readonly refresh: () => Promise<void>
  /** Resolves after growing pauses. */
  readonly pause: (attempt: number, atLeastMs?: number) => Promise<void>
}

export type KeeperParts = {
  readonly calls: Calls
  readonly sealed: SealedSession
  /** Of the body of each acquire. */
  readonly wishes: object
  readonly surroundings: Surroundings
  readonly onAcquired: () => void
  readonly onFinished: (known: SessionState | undefined) => void
  /** Undefined: the trouble is over. */
  readonly onTrouble: (problem: BrokerProblem | undefined) => void
}

const acquireTries = 4
/** The longest wait that the broker may ask of an acquire, for somebody looks at an empty page. */
const longestAcquirePauseMs = 10_000
/** Frames give up on tokens after 30 s without an answer. */
const answerWithinMs = 20_000

const over = { session_reference_token_ttl: 0 } as const

/** What the Embed SDK itself tells a frame whose session is over. */
const expired: SessionTokens = {
  api_token: 'session expired',
  api_token_ttl: 240,
  navigation_token: 'session expired',
  navigation_token_ttl: 240,
  session_reference_token_ttl: 0,
}

export const createKeeper = (parts: KeeperParts): Keeper => {
  const { calls, sealed, surroundings } = parts
  const { now, setTimer, random } = surroundings
  const connections = new Set<Connection>()
  let held: Held | undefined
  let isFinished = false
  let flight: Promise<void> | undefined
  let stopTimer: (() => void) | undefined
  let cutPause: (() => void) | undefined

  const sleep = (ms: number) => new Promise<void>((resolve) => setTimer(resolve, ms))
  const pause = (attempt: number, atLeastMs = 0) => {
    const [byte = 0] = random(1)
    return sleep(pauseMs(attempt, atLeastMs, byte / 256))
  }

  const goesOn = () => !isFinished

  const tell = (tokens: SessionTokens) => {
    for (const connection of connections) connection.send('session:tokens', { ...tokens })
  }

  const keep = (tokens: SessionTokens) => {
    held = hold(tokens, now())
    tell(tokens)
    schedule()
  }

  const schedule = () => {
    stopTimer?.()
    if (held === undefined || isFinished || connections.size === 0) return
    stopTimer = setTimer(refreshIfDue, Math.max(0, held.dueAtMs - now()))
  }

  // A timer of a hidden or sleeping tab is late, and may also be early by a little.
  const refreshIfDue = () => {
    if (held === undefined || isFinished || connections.size === 0) return
    if (now() < held.dueAtMs) schedule()
    else void refresh()
  }

  const finish = (known?: SessionState) => {
    if (isFinished) return
    isFinished = true
    held = undefined
    stopTimer?.()
    sealed.forget()
    tell(expired)
    connections.clear()
    parts.onFinished(known)
  }

  /** Whether there is nothing more to fetch; throws what to wait for. */
  const fetchOnce = async (): Promise<boolean> => {
    const asked = held
    if (asked === undefined) return true
    const { api_token, navigation_token } = asked.tokens
    const body = { api_token, navigation_token, ...sealed.field() }
    const answer = await calls('PUT', '/generate-embed-tokens', body)
    // Meanwhile there was an acquire or an end: its word is newer.
    if (held !== asked) return true
    if (isOver(answer)) {
      finish()
      return true
    }
    const tokens = tokensIn(answer)
    if (tokens === undefined) throw invalidAnswer()
    sealed.keep(answer)
    // The broker gives the same ones back while it can get no others.
    if (tokens.api_token === api_token) return false
    keep(tokens)
    return true
  }

  const persist = async (): Promise<void> => {
    let problem: BrokerProblem | undefined
    for (let attempt = 0; goesOn(); attempt++) {
      let atLeastMs = 0
      try {
        if (await fetchOnce()) break
      } catch (error) {
        const first = problem === undefined
        problem = problemOfThrown(error)
        atLeastMs = problem.retryAfterMs
        if (first) parts.onTrouble(problem)
      }
      await Promise.race([
        pause(attempt, atLeastMs),
        new Promise<void>((resolve) => {
          cutPause = resolve
        }),
      ])
    }
    if (problem !== undefined && !isFinished) parts.onTrouble(undefined)
  }

  /** One at a time; lasts until there are new tokens or the session is over. */
  const refresh = (): Promise<void> =>
    (flight ??= persist().finally(() => {
      flight = undefined
    }))

  surroundings.onWake(() => {
    cutPause?.()
    refreshIfDue()
  })

  return {
    acquire: async () => {
      for (let attempt = 0; ; attempt++) {
        try {
          const body = { ...parts.wishes, ...sealed.field() }
          const answer = await calls('POST', '/acquire-embed-session', body)
          const session = acquiredIn(answer)
          const tokens = tokensIn(answer)
          if (session === undefined || tokens === undefined) throw invalidAnswer()
          sealed.keep(answer)
          isFinished = false
          // Without the authentication token, which is for one frame's login alone.
          keep(tokens)
          parts.onAcquired()
          return session
        } catch (error) {
          const problem = problemOfThrown(error)
          const isLast = attempt + 1 >= acquireTries
          if (!problem.isPassing || isLast || problem.retryAfterMs > longestAcquirePauseMs)
            throw problem
          await pause(attempt, problem.retryAfterMs)
        }
      }
    },
    generate: async (given) => {
      if (isFinished) return over
      const own = tokensIn(given)
      // Tokens that another acquire than ours brought.
      if (held === undefined && own !== undefined) held = hold(own, now())
      const isNewer = held?.tokens.api_token !== fieldsOf(given)['api_token']
      const isFresh = held !== undefined && now() < Math.min(held.dueAtMs, endsAtMs(held))
      if (!(isNewer && isFresh)) await Promise.race([refresh(), sleep(answerWithinMs)])
      return held === undefined ? over : left(held, now())
    },
    add: (connection) => {
      connections.add(connection)
      schedule()
    },
    remove: (connection) => {
      connections.delete(connection)
      schedule()
    },
    finish,
    isFinished: () => isFinished,
    refresh,
    pause,
  }
}
