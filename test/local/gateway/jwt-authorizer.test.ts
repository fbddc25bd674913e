import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LambdaHandler } from '../../../local/gateway/function-runner.ts'
import { createGateway } from '../../../local/gateway/gateway.ts'
import {
  issuer,
  jwt,
  route,
  send,
  signer,
  signToken,
  startedAtMs,
  startGateway,
  stoppedClock,
  tellAuthorizer,
} from './service.ts'

const now = Math.floor(startedAtMs / 1000)

let calls = 0

const echo: LambdaHandler = (event, context) => {
  calls += 1
  return tellAuthorizer(event, context)
}

describe('a route with a JWT authorizer', () => {
  let started: Awaited<ReturnType<typeof startGateway>>

  beforeAll(async () => {
    const routes = [
      route('GET /page', 'echo', jwt()),
      route('GET /admin', 'echo', jwt(['sessions', 'all'])),
    ]
    started = await startGateway({ echo }, { routes })
  })

  afterAll(() => started.close())

  const get = (token: string, path = '/page') =>
    send(started.address, { path, headers: { authorization: `Bearer ${token}` } })

  const outcomeOf = async (token: string) => {
    const before = calls
    const { status, text, headers } = await get(token)
    const challenge = String(headers['www-authenticate']).split(' error_description')[0]
    return { status, text, challenge, calls: calls - before }
  }

  const refused = {
    status: 401,
    text: '{"message":"Unauthorized"}',
    challenge: 'Bearer scope="" error="invalid_token"',
    calls: 0,
  }

  test('a valid token reaches the function with its claims', async () => {
    const token = await signToken({ sub: 'u1' })

    const reply = await get(token)

    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.text)).toMatchObject({ jwt: { claims: { sub: 'u1' }, scopes: null } })
  })

  test('a token without the Bearer prefix is taken too', async () => {
    const token = await signToken()

    const reply = await send(started.address, { path: '/page', headers: { authorization: token } })

    expect(reply.status).toBe(200)
  })

  test('a request without a token is refused with a bare challenge', async () => {
    const reply = await send(started.address, { path: '/page' })

    expect(reply.status).toBe(401)
    expect(reply.text).toBe('{"message":"Unauthorized"}')
    expect(reply.headers['www-authenticate']).toBe('Bearer')
  })

  test('alg none is refused', async () => {
    const [, payload] = (await signToken()).split('.')
    const header = Buffer.from('{"alg":"none","kid":"key-1"}').toString('base64url')

    expect(await outcomeOf(`${header}.${payload}.`)).toEqual(refused)
  })

  test('HS256 with the public key as its secret is refused', async () => {
    const { publicKey } = await signer()
    const secret = Buffer.from(await exportSPKI(publicKey))
    const forged = new SignJWT({ iss: issuer, aud: 'broker', exp: now + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .sign(secret)

    expect(await outcomeOf(await forged)).toEqual(refused)
  })

  test('an elliptic signature is refused, although the issuer has that key', async () => {
    const { elliptic } = await signer()
    const token = new SignJWT({ iss: issuer, aud: 'broker', exp: now + 60 })
      .setProtectedHeader({ alg: 'ES256', kid: 'elliptic' })
      .sign(elliptic.privateKey)

    expect(await outcomeOf(await token)).toEqual(refused)
  })

  test('a signature by another key is refused, also when the token brings that key along', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const jwk = await crypto.subtle.exportKey('jwk', publicKey)
    const forged = new SignJWT({ iss: issuer, aud: 'broker', exp: now + 60 })
      .setProtectedHeader({
        alg: 'RS256',
        kid: 'key-1',
        jku: 'http://127.0.0.1:1/keys',
        jwk: { kty: 'RSA', n: jwk.n ?? '', e: jwk.e ?? '' },
      })
      .sign(privateKey)

    expect(await outcomeOf(await forged)).toEqual(refused)
  })

  test('an altered payload is refused', async () => {
    const [header, , signature] = (await signToken()).split('.')
    const payload = Buffer.from(
      JSON.stringify({ iss: issuer, aud: 'broker', exp: now + 60, sub: 'somebody else' }),
    ).toString('base64url')

    expect(await outcomeOf(`${header}.${payload}.${signature}`)).toEqual(refused)
  })

  test.each([
    ['the wrong issuer', { iss: 'https://issuer.example.com.evil.example' }],
    ['the wrong audience', { aud: 'another' }],
    ['an audience that only begins as ours', { aud: 'broker2' }],
    ['no audience', { aud: undefined }],
    ['a client id instead of a wrong audience', { aud: 'another', client_id: 'broker' }],
    ['no expiry', { exp: undefined }],
    ['an expiry a second ago', { exp: now - 1 }],
    ['a start in the future', { nbf: now + 2 }],
    ['an issue time in the future', { iat: now + 2 }],
  ])('a token with %s is refused', async (_, claims) => {
    expect(await outcomeOf(await signToken(claims))).toEqual(refused)
  })

  test.each([
    ['an expiry a second from now', { exp: now + 1 }],
    ['a start a second ago', { nbf: now - 1 }],
    ['one audience among several', { aud: ['another', 'broker'] }],
    ['a client id and no audience', { aud: undefined, client_id: 'broker' }],
  ])('a token with %s is good', async (_, claims) => {
    const reply = await get(await signToken(claims))

    expect(reply.status).toBe(200)
  })

  test('a token that does not name its key is refused', async () => {
    expect(await outcomeOf(await signToken({}, {}))).toEqual(refused)
  })

  test('a token that names an unknown key is refused', async () => {
    expect(await outcomeOf(await signToken({}, { kid: 'key-2' }))).toEqual(refused)
  })

  test.each(['garbage', 'a.b.c', '..', 'Bearer'])('%j is refused', async (token) => {
    const reply = await get(token)

    expect(reply.status).toBe(401)
  })

  test('without any of the scopes of the route it is forbidden', async () => {
    const reply = await get(await signToken({ scope: 'sessions.read other' }), '/admin')

    expect(reply.status).toBe(403)
    expect(reply.text).toBe('{"message":"Forbidden"}')
    expect(reply.headers['www-authenticate']).toContain('error="insufficient_scope"')
  })

  test.each([
    ['scope', { scope: 'other sessions' }],
    ['scp', { scp: ['sessions'] }],
  ])('one scope of the route in %s suffices, and is handed on', async (_, claims) => {
    const reply = await get(await signToken(claims), '/admin')

    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.text)).toMatchObject({ jwt: { scopes: ['sessions'] } })
  })
})

describe('the keys of a JWT authorizer', () => {
  test('a route whose issuer has no keys stops the start', () => {
    const options = {
      routes: [route('GET /page', 'echo', jwt())],
      functions: [],
      region: 'us-east-1',
      stage: 'local',
      jwtKeys: {},
      iamKeys: [],
      clock: stoppedClock(),
      loadHandler: () => Promise.reject(new Error('unused')),
    }

    expect(() => createGateway(options)).toThrow(
      'no keys for the issuer https://issuer.example.com',
    )
  })

  test('keys at an address are fetched from there; if it is down the answer is 500', async () => {
    const routes = [route('GET /page', 'echo', jwt())]
    const keyServer = await startGateway(
      { keys: async () => (await signer()).keys },
      { routes: [route('GET /keys', 'keys')] },
    )
    const jwtKeys = { [issuer]: new URL('/keys', keyServer.address) }
    const up = await startGateway({ echo: () => 'ok' }, { routes, jwtKeys })
    const down = await startGateway({ echo: () => 'ok' }, { routes, jwtKeys })
    const request = { path: '/page', headers: { authorization: await signToken() } }

    const answered = await send(up.address, request)
    await keyServer.close()
    const unanswered = await send(down.address, request)

    expect(answered.status).toBe(200)
    expect(unanswered.status).toBe(500)
    await Promise.all([up.close(), down.close()])
  })
})
