// For the page that embeds: callbacks for the Embed SDK's `initCookieless`, and what keeps its frames alive.
// Needs nothing but a browser.
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
import { invalidAnswer, type BrokerProblem } from './problem.ts'
import { createSealedSession } from './sealed-session.ts'
import { browserSurroundings, type Surroundings } from './surroundings.ts'

export { BrokerProblem } from './problem.ts'
export type { SessionState } from './answers.ts'
export type { Builder, ConnectOptions, EmbedSdk, Frame, Watch } from './frames.ts'
export type { Connection } from './keeper.ts'
export type { Surroundings } from './surroundings.ts'

/**
 * `live`: a frame is connected, or tokens come again. `waiting`: new tokens cannot be fetched; the frames go
 * on with theirs, and it is tried again. `interrupted`: a frame is about to be mounted again. `failed`: that
 * did not help. `ended`: the session is over, and nothing starts another; `reason` is the broker's, null
 * when it could not be asked.
 */
export type Change =
  | FrameChange
  | { readonly state: 'waiting'; readonly problem: BrokerProblem }
  | { readonly state: 'ended'; readonly reason: string | null; readonly signInRequired: boolean }

export type BrokerSessionOptions = {
  /** Where the broker is, for example `https://broker.example.com`. */
  readonly url: string
  /** Resolves to a sign-in token that is good now. Asked before every call. */
  readonly getToken: () => Promise<string>
  /** False: no device key, for tenants that tell browsers apart by a claim. */
  readonly device?: DeviceOptions | false
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
  /** Signs out of Looker, in all tabs. Throws `BrokerProblem`, and then the session still lives. */
  readonly end: () => Promise<void>
}

/** `given` replaces parts of the browser, for tests. */
export const createBrokerSession = (
  { url, getToken, device = {}, onChange = () => {} }: BrokerSessionOptions,
  given: Partial<Surroundings> = {},
): BrokerSession => {
  const surroundings = { ...browserSurroundings(), ...given }
  const deviceKey = device === false ? undefined : createDeviceKey(device, surroundings)
  const calls = createCalls({ url, getToken, deviceKey }, surroundings)
  const sealed = createSealedSession(url, surroundings)

  const state = async () => {
    const answer = stateIn(await calls('GET', '/embed-session'))
    if (answer === undefined) throw invalidAnswer()
    return answer
  }

  const tellEnd = async () => {
    const known = await state().catch(() => undefined)
    const reason = known?.reason ?? null
    onChange({ state: 'ended', reason, signInRequired: known?.sign_in_required ?? false })
  }

  const keeper = createKeeper({
    calls,
    sealed,
    surroundings,
    onFinished: () => void tellEnd(),
    onTrouble: (problem) =>
      onChange(problem === undefined ? { state: 'live' } : { state: 'waiting', problem }),
  })

  // Another tab may be of another user, whose session still lives: the broker knows.
  const tellOthers = surroundings.openChannel(`looker-session of ${url}`, () => {
    state().then(
      (known) => {
        if (known.state !== 'active') keeper.finish()
      },
      () => {},
    )
  })

  return {
    acquire: keeper.acquire,
    generate: keeper.generate,
    connect: (options) =>
      connectFrame({ keeper, surroundings, readState: state, onChange }, options),
    state,
    end: async () => {
      await calls('DELETE', '/embed-session', sealed.field())
      sealed.clear()
      keeper.finish()
      tellOthers()
    },
  }
}
