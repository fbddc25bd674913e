// Streams: what the callback gets, and what becomes of the rest.
import { setImmediate } from 'node:timers/promises'
import { LookerSDKError } from '@looker/sdk-rtl'
import { afterEach, expect, it, vi } from 'vitest'
import { failureOf } from '../../lib/sdk/failure.ts'
import { answers, scriptedServer, streamOn, thrownBy, transportOf } from './transport-parts.ts'

let server: Awaited<ReturnType<typeof scriptedServer>>

afterEach(() => server.close())

const before = async (answer: Parameters<typeof scriptedServer>[0]) => {
  server = await scriptedServer(answer)
  return streamOn(server.url, transportOf({ baseUrl: server.url }))
}

/** Sends one piece and no other. */
const onePiece: Parameters<typeof scriptedServer>[0] = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/csv' }).write('a,b\n')
}

const readTwice = (waits: () => void) => async (response: Response) => {
  const reader = response.body?.getReader()
  await reader?.read()
  const second = reader?.read()
  await setImmediate()
  waits()
  await second
}

it('has the status, the headers, the address and the body', async () => {
  const sdk = await before(answers({ headers: { 'x-a': 'b' }, body: 'rows' }))

  const seen = await sdk.authStream(
    async (response) => [
      response.status,
      response.url,
      response.headers.get('x-a'),
      await response.text(),
    ],
    'GET',
    '/a',
    { b: 1 },
    undefined,
    { headers: { 'x-c': 'd' }, agentTag: 'me' },
  )

  expect(seen).toEqual([200, `${server.url}/api/4.0/a?b=1`, 'b', 'rows'])
  expect(server.received[0]?.headers).toMatchObject({ 'x-c': 'd', 'x-looker-appid': 'me' })
})

it('hands no error to the callback', async () => {
  const sdk = await before(
    answers({ status: 503, headers: { 'retry-after': '7' }, body: '{"message":"No"}' }),
  )
  const callback = vi.fn<() => Promise<string>>(async () => 'called')

  const error = await thrownBy(sdk.authStream(callback, 'GET', '/a'))

  expect(error).toBeInstanceOf(LookerSDKError)
  expect(failureOf(error)).toMatchObject({ kind: 'status', status: 503, retryAfterMs: 7_000 })
  expect(callback).not.toHaveBeenCalled()
})

it('ends when a piece takes too long', async () => {
  const sdk = await before(onePiece)

  const waits = vi.fn<() => void>()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

  const call = thrownBy(sdk.authStream(readTwice(waits), 'GET', '/a', {}, null, { timeout: 1 }))
  while (waits.mock.calls.length === 0) await setImmediate()
  vi.advanceTimersByTime(1_000)
  vi.useRealTimers()
  const error = await call

  expect(failureOf(error)).toMatchObject({ kind: 'timeout' })
  await vi.waitFor(() => expect(server.unfinished()).toBe(1), 10_000)
})

it('gives a slow callback its time', async () => {
  const sdk = await before(answers({ body: 'rows' }))
  const clear = vi.spyOn(globalThis, 'clearTimeout')
  const set = vi.spyOn(globalThis, 'setTimeout')

  const running = () => {
    const ours = set.mock.results.filter((_, at) => set.mock.calls[at]?.[1] === 1_234_000)
    const cleared = clear.mock.calls.map(([timer]) => timer)
    return ours.filter(({ value }) => !cleared.includes(value)).length
  }

  const seen = await sdk.authStream(
    async (response) => [running(), await response.text(), running()],
    'GET',
    '/a',
    {},
    null,
    { timeout: 1_234 },
  )

  expect(seen).toEqual([0, 'rows', 0])
  vi.restoreAllMocks()
})

it('ends with the signal while the callback reads', async () => {
  const sdk = await before(onePiece)
  const controller = new AbortController()
  const readError = vi.fn<(error: unknown) => void>()

  const error = await thrownBy(
    sdk.authStream(
      async (response) => {
        const reader = response.body?.getReader()
        await reader?.read()
        controller.abort()
        await reader?.read().catch(readError)
      },
      'GET',
      '/a',
      {},
      null,
      { signal: controller.signal },
    ),
  )

  expect(failureOf(error)).toMatchObject({ kind: 'aborted' })
  await vi.waitFor(() => expect(readError).toHaveBeenCalledOnce(), 10_000)
  expect(failureOf(readError.mock.calls[0]?.[0])).toMatchObject({ kind: 'aborted' })
  expect(String(readError.mock.calls[0]?.[0])).toContain('signal')
})

it("lets the callback's own error through, and the connection go", async () => {
  const sdk = await before(onePiece)
  const own = new Error('disk full')

  const error = await thrownBy(sdk.authStream(() => Promise.reject(own), 'GET', '/a'))

  expect(error).toBe(own)
  await vi.waitFor(() => expect(server.unfinished()).toBe(1), 10_000)
})

it('is no whole answer for whoever reads on after the callback', async () => {
  const sdk = await before(onePiece)

  const response = await sdk.authStream(async (given) => given, 'GET', '/a')
  const error = await thrownBy(response.text())

  expect(failureOf(error)).toMatchObject({ kind: 'aborted' })
})

it('reads nothing ahead of the callback', async () => {
  let pulled = 0
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    pulled += 1
    controller.enqueue(new Uint8Array(1_000_000))
  }
  const source = () => new ReadableStream({ pull }, { highWaterMark: 0 })
  server = await scriptedServer(answers({}))
  const fetch = async () => new Response(source())
  const transport = transportOf({ baseUrl: server.url }, { fetch })

  const seen = await transport.stream(
    async (response) => {
      const reader = response.body?.getReader()
      for (let at = 0; at < 3; at++) await reader?.read()
      await setImmediate()
      return pulled
    },
    'GET',
    '/a',
  )

  expect(seen).toBe(3)
})
