// The frames of a page: mounted, mounted again after an interruption, and never after an end.
import type { SessionState } from './answers.ts'
import type { Connection, Keeper } from './keeper.ts'
import { BrokerProblem } from './problem.ts'
import type { Surroundings } from './surroundings.ts'
import { openingEvents, userEvents, type UserEvent } from './user-events.ts'

/** As much of the Embed SDK as is needed: `getEmbedSDK()` is one. */
export type EmbedSdk = {
  readonly clearSession: () => void
  readonly initCookieless: (
    lookerHost: string,
    acquire: Keeper['acquire'],
    generate: Keeper['generate'],
  ) => void
}

type Status = { readonly expired?: boolean; readonly interrupted?: boolean }

/** As much of the Embed SDK's builders as is needed. */
export type Builder = {
  on(name: 'session:status', handler: (status: Status) => void): unknown
  on(name: 'session:expired' | UserEvent, handler: () => void): unknown
}

export type Watch = <B extends Builder>(builder: B) => B

export type ConnectOptions<S extends EmbedSdk, C extends Connection> = {
  readonly sdk: S
  /** Host of Looker, with its port if that is not 443. */
  readonly lookerHost: string
  /**
   * Makes the frame: gives its builder to `watch` and resolves to what `connect()` gives. Called again after
   * an interruption, when it has to take the old frame away first.
   */
  readonly mount: (sdk: S, watch: Watch) => Promise<C>
  /** How often a frame is mounted again before it is given up. Default: 5. */
  readonly tries?: number
}

export type Frame<C extends Connection> = {
  /** The present one; undefined while the frame is being mounted again. */
  readonly connection: () => C | undefined
  /** The page took the frame away: it gets no more tokens and is never mounted again. */
  readonly close: () => void
}

export type FrameChange =
  | { readonly state: 'live' }
  | { readonly state: 'interrupted' }
  | { readonly state: 'failed'; readonly problem: BrokerProblem }

export type FrameParts = {
  readonly keeper: Keeper
  readonly surroundings: Pick<Surroundings, 'now'>
  readonly readState: () => Promise<SessionState>
  readonly onChange: (change: FrameChange) => void
  /** The user did something in a frame. */
  readonly onUserEvent: () => void
}

/** What `mount` throws of its own is the page's, and does not pass by itself. */
const mountProblem = (cause: unknown): BrokerProblem =>
  cause instanceof BrokerProblem
    ? cause
    : new BrokerProblem({
        code: 'not-mounted',
        text: 'The frame could not be mounted again',
        cause,
      })

/** After so long without an interruption, tries are counted anew. */
const soundAfterMs = 10 * 60_000

export const connectFrame = async <S extends EmbedSdk, C extends Connection>(
  { keeper, surroundings, readState, onChange, onUserEvent }: FrameParts,
  { sdk, lookerHost, mount, tries = 5 }: ConnectOptions<S, C>,
): Promise<Frame<C>> => {
  let isClosed = false
  let mounting = 0
  let used = 0
  let isInterrupted = false
  let interruptedAtMs = -Infinity
  let connection: C | undefined

  // Events of a frame that was replaced no longer count.
  const watchOf = (number: number): Watch => {
    const ifCurrent = (run: () => void) => {
      if (number === mounting && !isClosed) run()
    }
    const opening = new Set<UserEvent>(openingEvents)
    return (builder) => {
      for (const name of userEvents) {
        builder.on(name, () => {
          if (!opening.delete(name)) ifCurrent(onUserEvent)
        })
      }
      builder.on('session:expired', () => ifCurrent(() => keeper.finish()))
      builder.on('session:status', ({ expired, interrupted }) => {
        if (expired) ifCurrent(() => keeper.finish())
        else if (interrupted) ifCurrent(() => void mountAgain())
      })
      return builder
    }
  }

  // Cleared first: the Embed SDK would otherwise lead a new frame to Looker without a login.
  const mountNow = async (): Promise<void> => {
    sdk.clearSession()
    sdk.initCookieless(lookerHost, keeper.acquire, keeper.generate)
    const number = ++mounting
    const mounted = await mount(sdk, watchOf(number))
    if (number !== mounting || isClosed || keeper.isFinished()) return
    connection = mounted
    isInterrupted = false
    keeper.add(mounted)
    onChange({ state: 'live' })
  }

  const forget = () => {
    if (connection !== undefined) keeper.remove(connection)
    connection = undefined
  }

  const mountAgain = async (): Promise<void> => {
    mounting += 1
    isInterrupted = true
    if (surroundings.now() - interruptedAtMs > soundAfterMs) used = 0
    interruptedAtMs = surroundings.now()
    onChange({ state: 'interrupted' })
    let problem = mountProblem(undefined)
    for (let attempt = 0; used < tries; attempt++) {
      await keeper.pause(attempt)
      if (isClosed || keeper.isFinished()) return
      try {
        // A session that was ended is not begun again by itself: an acquire would do that.
        const known = await readState()
        if (known.state === 'ended') return keeper.finish(known)
        // Not before: should the session be over, the frame is to show that.
        forget()
        await mountNow()
        used += 1
        return
      } catch (error) {
        problem = mountProblem(error)
        // However long an outage lasts, the frame goes on when it is over.
        if (!problem.isPassing) used += 1
      }
    }
    forget()
    onChange({ state: 'failed', problem })
  }

  await mountNow()
  return {
    connection: () => (isInterrupted ? undefined : connection),
    close: () => {
      isClosed = true
      forget()
    },
  }
}
