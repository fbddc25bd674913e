// The time and the signal of a call, wherever it is when they end it.
import { setImmediate } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'
import type { IUser } from '@looker/sdk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { failureOf } from '../../lib/sdk/failure.ts'
import {
  countedSignal,
  scriptedServer,
  sdkOn,
  streamOn,
  thrownBy,
  transportOf,
} from './transport-parts.ts'

let server: Awaited<ReturnType<typeof scriptedServer>>
let mode: keyof typeof modes
const unhandled: unknown[] = []
const remember = (error: unknown) => void unhandled.push(error)

const json = { 'content-type': 'application/json' }
const modes = {
  'never answers': () => {},
  'never ends the head': (response: ServerResponse) =>
    void response.socket?.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'),
  'never ends the body': (response: ServerResponse) => {
    response.writeHead(200, json).write('{')
    const drip = setInterval(() => response.write(' '), 5)
    response.on('close', () => clearInterval(drip))
  },
}

beforeEach(async () => {
  unhandled.length = 0
  process.on('unhandledRejection', remember)
  server = await scriptedServer((_request, response) => modes[mode](response))
})

afterEach(async () => {
  await server.close()
  await setImmediate()
  process.off('unhandledRejection', remember)
  if (unhandled.length > 0) throw new Error('A rejection was not handled')
})

/** A second is over, once the call arrived. */
const overAfterArrival = async (
  call: () => Promise<unknown>,
  arrived = () => server.received.length > 0,
): Promise<unknown> => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const outcome = thrownBy(call())
  while (!arrived()) await setImmediate()
  vi.advanceTimersByTime(1_000)
  vi.useRealTimers()
  return outcome
}

const names = ['never answers', 'never ends the head', 'never ends the body'] as const

describe.each(names)('a Looker that %s', (name) => {
  beforeEach(() => {
    mode = name
  })

  it('is waited for until the time is over, and its connection closed', async () => {
    let heads = 0
    const counting: typeof fetch = async (...given) => {
      const response = await fetch(...given)
      heads += 1
      return response
    }
    const sdk = sdkOn(server.url, transportOf({ baseUrl: server.url }, { fetch: counting }))
    const arrived = () => (name === 'never ends the body' ? heads : server.received.length) > 0

    const error = await overAfterArrival(() => sdk.ok(sdk.me(undefined, { timeout: 1 })), arrived)

    const status = name === 'never ends the body' ? 200 : undefined
    expect(failureOf(error)).toMatchObject({ kind: 'timeout', method: 'GET', status })
    await vi.waitFor(() => expect(server.unfinished()).toBe(1), 10_000)
  })

  it('is given up at once with the signal, which keeps no listener', async () => {
    const sdk = sdkOn(server.url, transportOf({ baseUrl: server.url }))
    const { signal, abort, listeners } = countedSignal()

    const call = thrownBy(sdk.ok(sdk.me(undefined, { signal })))
    await vi.waitFor(() => expect(server.received).toHaveLength(1), 10_000)
    abort()
    const error = await call

    expect(failureOf(error)).toMatchObject({ kind: 'aborted' })
    expect(listeners()).toBe(0)
    await vi.waitFor(() => expect(server.unfinished()).toBe(1), 10_000)
  })
})

it.each(['never answers', 'never ends the head'] as const)(
  'a stream of a Looker that %s ends in time',
  async (name) => {
    mode = name
    const sdk = streamOn(server.url, transportOf({ baseUrl: server.url }))
    const callback = vi.fn<() => Promise<IUser>>(async () => ({}))

    const error = await overAfterArrival(() => sdk.me(callback, undefined, { timeout: 1 }))

    expect(failureOf(error)).toMatchObject({ kind: 'timeout' })
    expect(callback).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(server.unfinished()).toBe(1), 10_000)
  },
)

it('frees the caller though fetch ignores the signal', async () => {
  const transport = transportOf({ baseUrl: server.url }, { fetch: () => new Promise(() => {}) })

  const result = await transport.request('GET', '/a', {}, null, undefined, { timeout: 0.05 })

  expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({ kind: 'timeout' })
})

it('drops an answer that comes when nobody waits any more', async () => {
  const cancelled = vi.fn<() => void>()
  let answer: ((response: Response) => void) | undefined
  const late = new Promise<Response>((resolve) => {
    answer = resolve
  })
  const transport = transportOf({ baseUrl: server.url }, { fetch: () => late })

  await transport.request('GET', '/a', {}, null, undefined, { timeout: 0.02 })
  answer?.(new Response(new ReadableStream({ cancel: cancelled })))

  await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce(), 10_000)
})

it('ends while the token is waited for', async () => {
  const sdk = sdkOn(server.url, transportOf({ baseUrl: server.url }), () => new Promise(() => {}))

  const error = await thrownBy(sdk.ok(sdk.me(undefined, { timeout: 0.05 })))

  expect(failureOf(error)).toMatchObject({ kind: 'timeout' })
  expect(server.received).toEqual([])
})

it('asks for no token when the signal was aborted before', async () => {
  const ask = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('not asked')))
  const sdk = sdkOn(server.url, transportOf({ baseUrl: server.url }), ask)

  const error = await thrownBy(sdk.ok(sdk.me(undefined, { signal: AbortSignal.abort() })))

  expect(failureOf(error)).toMatchObject({ kind: 'aborted' })
  expect(ask).not.toHaveBeenCalled()
})

it('leaves no timer and no listener behind a success', async () => {
  modes['never answers'] = (response?: ServerResponse) =>
    void response?.writeHead(200, json).end('{}')
  mode = 'never answers'
  const { signal, listeners } = countedSignal()
  const [set, clear] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')]
  const sdk = sdkOn(server.url, transportOf({ baseUrl: server.url }))

  await sdk.ok(sdk.me(undefined, { signal, timeout: 1_234 }))

  const ours = set.mock.results.filter((_, at) => set.mock.calls[at]?.[1] === 1_234_000)
  expect(ours).toHaveLength(1)
  expect(clear.mock.calls.map(([timer]) => timer)).toContain(ours[0]?.value)
  expect(listeners()).toBe(0)
  vi.restoreAllMocks()
  modes['never answers'] = () => {}
})
