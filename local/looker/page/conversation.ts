// What the simulated Looker's page says to the page that embeds it: the messages of the Embed SDK over a
// port, from the handshake to the end of the session. Runs in a browser; knows no document.
import { tokensIn, type SessionTokens } from './session-tokens.ts'

/** As much of a `MessagePort` as is needed. */
export type Port = {
  readonly addEventListener: (
    type: 'message',
    listener: (event: { readonly data: unknown }) => void,
  ) => void
  readonly start: () => void
  readonly postMessage: (frame: unknown) => void
}

export type View =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'live'; readonly tokens: SessionTokens; readonly ends: TokenEnds }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'expired' }

export type TokenEnds = {
  readonly navigationEndsAtMs: number
  readonly apiEndsAtMs: number
  readonly sessionEndsAtMs: number
}

export type Parts = {
  /** As `page:changed` tells it. */
  readonly page: { readonly type: string; readonly url: string; readonly absoluteUrl: string }
  readonly now: () => number
  /** Returns what stops it. */
  readonly after: (ms: number, run: () => void) => () => void
  readonly show: (view: View) => void
}

const replyTimeoutMs = 30_000

/** Listens from now on. `resume` asks for tokens again after an interruption. */
export const converse = (port: Port, { page, now, after, show }: Parts): { resume: () => void } => {
  let connected = false
  let expired = false
  let held: { readonly token: string; readonly ends: TokenEnds } | undefined
  let stop = nothing

  const send = (action: number, data: object) => port.postMessage({ action, data })
  const tell = (eventName: string, ...payload: unknown[]) =>
    send(toHost.message, { eventName, payload })

  const next = (ms: number, run: () => void) => {
    stop()
    stop = after(ms, run)
  }

  const ask = () => {
    if (expired) return
    tell('session:tokens:request')
    next(replyTimeoutMs, interrupt)
  }

  const connect = () => {
    if (connected) return
    connected = true
    send(toHost.ack, {})
    tell('page:changed', { page: { ...page, lookerVersion: '26.12.3' } })
    ask()
  }

  const receive = (payload: unknown) => {
    if (expired) return
    const tokens = tokensIn(payload)
    if (tokens === undefined) return interrupt()
    if (tokens.session_reference_token_ttl === 0) return expire()
    // A host may send the tokens that it holds, with the life they had when they were new.
    const again = held?.token === tokens.api_token ? held.ends : undefined
    const ends = again ?? endsOf(tokens, now())
    held = { token: tokens.api_token, ends }
    const leftMs = Math.min(...Object.values(ends)) - now()
    if (leftMs <= 0) return interrupt()
    next(Math.max(1_000, leftMs - Math.min(60_000, leftMs / 4)), ask)
    show({ kind: 'live', tokens, ends })
  }

  const interrupt = () => {
    stop()
    const leftMs = Math.max(0, (held?.ends.sessionEndsAtMs ?? now()) - now())
    const session_ttl = Math.floor(leftMs / 1000)
    tell('session:status', { session_ttl, expired: false, interrupted: true, recoverable: true })
    show({ kind: 'interrupted' })
  }

  const expire = () => {
    stop()
    expired = true
    tell('session:status', { session_ttl: 0, expired: true, interrupted: false })
    tell('session:expired')
    show({ kind: 'expired' })
  }

  port.addEventListener('message', ({ data: frame }) => {
    const { action, eventName, payload, sequence } = read(frame)
    if (action === fromHost.synAck) return connect()
    if (action !== fromHost.message && action !== fromHost.messageWithResponse) return
    if (eventName === 'session:tokens') receive(payload[0])
    if (action === fromHost.messageWithResponse)
      send(toHost.response, { eventName, payload: [], sequence })
  })
  port.start()

  show({ kind: 'waiting' })
  return { resume: ask }
}

/** What the page posts to its parent, with the other port, to begin. */
export const syn = { action: 0 }

const nothing = () => {}

const toHost = { ack: 1, message: 2, response: 4 }
const fromHost = { synAck: 0, message: 1, messageWithResponse: 2 }

const endsOf = (tokens: SessionTokens, nowAtMs: number): TokenEnds => ({
  navigationEndsAtMs: nowAtMs + tokens.navigation_token_ttl * 1000,
  apiEndsAtMs: nowAtMs + tokens.api_token_ttl * 1000,
  sessionEndsAtMs: nowAtMs + tokens.session_reference_token_ttl * 1000,
})

const read = (frame: unknown) => {
  const { action, data } = fieldsOf(frame)
  const { eventName, payload, sequence } = fieldsOf(data)
  return { action, eventName, payload: Array.isArray(payload) ? payload : [], sequence }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
