// What each fault looks like on the wire.
import { setTimeout as wait } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { htmlNotFound, lookerError } from './answers.ts'
import type { Fault } from './faults.ts'

/** The sockets of a real server; absent when the simulator is called in process. */
export type Bindings = Partial<HttpBindings> | undefined

/** An answer in place of the operation; undefined if the operation is to be done. */
export const answerInstead = (
  fault: Fault | undefined,
  bindings: Bindings,
): Response | Promise<Response> | undefined => {
  switch (fault?.kind) {
    case 'status':
      return statusOf(fault)
    case 'html404':
      return htmlNotFound()
    case 'redirect':
      return new Response(null, { status: 302, headers: { location: fault.location ?? '/login' } })
    case 'hang':
      return new Promise(() => {})
    case 'reset':
      return reset(bindings)
    default:
      return undefined
  }
}

/** The answer of an operation that was done, as it arrives. */
export const spoil = async (
  fault: Fault | undefined,
  answer: Response,
  bindings: Bindings,
): Promise<Response> => {
  switch (fault?.kind) {
    case 'drip':
      return withBody(answer, dripOf(await answer.text(), fault.ms ?? 50))
    case 'half-body':
      return sendHalf(answer, await answer.text(), bindings)
    case 'empty-body':
      return withBody(answer, '')
    case 'malformed-json':
      return withBody(answer, (await answer.text()).slice(0, -1))
    case 'oversize-body':
      return oversizeOf(answer, await answer.text(), fault)
    case 'wrong-workspace':
      return withBody(answer, otherWorkspaceOf(await answer.text()))
    default:
      return answer
  }
}

const statusOf = ({ status, headers, body }: Fault & { kind: 'status' }): Response => {
  if (status === 204 || status === 205 || status === 304) return new Response(null, { status })
  const text = body ?? lookerError(status, `Simulated ${status}`).body
  const json = { 'content-type': 'application/json;charset=utf-8' }
  return new Response(text, { status, headers: { ...json, ...headers } })
}

const reset = (bindings: Bindings): Response => {
  if (bindings?.incoming === undefined) throw new TypeError('fetch failed')
  bindings.incoming.socket.resetAndDestroy()
  return RESPONSE_ALREADY_SENT
}

const withBody = (
  answer: Response,
  body: string | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {},
): Response => {
  const type = { 'content-type': answer.headers.get('content-type') ?? 'application/json' }
  // A 204 has no body to spoil; one that comes with a body is a 200.
  const status = answer.status === 204 ? 200 : answer.status
  return new Response(body, { status, headers: { ...type, ...headers } })
}

const dripOf = (text: string, ms: number): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder().encode(text)
  let sent = 0
  return new ReadableStream({
    pull: async (controller) => {
      await wait(ms)
      if (sent < bytes.length) controller.enqueue(bytes.subarray(sent, ++sent))
      else controller.close()
    },
  })
}

const sendHalf = async (answer: Response, text: string, bindings: Bindings): Promise<Response> => {
  const half = text.slice(0, text.length / 2)
  if (bindings?.outgoing === undefined) return withBody(answer, brokenAfter(half))
  const { outgoing } = bindings
  outgoing.writeHead(answer.status, {
    'content-type': answer.headers.get('content-type') ?? 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  outgoing.write(half)
  await wait(10)
  outgoing.socket?.resetAndDestroy()
  return RESPONSE_ALREADY_SENT
}

const brokenAfter = (text: string): ReadableStream<Uint8Array> => {
  const pieces = [new TextEncoder().encode(text)]
  return new ReadableStream({
    pull: (controller) => {
      const piece = pieces.shift()
      if (piece === undefined) controller.error(new TypeError('terminated'))
      else controller.enqueue(piece)
    },
  })
}

const oversizeOf = (
  answer: Response,
  text: string,
  { bytes = 1_048_576, declared = false }: Fault & { kind: 'oversize-body' },
): Response => {
  const padded = text.padEnd(bytes, ' ')
  if (declared) return withBody(answer, padded, { 'content-length': String(padded.length) })
  return withBody(answer, new Blob([padded]).stream())
}

const otherWorkspaceOf = (text: string): string =>
  text.replace(/"workspace_id":"(\w+)"/, (_, workspace: string) =>
    JSON.stringify({ workspace_id: workspace === 'dev' ? 'production' : 'dev' }).slice(1, -1),
  )
