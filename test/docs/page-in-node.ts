// Runs a page's script in Node with the real Embed SDK. Of the browser only the frame is missing, and that
// the SDK lets one bring along; what a browser does with a request is done here.
import { createContext, runInContext } from 'node:vm'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

type Handler = (...args: readonly unknown[]) => unknown

export type Frame = {
  /** The address that the SDK loads into it. */
  readonly url: URL
  /** Looker in the frame asks for tokens, and is sent them. */
  readonly askForTokens: () => Promise<Readonly<Record<string, unknown>>>
}

export type PageInNode = {
  readonly frames: readonly Frame[]
  /** Resolves when the SDK has connected, with what the page made of it. */
  readonly connected: () => Promise<void>
}

export type Sent = { readonly method: string; readonly url: URL }

export type Browser = {
  /** Of the page. */
  readonly origin: string
  readonly userAgent: string
  readonly cookie?: string
  /** Where an origin is on this machine. */
  readonly addresses: Readonly<Record<string, string>>
  readonly now: () => number
  /** What the page brings along besides the SDK. */
  readonly globals?: Readonly<Record<string, unknown>>
  /** Requests that the page made, preflights included. */
  readonly sent?: Sent[]
}

const withFrames = `
import { getEmbedSDK as embedSdk, LookerEmbedExSDK } from '@looker/embed-sdk'
Date.now = now
embedSdk(new LookerEmbedExSDK(openFrame))
`

/** Errors: of the script itself, when it does not run to its end. */
export const openPage = async (script: string, browser: Browser): Promise<PageInNode> => {
  const frames: Frame[] = []
  const code = await bundled(withFrames + script)
  const connected = new Promise<void>((resolve, reject) => {
    const window = {
      location: { origin: browser.origin },
      set dashboard(_connection: unknown) {
        resolve()
      },
    }
    const context = createContext({
      ...browser.globals,
      window,
      document: { querySelector: () => ({}) },
      console: { error: (...args: readonly unknown[]) => reject(new Error(String(args[0]))) },
      fetch: browserFetch(browser),
      now: browser.now,
      openFrame: (url: string) => frameBuilder(url, frames),
      URL,
      setTimeout,
    })
    runInContext(code, context)
  })
  // Whoever does not ask does not want to know.
  connected.catch(() => undefined)
  return { frames, connected: () => connected }
}

/** What a script of the page's backend exports. */
export const exportsOf = async (
  script: string,
  globals: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> => {
  const context = createContext({ ...globals })
  const made: Record<string, unknown> = runInContext(`${await bundled(script)};exported`, context)
  return made
}

const bundled = async (contents: string): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'js' },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'exported',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/** As `@looker/chatty` builds a frame, with Looker in it that answers the handshake at once. */
const frameBuilder = (url: string, frames: Frame[]): Readonly<Record<string, Handler>> => {
  const handlers = new Map<string, Handler[]>()
  const messages: Readonly<Record<string, unknown>>[] = []
  const builder: Record<string, Handler> = {}
  const and = (): unknown => builder
  const host = {
    iframe: { classList: { add: () => undefined } },
    send: (_name: string, message: Readonly<Record<string, unknown>>) => messages.push(message),
  }
  frames.push({
    url: new URL(url),
    askForTokens: async () => {
      await Promise.all((handlers.get('session:tokens:request') ?? []).map((handle) => handle()))
      return { ...messages.at(-1) }
    },
  })
  return Object.assign(builder, {
    on: (name: string, handler: Handler) => {
      handlers.set(name, [...(handlers.get(name) ?? []), handler])
      return builder
    },
    withSandboxAttribute: and,
    withAllowAttribute: and,
    frameBorder: and,
    withTargetOrigin: and,
    withAriaLabel: and,
    appendTo: and,
    build: () => ({ ...host, connect: () => Promise.resolve(host) }),
  })
}

type Init = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Same-origin requests with the page's cookie; others with a preflight, and only if CORS lets the page read. */
const browserFetch = (browser: Browser) => {
  const { origin, userAgent, addresses, cookie } = browser
  const send = async (url: URL, { method = 'GET', headers = {}, body }: Init) => {
    browser.sent?.push({ method, url })
    const address = addresses[url.origin]
    if (address === undefined) throw new TypeError('Failed to fetch')
    return fetch(address + url.pathname + url.search, { method, headers, body: body ?? null })
  }
  const assertAllowed = async (url: URL, { method = 'GET', headers = {} }: Init) => {
    const preflight = await send(url, { method: 'OPTIONS', headers: { origin } })
    const allowed = (name: string) => (preflight.headers.get(name) ?? '').split(',')
    const names = Object.keys(headers).map((name) => name.toLowerCase())
    const listed = names.every((name) => allowed('access-control-allow-headers').includes(name))
    if (!listed || !allowed('access-control-allow-methods').includes(method)) {
      throw new TypeError('Failed to fetch')
    }
  }
  return async (input: string, init: Init = {}): Promise<Response> => {
    const url = new URL(input, origin)
    const sameOrigin = url.origin === origin
    const byBrowser = {
      'user-agent': userAgent,
      'sec-fetch-site': sameOrigin ? 'same-origin' : 'cross-site',
      ...(sameOrigin && cookie !== undefined ? { cookie } : {}),
      ...(sameOrigin && (init.method ?? 'GET') === 'GET' ? {} : { origin }),
    }
    if (!sameOrigin) await assertAllowed(url, init)
    const reply = await send(url, { ...init, headers: { ...init.headers, ...byBrowser } })
    if (sameOrigin || reply.headers.get('access-control-allow-origin') === origin) return reply
    throw new TypeError('Failed to fetch')
  }
}
