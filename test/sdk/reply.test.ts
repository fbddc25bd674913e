// What a success becomes, what observers see of it, and that nothing is said aloud.
import { afterEach, expect, it, vi } from 'vitest'
import { failureOf } from '../../lib/sdk/failure.ts'
import {
  answers,
  scriptedServer,
  sdkOn,
  streamOn,
  thrownBy,
  token,
  transportOf,
} from './transport-parts.ts'

let server: Awaited<ReturnType<typeof scriptedServer>>

afterEach(() => server.close())

const before = async (answer: Parameters<typeof scriptedServer>[0], options = {}) => {
  server = await scriptedServer(answer)
  const transport = transportOf({ baseUrl: server.url, ...options })
  return { transport, sdk: sdkOn(server.url, transport) }
}

const table = [
  { status: 200, type: 'application/json', body: '{"a":[1]}', value: { a: [1] } },
  { status: 200, type: 'application/json; charset=utf-8', body: '"\u00e9"', value: '\u00e9' },
  { status: 200, type: 'text/csv', body: 'a,b', value: 'a,b' },
  { status: 200, type: 'image/png', body: Buffer.from([137, 80, 0, 255]), value: '\x89P\x00\xff' },
  { status: 204, type: 'application/json', body: '', value: '' },
  { status: 200, type: 'text/plain', body: '', value: '' },
]

it.each(table)('an answer $status of $type is $value', async ({ status, type, body, value }) => {
  const { sdk } = await before(answers({ status, headers: { 'content-type': type }, body }))

  const result = await sdk.get('/a')

  expect(result).toEqual({ ok: true, value })
})

it('sends what the options of a call say before those of the transport', async () => {
  const { sdk } = await before(answers({}), { headers: { 'X-A': 'transport', 'X-B': 'transport' } })

  await sdk.post('/a', { b: 'c d', e: undefined }, { f: 1 }, { headers: { 'x-a': 'call' } })

  expect(server.received).toEqual([
    {
      method: 'POST',
      url: '/api/4.0/a?b=c%20d',
      body: '{"f":1}',
      headers: expect.objectContaining({
        'content-type': 'application/json',
        'x-a': 'call',
        'x-b': 'transport',
        'x-looker-appid': expect.stringMatching(/^TS-SDK /),
      }),
    },
  ])
})

it('sends a form where the content type says so', async () => {
  const { sdk } = await before(answers({}))
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }

  await sdk.post('/a', {}, { b: 'c d', e: 1, f: null }, { headers })

  expect(server.received[0]?.body).toBe('b=c+d&e=1')
})

it('shows observers the answer and no token, and takes what they make of it', async () => {
  const { transport, sdk } = await before(answers({ headers: { 'X-A': 'b' } }))
  const seen = vi.fn<(raw: unknown) => void>()
  transport.observer = (raw) => {
    seen(raw)
    return { ...raw, body: '{"from":"observer"}' }
  }

  const result = await sdk.me()

  expect(result).toEqual({ ok: true, value: { from: 'observer' } })
  expect(seen.mock.calls[0]?.[0]).toMatchObject({ statusCode: 200, headers: { 'x-a': 'b' } })
  expect(JSON.stringify(seen.mock.calls)).not.toContain(token)
})

it('does not throw when an observer does', async () => {
  const { transport, sdk } = await before(answers({}))
  transport.observer = () => {
    throw new Error('mine')
  }

  const result = await sdk.me()

  expect(result).toEqual({ ok: false, error: { type: 'sdk_error', message: 'mine' } })
})

const aloud = () => {
  const levels = ['debug', 'log', 'info', 'warn', 'error', 'trace'] as const
  const spies = [
    ...levels.map((level) => vi.spyOn(console, level).mockReturnValue()),
    vi.spyOn(process.stdout, 'write').mockReturnValue(true),
    vi.spyOn(process.stderr, 'write').mockReturnValue(true),
  ]
  return () => {
    const said = spies.flatMap((spy) => spy.mock.calls)
    vi.restoreAllMocks()
    return said
  }
}

it('says nothing aloud', async () => {
  const { transport, sdk } = await before(answers({}, { status: 401 }, { body: '{' }, {}))
  const said = aloud()

  for (let at = 0; at < 3; at++) await sdk.me()
  await streamOn(server.url, transport).authStream((response) => response.text(), 'GET', '/a')
  await thrownBy(sdk.ok(sdk.me(undefined, { signal: AbortSignal.abort() })))

  expect(said()).toEqual([])
})

it('says nothing aloud of a try, a lost connection and an end in time', async () => {
  let calls = 0
  const headers = { 'retry-after': '0' }
  const { sdk } = await before((request, response) => {
    calls += 1
    if (calls === 1) answers({ status: 429, headers })(request, response)
    if (calls === 2) answers({})(request, response)
    if (calls === 3) response.destroy()
  })
  const said = aloud()

  const retried = await sdk.me(undefined, { maxTries: 2 })
  const lost = await thrownBy(sdk.ok(sdk.me()))
  const late = await thrownBy(sdk.ok(sdk.me(undefined, { timeout: 0.02 })))

  expect(said()).toEqual([])
  expect(retried).toMatchObject({ ok: true })
  expect(failureOf(lost)).toMatchObject({ kind: 'unreachable' })
  expect(failureOf(late)).toMatchObject({ kind: 'timeout' })
})

it.each(['http://looker.example', 'https://a.example/b', 'https://a:b@c.example'])(
  'is not made for %s',
  (baseUrl) => {
    const make = () => transportOf({ baseUrl })

    expect(make).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  },
)

it('is not made without a check of certificates', () => {
  const options = { baseUrl: 'https://a.example', verify_ssl: false }

  const make = () => transportOf(options)

  expect(make).toThrow(/NODE_EXTRA_CA_CERTS/)
})
