// A request as the gateway sees it: method, path, headers in the form that Lambda events use.
import type { IncomingMessage } from 'node:http'

export type GatewayRequest = {
  readonly method: string
  /** As sent: percent-encoded, without the query. */
  readonly path: string
  /** Without the question mark; empty when there is none. */
  readonly query: string
  /** Lower-case names; duplicates joined with a comma. Cookies are not among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
  readonly body: Uint8Array
  readonly sourceIp: string
  /** For example `HTTP/1.1`. */
  readonly protocol: string
}

export const toGatewayRequest = (incoming: IncomingMessage, body: Uint8Array): GatewayRequest => {
  const [path = '/', ...query] = (incoming.url ?? '/').split('?')
  const { cookie, ...headers } = joinedHeaders(incoming.rawHeaders)
  return {
    method: incoming.method ?? 'GET',
    path,
    query: query.join('?'),
    headers,
    cookies: cookie === undefined ? [] : cookie.split(/[;,]\s*/).filter((text) => text !== ''),
    body,
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
    protocol: `HTTP/${incoming.httpVersion}`,
  }
}

const maxBodyBytes = 10 * 1024 * 1024

/** Undefined when the body is longer than HTTP APIs take (10 MB). */
export const readBody = async (incoming: IncomingMessage): Promise<Uint8Array | undefined> => {
  const chunks: Uint8Array[] = []
  let size = 0
  // Read to the end in any case: an answer in the middle of a request is lost with the connection.
  for await (const chunk of incoming) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('the stream is not one of bytes')
    size += chunk.byteLength
    if (size <= maxBodyBytes) chunks.push(chunk)
  }
  return size <= maxBodyBytes ? Buffer.concat(chunks) : undefined
}

// Node keeps only the first of some duplicated headers; the raw list has them all.
const joinedHeaders = (raw: readonly string[]): Record<string, string> => {
  const joined = new Map<string, string>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const value = raw[index + 1] ?? ''
    const before = joined.get(name)
    joined.set(name, before === undefined ? value : `${before},${value}`)
  }
  return Object.fromEntries(joined)
}
