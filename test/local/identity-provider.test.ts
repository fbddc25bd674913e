import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { createJwtAuthorizer } from '../../local/gateway/jwt-authorizer.ts'
import type { GatewayRequest } from '../../local/gateway/request.ts'
import {
  createIdentityProvider,
  type IdentityProvider,
} from '../../local/identity-provider/identity-provider.ts'

const issuer = 'https://localhost:4014'
const audience = 'looker-embed'
const startMs = 1_790_000_000_000

let nowMs = startMs
let provider: IdentityProvider

beforeEach(async () => {
  nowMs = startMs
  provider = await createIdentityProvider({ issuer, audience, now: () => nowMs })
})

const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  provider.app.request(`${issuer}${path}`, {
    method: 'POST',
    headers: { origin: issuer, ...headers },
    body: JSON.stringify(body),
  })

const signIn = async (sub: string): Promise<string> => {
  const answer = await post('/sign-in', { sub })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

const requestWith = (token: string): GatewayRequest => ({
  method: 'GET',
  path: '/',
  query: '',
  headers: { authorization: `Bearer ${token}` },
  cookies: [],
  body: new Uint8Array(),
  sourceIp: '127.0.0.1',
  protocol: 'HTTP/1.1',
})

const tokenOf = async (cookie: string): Promise<string> => {
  const answer: unknown = await (await post('/token', {}, { cookie })).json()
  return String(Object(answer).token)
}

describe('a token of the local identity provider', () => {
  it('verifies by the published keys and says who signed in, when, and for how long', async () => {
    const cookie = await signIn('ada')
    nowMs += 60_000

    const jwks = await (await provider.app.request('/.well-known/jwks.json')).json()
    expect(jwks).toEqual(provider.jwks)
    const { payload } = await jwtVerify(await tokenOf(cookie), createLocalJWKSet(provider.jwks), {
      issuer,
      audience,
      currentDate: new Date(nowMs),
    })

    expect(payload).toMatchObject({
      sub: 'ada',
      given_name: 'Ada',
      role: 'analyst',
      region: 'EMEA',
      iat: nowMs / 1000,
      exp: nowMs / 1000 + 300,
      auth_time: startMs / 1000,
      sid: expect.any(String),
    })
  })

  it('passes the JWT authorizer of the gateway until it ends, and no other audience', async () => {
    const token = await tokenOf(await signIn('grace'))
    const authorize = createJwtAuthorizer({
      keys: { [issuer]: provider.jwks },
      now: () => nowMs,
    })
    const request = requestWith(token)
    const rules = { kind: 'jwt', issuer, audience: [audience], scopes: [] } as const

    expect(await authorize(rules, request)).toMatchObject({
      kind: 'allowed',
      authorizer: { jwt: { claims: { sub: 'grace' } } },
    })
    expect(await authorize({ ...rules, audience: ['another'] }, request)).toMatchObject({
      status: 401,
    })
    nowMs += 301_000
    expect(await authorize(rules, request)).toMatchObject({ status: 401 })
  })

  it('says the new role after a change, and a new time and session after a new sign-in', async () => {
    const cookie = await signIn('ada')
    const before = decodeJwt(await tokenOf(cookie))
    await post('/role', { role: 'viewer' }, { cookie })
    nowMs += 5_000

    const changed = decodeJwt(await tokenOf(cookie))
    const again = decodeJwt(await tokenOf(await signIn('ada')))

    expect([before['role'], changed['role']]).toEqual(['analyst', 'viewer'])
    expect(changed).toMatchObject({ auth_time: before['auth_time'], sid: before['sid'] })
    expect(again['auth_time']).toBe(nowMs / 1000)
    expect(again['sid']).not.toBe(before['sid'])
  })

  it('publishes no private part of its key', () => {
    expect(Object.keys(provider.jwks.keys[0] ?? {}).toSorted()).toEqual(
      ['alg', 'e', 'kid', 'kty', 'n', 'use'].toSorted(),
    )
  })
})

describe('the session of the local identity provider', () => {
  it('is in a cookie that only this origin gets and no script reads', async () => {
    const cookie = (await post('/sign-in', { sub: 'ada' })).headers.get('set-cookie')

    expect(cookie).toMatch(/^__Host-demo-session=/)
    expect(cookie?.split('; ').slice(1).toSorted()).toEqual([
      'HttpOnly',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ])
  })

  it.each(['/sign-in', '/token', '/role', '/sign-out'])(
    'is nothing to the pages of another origin: %s',
    async (path) => {
      const cookie = await signIn('ada')
      const body = { sub: 'ada', role: 'viewer' }

      const foreign = await post(path, body, { cookie, origin: 'https://evil.example' })
      const nameless = await post(path, body, { cookie, origin: '' })

      expect([foreign.status, nameless.status]).toEqual([403, 403])
      expect(foreign.headers.get('set-cookie')).toBeNull()
    },
  )

  it('gives no token without one, or after its end, or after another person signed in', async () => {
    const first = await signIn('ada')
    await post('/sign-in', { sub: 'grace' }, { cookie: first })
    const second = await signIn('ada')
    await post('/sign-out', {}, { cookie: second })

    const statuses = []
    for (const cookie of ['', first, second]) {
      statuses.push((await post('/token', {}, { cookie })).status)
    }

    expect(statuses).toEqual([401, 401, 401])
  })

  it.each([{ sub: 'nobody' }, { sub: 7 }, {}])('is not started for %j', async (body) => {
    expect((await post('/sign-in', body)).status).toBe(400)
  })

  it('takes no role that the tenant file does not have', async () => {
    const cookie = await signIn('ada')

    expect((await post('/role', { role: 'admin' }, { cookie })).status).toBe(400)
    expect(decodeJwt(await tokenOf(cookie))['role']).toBe('analyst')
  })
})
