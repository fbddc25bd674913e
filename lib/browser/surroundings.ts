// What the helper takes from the browser: the only file that touches its globals. All of it can be
// replaced; types of the DOM are not needed.

type Storage = {
  readonly getItem: (key: string) => string | null
  readonly setItem: (key: string, value: string) => void
  readonly removeItem: (key: string) => void
}

export type Surroundings = {
  readonly fetch: typeof globalThis.fetch
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Returns what stops it. */
  readonly setTimer: (run: () => void, ms: number) => () => void
  readonly random: (bytes: number) => Uint8Array
  /** `document.cookie`. */
  readonly cookies: { readonly read: () => string; readonly write: (cookie: string) => void }
  /** Of everybody who names the same lock, in all tabs of the origin, one at a time. */
  readonly alone: <T>(lock: string, work: () => Promise<T>) => Promise<T>
  /** Undefined where the browser refuses it. */
  readonly storage: Storage | undefined
  /** Returns how to tell the other tabs. */
  readonly openChannel: (
    name: string,
    heard: (message: unknown) => void,
  ) => (message: string) => void
  /** Calls when the tab is seen again or the network is back. */
  readonly onWake: (run: () => void) => void
  /** Calls, often, when somebody uses the page, or moves into a frame of it. */
  readonly onInput: (run: () => void) => void
}

type Listen = (type: string, run: () => void, options?: object) => void

declare const document:
  | {
      cookie: string
      readonly visibilityState: string
      readonly activeElement: { readonly tagName: string } | null
      readonly addEventListener: Listen
    }
  | undefined
declare const navigator:
  | {
      readonly locks?: {
        readonly request: <T>(name: string, work: () => Promise<T>) => Promise<T>
      }
    }
  | undefined
declare const localStorage: Storage | undefined
declare const addEventListener: Listen | undefined

export const browserSurroundings = (): Surroundings => ({
  fetch: (input, init) => fetch(input, init),
  now: Date.now,
  setTimer: (run, ms) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  cookies: {
    read: () => (typeof document === 'undefined' ? '' : document.cookie),
    write: (cookie) => {
      if (typeof document !== 'undefined') document.cookie = cookie
    },
  },
  alone: (lock, work) => {
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks
    return locks ? locks.request(lock, work) : work()
  },
  storage: storageOrNone(),
  openChannel: (name, heard) => {
    if (typeof BroadcastChannel === 'undefined') return () => {}
    const channel = new BroadcastChannel(name)
    channel.addEventListener('message', (event) => heard('data' in event ? event.data : undefined))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, not of channels
    return (message) => channel.postMessage(message)
  },
  onWake: (run) => {
    if (typeof document === 'undefined' || typeof addEventListener === 'undefined') return
    document.addEventListener('visibilitychange', () => {
      if (document?.visibilityState === 'visible') run()
    })
    addEventListener('online', run)
  },
  onInput: (run) => {
    if (typeof document === 'undefined' || typeof addEventListener === 'undefined') return
    for (const type of inputs) addEventListener(type, run, { capture: true, passive: true })
    // Some browsers name the frame a moment later.
    addEventListener('blur', () => {
      setTimeout(() => {
        if (document?.activeElement?.tagName === 'IFRAME') run()
      }, 0)
    })
  },
})

// Not `scroll`: scripts scroll too. Wheel, fingers, keys and the bar that is dragged are all here.
const inputs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'touchmove']

// Even to look at it throws where site data is blocked.
const storageOrNone = (): Storage | undefined => {
  try {
    return typeof localStorage === 'undefined' ? undefined : localStorage
  } catch {
    return undefined
  }
}
