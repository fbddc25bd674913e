// One HTTP exchange with Looker: sends, reads the whole reply, and keeps the deadline. What the reply
// means is judged in reply.ts.
import { LookerError } from '../errors.ts'
import type { Deadline } from '../time.ts'
import type { UnverifiedReply } from './reply.ts'

export type ExchangeOptions = {
  readonly fetch: typeof globalThis.fetch
  /** A longer reply is refused without being read to its end. Default: 65536. */
  readonly maxReplyBytes?: number
}

export type Exchange = (
  url: URL,
  request: RequestInit,
  deadline: Deadline,
) => Promise<UnverifiedReply>

/**
 * The deadline bounds the whole exchange, body included, and closes the connection when it fires. A
 * redirect is not followed. Errors: `timeout`, `unreachable`, `invalid-reply` (too long). They carry no
 * cause: what fetch throws may hold header values or pieces of the reply.
 */
export const createExchange =
  ({ fetch, maxReplyBytes = 65_536 }: ExchangeOptions): Exchange =>
  (url, request, deadline) =>
    within(deadline, async (signal) => {
      try {
        const response = await fetch(url, { ...request, redirect: 'manual', signal })
        return await replyOf(response, { signal, maxReplyBytes })
      } catch (error) {
        throw error instanceof LookerError ? error : unreachable(error)
      }
    })

const longestTimerMs = 2 ** 31 - 1

// Raced, not only signalled: the caller is free on time even if fetch ignores the signal.
const within = async <Value>(
  deadline: Deadline,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> => {
  const remainingMs = Math.min(deadline.remainingMs(), longestTimerMs)
  if (remainingMs <= 0) throw timeout()
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(timeout())
      controller.abort()
    }, remainingMs)
  })
  try {
    return await Promise.race([work(controller.signal), expired])
  } finally {
    clearTimeout(timer)
  }
}

type ReadLimits = { readonly signal: AbortSignal; readonly maxReplyBytes: number }

const replyOf = async (response: Response, limits: ReadLimits): Promise<UnverifiedReply> => ({
  status: response.status,
  contentType: response.headers.get('content-type') ?? undefined,
  retryAfter: response.headers.get('retry-after') ?? undefined,
  date: response.headers.get('date') ?? undefined,
  body: await bodyOf(response, limits),
})

const bodyOf = async (
  response: Response,
  { signal, maxReplyBytes }: ReadLimits,
): Promise<string> => {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const drop = () => void reader.cancel().catch(() => undefined)
  // Not left to fetch alone: it may stop watching the signal once it handed out the headers.
  signal.addEventListener('abort', drop, { once: true })
  const announcedBytes = Number(response.headers.get('content-length') ?? 0)
  const text = announcedBytes > maxReplyBytes ? undefined : await textOf(reader, maxReplyBytes)
  if (text !== undefined) return text
  drop()
  throw tooLong(response.status)
}

/** Undefined as soon as there are more than `maxBytes`. */
const textOf = async (
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<string | undefined> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new TextDecoder().decode(Buffer.concat(chunks))
    bytes += value.byteLength
    if (bytes > maxBytes) return undefined
    chunks.push(value)
  }
}

const timeout = (): LookerError => new LookerError('timeout', 'Looker did not answer in time')

const tooLong = (status: number): LookerError =>
  new LookerError('invalid-reply', `Looker's reply is too long (HTTP ${status})`, { status })

const unreachable = (error: unknown): LookerError => {
  const code = codeOf(error)
  return new LookerError('unreachable', `Looker cannot be reached${code ? ` (${code})` : ''}`)
}

/** The system's own word for what happened (ECONNREFUSED, UND_ERR_SOCKET), which fetch hides in `cause`. */
const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : codeOf(error.cause)
}
