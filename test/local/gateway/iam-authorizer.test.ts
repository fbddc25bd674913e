import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LambdaHandler } from '../../../local/gateway/function-runner.ts'
import {
  localKey,
  route,
  send,
  type Sent,
  startedAtMs,
  startGateway,
  stoppedClock,
  tellAuthorizer,
} from './service.ts'

const hasCurl = await promisify(execFile)('curl', ['--help', 'all']).then(
  ({ stdout }) => stdout.includes('--aws-sigv4'),
  () => false,
)

describe('a route with AWS_IAM', () => {
  let started: Awaited<ReturnType<typeof startGateway>>
  let calls = 0

  const iam = { kind: 'iam' } as const
  const routes = [route('POST /api-token', 'token', iam), route('GET /sessions/{id}', 'token', iam)]
  const token: LambdaHandler = (event, context) => {
    calls += 1
    return tellAuthorizer(event, context)
  }

  beforeAll(async () => {
    started = await startGateway({ token }, { routes })
  })

  afterAll(() => started.close())

  type Signing = {
    readonly secret?: string
    readonly accessKeyId?: string
    readonly service?: string
    readonly region?: string
    readonly atMs?: number
    readonly path?: string
    readonly query?: Record<string, string | string[]>
    readonly unsignable?: string
  }

  const signed = async (
    signing: Signing = {},
  ): Promise<Sent & { headers: Record<string, string> }> => {
    const { path = '/api-token', atMs = startedAtMs } = signing
    const request = await new SignatureV4({
      credentials: {
        accessKeyId: signing.accessKeyId ?? localKey.accessKeyId,
        secretAccessKey: signing.secret ?? localKey.secretAccessKey,
      },
      service: signing.service ?? 'execute-api',
      region: signing.region ?? 'us-east-1',
      sha256: Sha256,
    }).sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname: '127.0.0.1',
        path,
        query: signing.query ?? {},
        headers: { host: new URL(started.address).host, 'content-type': 'application/json' },
        body: '{"a":1}',
      },
      {
        signingDate: new Date(atMs),
        ...(signing.unsignable ? { unsignableHeaders: new Set([signing.unsignable]) } : {}),
      },
    )
    return { method: 'POST', path, headers: request.headers, body: '{"a":1}' }
  }

  const outcomeOf = async (sent: Sent) => {
    const before = calls
    const { status, text } = await send(started.address, sent)
    return { status, text, calls: calls - before }
  }

  const refused = { status: 403, text: '{"message":"Forbidden"}', calls: 0 }

  test('a signed request reaches the function with the identity of the key', async () => {
    const sent = await signed()

    const reply = await send(started.address, sent)

    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.text)).toEqual({
      iam: {
        accessKey: 'AKIALOCALTEST',
        accountId: '111122223333',
        callerId: 'AROALOCAL:nightly',
        cognitoIdentity: null,
        principalOrgId: 'o-local',
        userArn: 'arn:aws:sts::111122223333:assumed-role/reports/nightly',
        userId: 'AROALOCAL:nightly',
      },
    })
  })

  test('a signed query is part of the signature', async () => {
    const sent = await signed({ query: { b: ['2', '1'], a: 'ä b' } })
    const query = 'b=2&b=1&a=%C3%A4%20b'

    const good = await send(started.address, { ...sent, path: `/api-token?${query}` })
    const altered = await send(started.address, { ...sent, path: `/api-token?${query}&c=3` })

    expect([good.status, altered.status]).toEqual([200, 403])
  })

  test('an unsigned request is refused', async () => {
    expect(await outcomeOf({ method: 'POST', path: '/api-token', body: '{"a":1}' })).toEqual(
      refused,
    )
  })

  test('a bearer token is no signature', async () => {
    expect(
      await outcomeOf({
        method: 'POST',
        path: '/api-token',
        headers: { authorization: 'Bearer x' },
      }),
    ).toEqual(refused)
  })

  test.each([
    ['the wrong secret', { secret: 'another' }],
    ['an unknown key', { accessKeyId: 'AKIAUNKNOWN' }],
    ['another service', { service: 'lambda' }],
    ['another region', { region: 'eu-west-1' }],
    ['a date just over five minutes ago', { atMs: startedAtMs - 301_000 }],
    ['a date just over five minutes ahead', { atMs: startedAtMs + 301_000 }],
    ['a host that is not signed', { unsignable: 'host' }],
  ])('a signature with %s is refused', async (_, signing) => {
    expect(await outcomeOf(await signed(signing))).toEqual(refused)
  })

  test.each([-299_000, 299_000])('a clock that is off by %d ms is tolerated', async (offMs) => {
    const reply = await send(started.address, await signed({ atMs: startedAtMs + offMs }))

    expect(reply.status).toBe(200)
  })

  test('an altered body is refused, with and without the stated hash', async () => {
    const sent = await signed()
    const { 'x-amz-content-sha256': hash, ...headers } = sent.headers

    expect(hash).toHaveLength(64)
    expect(await outcomeOf({ ...sent, body: '{"a":2}' })).toEqual(refused)
    expect(await outcomeOf({ ...sent, headers, body: '{"a":2}' })).toEqual(refused)
  })

  test('an altered path, method, header or signature is refused', async () => {
    const sent = await signed()
    const authorization = sent.headers['authorization'] ?? ''
    const last = authorization.endsWith('0') ? '1' : '0'

    expect(await outcomeOf({ path: '/sessions/1', headers: sent.headers })).toEqual(refused)
    expect(
      await outcomeOf({ ...sent, headers: { ...sent.headers, 'content-type': 'text/plain' } }),
    ).toEqual(refused)
    expect(
      await outcomeOf({
        ...sent,
        headers: { ...sent.headers, authorization: authorization.slice(0, -1) + last },
      }),
    ).toEqual(refused)
  })

  test('a signature for another host is refused', async () => {
    const sent = await signed()
    const host = new URL(started.address).host.replace('127.0.0.1', 'localhost')

    expect(await outcomeOf({ ...sent, headers: { ...sent.headers, host } })).toEqual(refused)
  })

  test('a session token that is signed along is accepted and not judged', async () => {
    const request = await new SignatureV4({
      credentials: { ...localKey, sessionToken: 'a session token' },
      service: 'execute-api',
      region: 'us-east-1',
      sha256: Sha256,
    }).sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname: '127.0.0.1',
        path: '/api-token',
        headers: { host: new URL(started.address).host },
        body: '{}',
      },
      { signingDate: new Date(startedAtMs) },
    )

    const reply = await send(started.address, {
      method: 'POST',
      path: '/api-token',
      headers: request.headers,
      body: '{}',
    })

    expect(request.headers['x-amz-security-token']).toBe('a session token')
    expect(reply.status).toBe(200)
  })

  test.skipIf(!hasCurl)(
    'curl signs what the gateway accepts, and a wrong secret fails',
    async () => {
      const live = await startGateway({ token }, { routes, clock: stoppedClock(Date.now()) })
      const curl = (secret: string) =>
        promisify(execFile)('curl', [
          '-s',
          '--aws-sigv4',
          'aws:amz:us-east-1:execute-api',
          '--user',
          `${localKey.accessKeyId}:${secret}`,
          '-d',
          '{}',
          `${live.address}/api-token`,
        ])

      const good = await curl(localKey.secretAccessKey)
      const bad = await curl('another')
      await live.close()

      expect(JSON.parse(good.stdout)).toMatchObject({ iam: { accountId: '111122223333' } })
      expect(bad.stdout).toBe('{"message":"Forbidden"}')
    },
  )
})
