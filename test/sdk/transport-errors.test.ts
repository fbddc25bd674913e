// What becomes of errors: Looker's own, those of the way to it, and those of tokens.
import { LookerSDKError, sdkOk } from '@looker/sdk-rtl'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { failureOf } from '../../lib/sdk/failure.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import { answers, scriptedServer, sdkOn, thrownBy, token, transportOf } from './transport-parts.ts'

let server: Awaited<ReturnType<typeof scriptedServer>> | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

const before = async (answer: Parameters<typeof scriptedServer>[0]) => {
  server = await scriptedServer(answer)
  const transport = transportOf({ baseUrl: server.url }, { clock: standing })
  return { server, transport, sdk: sdkOn(server.url, transport) }
}

const standing = { now: () => 1_700_000_000_000, monotonic: () => 0, sleep: async () => {} }

const statuses = [400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504]
const waits = [
  { header: '7', retryAfterMs: 7_000 },
  { header: 'Tue, 14 Nov 2023 22:13:30 GMT', retryAfterMs: 10_000 },
  { header: undefined, retryAfterMs: undefined },
  { header: 'soon', retryAfterMs: undefined },
  { header: '99999999999', retryAfterMs: 3_600_000 },
]
const table = statuses.flatMap((status) => waits.map((wait) => ({ status, ...wait })))

it.each(table)('a $status with Retry-After $header is told', async ({ status, ...wait }) => {
  const headers: Record<string, string> = wait.header ? { 'retry-after': wait.header } : {}
  const { sdk } = await before(answers({ status, headers, body: '{"message":"No"}' }))

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(error).toBeInstanceOf(LookerSDKError)
  expect(error).toMatchObject({ message: 'No' })
  expect(failureOf(error)).toEqual({
    kind: 'status',
    method: 'GET',
    path: '/api/4.0/user',
    status,
    retryAfterMs: wait.retryAfterMs,
    token: undefined,
  })
})

it("keeps Looker's own list of errors, and shortens what is too long", async () => {
  const errors = [{ field: 'a', code: 'b', message: 'c'.repeat(9_000), documentation_url: 'd' }]
  const said = { message: 'm'.repeat(9_000), errors, documentation_url: 'https://looker.example/d' }
  const { sdk } = await before(answers({ status: 422, body: JSON.stringify(said) }))

  const result = await sdk.me()

  expect(result).toEqual({
    ok: false,
    error: {
      message: 'm'.repeat(2_000),
      errors: [{ field: 'a', code: 'b', message: 'c'.repeat(500), documentation_url: 'd' }],
      documentation_url: 'https://looker.example/d',
    },
  })
  expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({ status: 422 })
})

it("keeps the first 50 of Looker's list of errors", async () => {
  const errors = Array.from({ length: 60 }, (_, at) => ({ code: at }))
  const { sdk } = await before(
    answers({ status: 422, body: `{"message":"No","errors":${JSON.stringify(errors)}}` }),
  )

  const result = await sdk.me()

  expect(result).toMatchObject({ ok: false, error: { errors: errors.slice(0, 50) } })
})

it('reads no error to an end that never comes, and lets its connection go', async () => {
  const { sdk, server: first } = await before((_request, response) => {
    response.writeHead(500, { 'content-type': 'application/json' }).write('x'.repeat(300_000))
  })

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(failureOf(error)).toMatchObject({ kind: 'status', status: 500 })
  await vi.waitFor(() => expect(first.unfinished()).toBe(1), 10_000)
})

it('takes an HTML page for what it is', async () => {
  const headers = { 'content-type': 'text/html' }
  const { sdk } = await before(answers({ status: 404, headers, body: '<p>No</p>' }))

  const error = await thrownBy(sdkOk(sdk.me()))

  expect(String(error)).toMatch(/a page .*\(HTTP 404\): is baseUrl/i)
})

it('does not follow a redirect', async () => {
  const { sdk, server: first } = await before(answers({ status: 302, headers: { location: '/x' } }))

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(failureOf(error)).toMatchObject({ kind: 'status', status: 302 })
  expect(String(error)).toMatch(/redirect \(HTTP 302\).* baseUrl/)
  expect(first.received).toHaveLength(1)
})

it('shows no token, though an error page does', async () => {
  const { sdk } = await before((request, response) => {
    const message = `Not known: ${request.headers.authorization}`
    response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
  })

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(String(error)).toContain('Not known: Bearer [secret]')
  expect(JSON.stringify(error)).not.toContain(token)
})

it.each(['{"id":', ''])('a success of %j is an invalid answer', async (body) => {
  const { sdk } = await before(answers({ body }))

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(failureOf(error)).toMatchObject({ kind: 'invalid-answer', status: 200 })
})

it('a success that cannot be unpacked is an invalid answer', async () => {
  const headers = { 'content-encoding': 'gzip' }
  const { sdk } = await before(answers({ headers, body: 'no gzip' }))

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(failureOf(error)).toMatchObject({ kind: 'invalid-answer', status: 200 })
})

it('says with the word of the system why nobody is reached', async () => {
  const { server: first } = await before(answers({}))
  await first.close()
  const sdk = sdkOn(first.url, transportOf({ baseUrl: first.url }))

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(failureOf(error)).toMatchObject({ kind: 'unreachable', path: '/api/4.0/user' })
  expect(String(error)).toContain('(ECONNREFUSED)')
})

it('tells a body that breaks off, with the status it had', async () => {
  const { sdk } = await before((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{', () => response.destroy())
  })

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(failureOf(error)).toMatchObject({ kind: 'unreachable', status: 200 })
})

it('hands on why there is no token', async () => {
  const { server: first, transport } = await before(answers({}))
  const forbidden = new TokenError('forbidden', 'Not for you', { retryAfterMs: 3_000 })
  const sdk = sdkOn(first.url, transport, () => Promise.reject(forbidden))

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(error).toMatchObject({ message: 'Not for you' })
  expect(failureOf(error)).toMatchObject({ kind: 'no-token', retryAfterMs: 3_000 })
  expect(failureOf(error)?.token).toBe(forbidden)
  expect(first.received).toEqual([])
})

describe('what cannot be sent', () => {
  const secret = 'sees-nobody'
  const cases = {
    'a header with a line break': { headers: { 'x-a': `a\r\n${secret}: b` } },
    'a header that is none': { headers: { [`x ${secret}`]: 'b' } },
    'a switched off check of certificates': { verify_ssl: false },
  }

  it.each(Object.entries(cases))('%s is an invalid request', async (_name, options) => {
    const { sdk, server: first } = await before(answers({}))

    const error = await thrownBy(sdk.ok(sdk.me(undefined, options)))

    expect(failureOf(error)).toMatchObject({ kind: 'invalid-request' })
    expect(JSON.stringify(error)).not.toContain(secret)
    expect(first.received).toEqual([])
  })

  const dotted = ['/a/../b', '/a/%2E%2e', '/./a', '/a\\..\\b']
  // `URL` drops the blanks first.
  const dottedToUrl = ['/a/.. ', '/a/.\t./b', '/a/%2\ne\r/b', '/a/..\u0001']

  it.each([...dotted, ...dottedToUrl])('a path as %j is one', async (path) => {
    const { sdk, server: first } = await before(answers({}))

    const result = await sdk.get(path)

    expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({
      kind: 'invalid-request',
    })
    expect(first.received).toEqual([])
  })

  it('a body that is no JSON is one', async () => {
    const { sdk } = await before(answers({}))

    const result = await sdk.post('/a', undefined, { n: 1n })

    expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({
      kind: 'invalid-request',
    })
  })
})

describe('another origin', () => {
  it('gets no token by a path', async () => {
    const { server: first, transport } = await before(answers({}))
    const ask = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('not asked')))

    const result = await transport.request('GET', 'https://evil.example/api', {}, null, ask)

    expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({
      kind: 'no-token',
      token: { code: 'invalid-options' },
    })
    expect(ask).not.toHaveBeenCalled()
    expect(first.received).toEqual([])
  })

  it('gets no token by an option', async () => {
    const { transport } = await before(answers({}))
    const ask = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('not asked')))
    const options = { base_url: 'http://127.0.0.1:1' }

    const result = await transport.request('GET', '/api/4.0/user', {}, null, ask, options)

    expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({ kind: 'no-token' })
    expect(ask).not.toHaveBeenCalled()
  })

  it('gets no token by a session', async () => {
    const { transport } = await before(answers({}))
    const other = await scriptedServer(answers({}))
    const ask = async (props: object) => ({ ...props, url: `${other.url}/x` })

    const result = await transport.request('GET', '/api/4.0/user', {}, null, ask)

    expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({ kind: 'no-token' })
    expect(other.received).toEqual([])
    await other.close()
  })
})

it('leaves no token in the path of a failure', async () => {
  const { sdk } = await before(answers({ status: 404 }))

  const error = await thrownBy(sdk.ok(sdk.get(`/embed/${'t'.repeat(300)}`)))

  expect(failureOf(error)?.path).toBe('/api/4.0/embed/tttttttt...')
})
