import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CorsRules } from '../../../local/serverless-config.ts'
import { jwt, type Received, route, send, startGateway } from './service.ts'

const rules: CorsRules = {
  origins: ['https://app.example.com', 'https://other.example.com'],
  headers: ['Authorization', 'Content-Type'],
  methods: ['GET', 'PUT'],
  exposed: ['Retry-After'],
  credentials: true,
  maxAgeSeconds: 600,
}

const foreign = [
  'null',
  'https://app.example.com.evil.example',
  'https://evil-app.example.com',
  'https://sub.app.example.com',
  'https://app.example.com:8443',
  'http://app.example.com',
  'https://APP.example.com',
  'https://app.example.com/',
  'https://app.example.co',
  'https://evil.example, https://app.example.com',
]

const corsHeadersOf = ({ headers }: Received) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))

let calls = 0

const page = (): unknown => {
  calls += 1
  return {
    statusCode: 200,
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'PATCH',
      'X-Own': 'kept',
    },
    body: 'ok',
  }
}

describe('CORS of the gateway', () => {
  let started: Awaited<ReturnType<typeof startGateway>>

  beforeAll(async () => {
    const routes = [route('GET /page', 'page'), route('PUT /closed', 'page', jwt())]
    started = await startGateway({ page }, { routes, cors: rules })
  })

  afterAll(() => started.close())

  const preflight = (origin: string, path = '/closed') =>
    send(started.address, {
      method: 'OPTIONS',
      path,
      headers: { origin, 'access-control-request-method': 'PUT' },
    })

  test('a preflight from a listed origin is told the configuration, without a token or a call', async () => {
    const before = calls

    const reply = await preflight('https://app.example.com')

    expect(reply.status).toBe(204)
    expect(corsHeadersOf(reply)).toEqual({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-max-age': '600',
    })
    expect(calls).toBe(before)
  })

  test.each(foreign)('a preflight from %s is told nothing', async (origin) => {
    const reply = await preflight(origin)

    expect(reply.status).toBe(204)
    expect(corsHeadersOf(reply)).toEqual({})
  })

  test('an answer to a listed origin has the CORS headers of the gateway, not of the function', async () => {
    const reply = await send(started.address, {
      path: '/page',
      headers: { origin: 'https://other.example.com' },
    })

    expect(reply.text).toBe('ok')
    expect(reply.headers['x-own']).toBe('kept')
    expect(corsHeadersOf(reply)).toEqual({
      'access-control-allow-origin': 'https://other.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Retry-After',
    })
  })

  test.each(foreign)('an answer to %s has no CORS headers', async (origin) => {
    const reply = await send(started.address, { path: '/page', headers: { origin } })

    expect(reply.text).toBe('ok')
    expect(corsHeadersOf(reply)).toEqual({})
  })

  test('an answer to a request without an origin has no CORS headers', async () => {
    const reply = await send(started.address, { path: '/page' })

    expect(reply.text).toBe('ok')
    expect(corsHeadersOf(reply)).toEqual({})
  })

  test('what the gateway itself answers has no CORS headers', async () => {
    const headers = { origin: 'https://app.example.com' }

    const refused = await send(started.address, { method: 'PUT', path: '/closed', headers })
    const unknown = await send(started.address, { path: '/nowhere', headers })

    expect([refused.status, unknown.status]).toEqual([401, 404])
    expect([corsHeadersOf(refused), corsHeadersOf(unknown)]).toEqual([{}, {}])
  })
})

describe('CORS rules', () => {
  test('a wildcard together with credentials stops the start', async () => {
    const started = startGateway({}, { routes: [], cors: { ...rules, origins: ['*'] } })

    await expect(started).rejects.toThrow('wildcard')
  })

  test('a wildcard without credentials is answered as such', async () => {
    const cors = { ...rules, origins: ['*'], credentials: false }
    const started = await startGateway(
      { page: () => 1 },
      { routes: [route('GET /page', 'page')], cors },
    )

    const reply = await send(started.address, {
      path: '/page',
      headers: { origin: 'https://any.example' },
    })
    await started.close()

    expect(corsHeadersOf(reply)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Retry-After',
    })
  })

  test('without rules the headers of the function stand and OPTIONS is not found', async () => {
    const started = await startGateway({ page }, { routes: [route('GET /page', 'page')] })

    const reply = await send(started.address, {
      path: '/page',
      headers: { origin: 'https://a.example' },
    })
    const options = await send(started.address, { method: 'OPTIONS', path: '/page' })
    await started.close()

    expect(corsHeadersOf(reply)).toEqual({
      'access-control-allow-methods': 'PATCH',
      'access-control-allow-origin': '*',
    })
    expect(options.status).toBe(404)
  })
})
