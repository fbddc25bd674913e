// A page without a browser: answers that are laid out beforehand, timers that fire when time is moved, and
// tabs that share cookies, storage and a channel.
import { createBrokerSession, type BrokerSessionOptions } from '../../lib/browser/index.ts'
import type { Change } from '../../lib/browser/index.ts'
import type { Surroundings } from '../../lib/browser/surroundings.ts'

export type Answer = () => Response | Promise<Response>

export type Call = {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: unknown
  readonly init: RequestInit
}

/** What tabs of one browser have in common. */
export const createBrowserStore = () => {
  let cookies = ''
  const stored = new Map<string, string>()
  const ears = new Set<(message: unknown) => void>()
  let turn = Promise.resolve<unknown>(undefined)
  return {
    cookies: {
      read: () => cookies,
      write: (cookie: string) => {
        cookies = cookie.split(';')[0] ?? ''
      },
    },
    storage: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
      removeItem: (key: string) => void stored.delete(key),
    },
    stored,
    alone: <T>(_: string, work: () => Promise<T>): Promise<T> => {
      const mine = turn.then(work)
      turn = mine.catch(() => {})
      return mine
    },
    openChannel: (_: string, heard: (message: unknown) => void) => {
      ears.add(heard)
      return (message: string) => {
        for (const ear of ears) if (ear !== heard) ear(message)
      }
    },
  }
}

const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export const createPage = (
  answers: Readonly<Record<string, Answer>>,
  options: Partial<BrokerSessionOptions> = {},
  store: Partial<Surroundings> = createBrowserStore(),
) => {
  let nowAtMs = 1_000_000
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>()
  const calls: Call[] = []
  const changes: Change[] = []
  const wakes: (() => void)[] = []
  let somebodyUsesIt: (() => void) | undefined
  const table = { ...answers }

  const surroundings: Partial<Surroundings> = {
    now: () => nowAtMs,
    setTimer: (run, ms) => {
      const timer = { atMs: nowAtMs + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    random: (bytes) => new Uint8Array(bytes),
    ...store,
    onWake: (run) => {
      wakes.push(run)
    },
    onInput: (run) => {
      somebodyUsesIt = run
    },
    fetch: async (input, init = {}) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input)
      const method = init.method ?? 'GET'
      const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined
      calls.push({ method, path: pathname, headers: new Headers(init.headers), body, init })
      const answer = table[`${method} ${pathname}`]
      if (answer === undefined) throw new TypeError('Failed to fetch')
      return answer()
    },
  }
  let tokens = 0
  const session = createBrokerSession(
    {
      url: 'https://broker.test/',
      getToken: () => Promise.resolve(`token-${++tokens}`),
      onChange: (change) => changes.push(change),
      ...options,
    },
    surroundings,
  )

  const advance = async (ms: number) => {
    const endAtMs = nowAtMs + ms
    for (;;) {
      await settle()
      const [next] = [...timers].toSorted((one, other) => one.atMs - other.atMs)
      if (next === undefined || next.atMs > endAtMs) break
      timers.delete(next)
      nowAtMs = Math.max(nowAtMs, next.atMs)
      next.run()
    }
    nowAtMs = endAtMs
  }

  return {
    session,
    calls,
    changes,
    advance,
    settle,
    /** The machine slept: time went on, and no timer with it. */
    sleep: async (ms: number) => {
      nowAtMs += ms
      for (const wake of wakes) wake()
      await settle()
    },
    /** Somebody moves the pointer on the page. */
    use: async () => {
      somebodyUsesIt?.()
      await settle()
    },
    answer: (route: string, answer: Answer | undefined) => {
      if (answer === undefined) delete table[route]
      else table[route] = answer
    },
    callsOf: (path: string) => calls.filter((call) => call.path === path),
  }
}

export const json =
  (body: object, status = 200, headers: Record<string, string> = {}): Answer =>
  () =>
    Response.json(body, { status, headers })

/** `number` makes the tokens different from others. */
export const tokens = (number: number, seconds = 600, session = 36_000) => ({
  api_token: `api-${number}`,
  api_token_ttl: seconds,
  navigation_token: `navigation-${number}`,
  navigation_token_ttl: seconds,
  session_reference_token_ttl: session,
})

export const acquired = (number: number, seconds?: number, session?: number) => ({
  ...tokens(number, seconds, session),
  authentication_token: `authentication-${number}`,
  authentication_token_ttl: 30,
})

export const acquire = 'POST /acquire-embed-session'
export const generate = 'PUT /generate-embed-tokens'
export const state = 'GET /embed-session'
export const end = 'DELETE /embed-session'
export const extend = 'POST /embed-session/extend'
export const activity = 'POST /embed-session/activity'

/** A stand-in for the Embed SDK, with frames whose events a test can raise. */
export const createSdk = () => {
  type Raise = Map<string, ((status: object) => void)[]>
  const frames: {
    readonly sent: object[]
    readonly raise: (name: string, status?: object) => void
  }[] = []
  let acquireNow: (() => Promise<unknown>) | undefined
  let cleared = 0
  const sdk = {
    clearSession: () => {
      cleared += 1
    },
    initCookieless: (_: string, acquireSession: () => Promise<unknown>) => {
      acquireNow = acquireSession
    },
  }
  const mount = async (
    _: unknown,
    watch: (builder: { on: (name: string, run: (status: object) => void) => void }) => unknown,
  ) => {
    const handlers: Raise = new Map()
    watch({ on: (name, run) => void handlers.set(name, [...(handlers.get(name) ?? []), run]) })
    await acquireNow?.()
    const sent: object[] = []
    frames.push({
      sent,
      raise: (name, status = {}) => handlers.get(name)?.forEach((run) => run(status)),
    })
    return { send: (_message: string, payload: object = {}) => void sent.push(payload) }
  }
  return { options: { sdk, lookerHost: 'looker.test', mount }, frames, cleared: () => cleared }
}
