// The simulated routes under /api/4.0/queries.
import { Hono } from 'hono'
import { lookerError, lookerValidationErrors, notFound, unauthorized } from '../answers.ts'
import { callerOf, operation } from '../call.ts'
import type { SimulatorState } from '../state.ts'
import { isKnown, parseQuery, type Query } from './query.ts'
import { csv, json, txt, type Writer } from './rows.ts'

export const createQueryApi = (state: SimulatorState): Hono => {
  const api = new Hono()

  api.post('/run/:format', operation(state, 'run_inline_query'), async (context) => {
    if (callerOf(state, context) === undefined) return unauthorized()
    const query = parseQuery(await context.req.text(), context.req.query('limit'))
    if (!('model' in query)) return lookerValidationErrors(query)
    if (!isKnown(query)) return notFound()
    return resultOf(query, context.req.param('format'))
  })

  return api
}

const writers: ReadonlyMap<string, { readonly type: string; readonly write: Writer }> = new Map([
  ['json', { type: 'application/json;charset=utf-8', write: json }],
  ['csv', { type: 'text/csv;charset=utf-8', write: csv }],
  ['txt', { type: 'text/plain;charset=utf-8', write: txt }],
])

const resultOf = (query: Query, format: string): Response => {
  const file = files.get(format)
  if (file) return new Response(file.bytes, { headers: { 'content-type': file.type } })
  const writer = writers.get(format)
  if (!writer) return lookerError(400, 'Unsupported result format')
  return new Response(streamOf(writer.write(query)), { headers: { 'content-type': writer.type } })
}

/** At the reader's pace. */
const streamOf = (text: Iterable<string>): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  const pieces = text[Symbol.iterator]()
  return new ReadableStream(
    {
      pull: (controller) => {
        const { done, value } = pieces.next()
        if (done === true) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
    },
    { highWaterMark: 0 },
  )
}

/** Their first bytes are real; the rest is every byte there is, so that one that is changed on the way shows. */
const everyByteAfter = (...first: readonly number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([...first, ...Array.from({ length: 256 }, (_, byte) => byte)])

const files: ReadonlyMap<
  string,
  { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }
> = new Map([
  [
    'png',
    {
      type: 'image/png',
      bytes: everyByteAfter(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    },
  ],
  [
    'xlsx',
    {
      type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      bytes: everyByteAfter(0x50, 0x4b, 0x03, 0x04),
    },
  ],
])
