// For the page that embeds: callbacks for the Embed SDK's `initCookieless`, and what keeps its frames alive.
// Needs nothing but a browser.
import { createActivity } from './activity.ts'
import { stateIn, type SessionState } from './answers.ts'
import { createCalls } from './calls.ts'
import { createDeviceKey, type DeviceOptions } from './device-key.ts'
import {
  connectFrame,
  type ConnectOptions,
  type EmbedSdk,
  type Frame,
  type FrameChange,
} from './frames.ts'
import { createKeeper, type Connection, type Keeper } from './keeper.ts'
import { createLookout } from './lookout.ts'
import { invalidAnswer, type BrokerProblem } from './problem.ts'
import { createSealedSession } from './sealed-session.ts'
import { standingOf, type Warning } from './standing.ts'
import { browserSurroundings, type Surroundings } from './surroundings.ts'

export { BrokerProblem } from './problem.ts'
export type { SessionState } from './answers.ts'
export type { Builder, ConnectOptions, EmbedSdk, Frame, Watch } from './frames.ts'
export type { Connection } from './keeper.ts'
export type { Warning } from './standing.ts'
export type { Surroundings } from './surroundings.ts'

/**
 * `live`: a frame is connected, tokens come again, or a warning no longer holds. `warning`: the session ends in two
 * minutes at most, unless it is extended, or its user does something, as `warns` says. `waiting`: new tokens cannot be fetched; the frames go
 * on with theirs, and it is tried again. `interrupted`: a frame is about to be mounted again. `failed`: that
 * did not help. `ended`: the session is over, and nothing starts another; `reason` is the broker's, null
 * when it could not be asked.
 */
export type Change =
  | FrameChange
  | Warning
  | { readonly state: 'waiting'; readonly problem: BrokerProblem }
  | { readonly state: 'ended'; readonly reason: string | null; readonly signInRequired: boolean }

export type BrokerSessionOptions = {
  /** Where the broker is, for example `https://broker.example.com`. */
  readonly url: string
  /** A sign-in token that is good now, or a promise of one. Asked before every call. */
  readonly getToken: () => string | Promise<string>
  /** False: no device key, for tenants that tell browsers apart by a claim. */
  readonly device?: DeviceOptions | false
  /**
   * What the user chose at sign-in, said again whenever the page loads. True: the session outlives the browser, where the
   * tenant's policy allows it. False: a key of this browser that ends with it. Left out: a key that lasts.
   */
  readonly staySignedIn?: boolean
  readonly onChange?: (change: Change) => void
}

export type BrokerSession = {
  /** For `initCookieless`. Throws `BrokerProblem`. */
  readonly acquire: Keeper['acquire']
  /** For `initCookieless`. Never rejects. */
  readonly generate: Keeper['generate']
  /** A new frame. Call it for each frame of the page. Throws `BrokerProblem`, and what `mount` throws. */
  readonly connect: <S extends EmbedSdk, C extends Connection>(
    options: ConnectOptions<S, C>,
  ) => Promise<Frame<C>>
  /** Throws `BrokerProblem`. */
  readonly state: () => Promise<SessionState>
  /**
   * Moves the end of the session, for all tabs, and renews their tokens. Resolves as well when another tab had just done
   * so. Throws `BrokerProblem`: `extension-refused` when it is too early or no extension is left, `not-found` when
   * the session is over or the tenant has no policy.
   */
  readonly extend: () => Promise<SessionState>
  /** Signs out of Looker, in all tabs. Throws `BrokerProblem`, and then the session still lives. */
  readonly end: () => Promise<void>
}

/** `given` replaces parts of the browser, for tests. */
export const createBrokerSession = (
  { url, getToken, device = {}, staySignedIn, onChange = () => {} }: BrokerSessionOptions,
  given: Partial<Surroundings> = {},
): BrokerSession => {
  const surroundings = { ...browserSurroundings(), ...given }
  const deviceKey =
    device === false ? undefined : createDeviceKey(device, surroundings, staySignedIn)
  const calls = createCalls({ url, getToken, deviceKey }, surroundings)
  const sealed = createSealedSession(url, surroundings)

  const ask = async (...call: Parameters<typeof calls>): Promise<SessionState> => {
    const answer = stateIn(await calls(...call))
    if (answer === undefined) throw invalidAnswer()
    return answer
  }
  const state = () => ask('GET', '/embed-session')

  const tellEnd = async (told: SessionState | undefined) => {
    const known = told ?? (await state().catch(() => undefined))
    const reason = known?.reason ?? null
    onChange({ state: 'ended', reason, signInRequired: known?.sign_in_required ?? false })
  }

  const keeper = createKeeper({
    calls,
    sealed,
    wishes: staySignedIn === true ? { stay_signed_in: true } : {},
    surroundings,
    onAcquired: () => lookout.begin(),
    onFinished: (known) => {
      lookout.stop()
      tellOthers('ended')
      void tellEnd(known)
    },
    onTrouble: (problem) =>
      onChange(problem === undefined ? { state: 'live' } : { state: 'waiting', problem }),
  })

  const lookout = createLookout({
    surroundings,
    readState: state,
    finish: keeper.finish,
    onChange,
    onTaken: () => activity.review(),
  })

  const activity = createActivity({
    surroundings,
    isNeeded: lookout.needsActivity,
    report: async (idle_seconds) => {
      try {
        lookout.take(await ask('POST', '/embed-session/activity', { idle_seconds }))
      } catch (error) {
        // It may be over.
        void lookout.look()
        throw error
      }
    },
    tellOthers: (activeAtMs) => tellOthers(`active ${activeAtMs}`),
  })

  // Another tab may be of another user, whose session still lives: the broker knows.
  const tellOthers = surroundings.openChannel(`looker-session of ${url}`, (message) => {
    const [what, when] = String(message).split(' ')
    if (what === 'active') {
      activity.heard(Number(when))
    } else if (what === 'ended' || what === 'signed-out') {
      // With `store: client` the broker knows of no session: there a tab that lost its own says nothing of others.
      const isOver = ({ state: how }: SessionState) =>
        what === 'ended' ? how === 'ended' : how !== 'active'
      state().then(
        (known) => {
          if (isOver(known)) keeper.finish(known)
        },
        () => {},
      )
    } else {
      void lookout.look()
      if (what === 'extended') void keeper.refresh()
    }
  })

  /** A refusal may only say that it was just done: by a call whose answer was lost, or by another tab. */
  const extendOrFind = async (): Promise<SessionState> => {
    const isDue = lookout.warning()?.warns === 'end'
    try {
      return await ask('POST', '/embed-session/extend', {})
    } catch (error) {
      const known = await state().catch(() => undefined)
      // An extension moves this end alone: inactivity may come next.
      const isAsBefore = known && standingOf(known, surroundings.now())?.warning?.warns === 'end'
      if (known === undefined || isAsBefore) throw error
      if (isDue && known.state === 'active') return known
      // It may be over, or never have been warned of.
      lookout.take(known)
      throw error
    }
  }

  surroundings.onInput(activity.note)

  return {
    acquire: keeper.acquire,
    generate: keeper.generate,
    connect: (options) =>
      connectFrame(
        { keeper, surroundings, readState: state, onChange, onUserEvent: activity.note },
        options,
      ),
    state,
    extend: async () => {
      const known = await extendOrFind()
      lookout.take(known)
      tellOthers('extended')
      // Those that the frames hold end with the session as it was.
      void keeper.refresh()
      return known
    },
    end: async () => {
      await calls('DELETE', '/embed-session', sealed.field())
      sealed.clear()
      tellOthers('signed-out')
      keeper.finish()
    },
  }
}
