import { afterEach, describe, expect, test } from 'vitest'
import type { LambdaHandler } from '../../../local/gateway/function-runner.ts'
import type { GatewayOptions } from '../../../local/gateway/gateway.ts'
import { functionOf, route, send, type Sent, startGateway, tellAuthorizer } from './service.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('the gateway', () => {
  let close: (() => Promise<void>) | undefined

  afterEach(() => close?.())

  const start = async (handler: LambdaHandler, options: Partial<GatewayOptions> = {}) => {
    const routes = [route('GET /it', 'it'), route('POST /it', 'it')]
    const started = await startGateway({ it: handler }, { routes, ...options })
    close = started.close
    return started
  }

  const answerTo = async (handler: LambdaHandler, sent: Sent = { path: '/it' }) =>
    send((await start(handler)).address, sent)

  test('it listens on loopback alone', async () => {
    const { address } = await start(() => 1)

    const other = send(address.replace('127.0.0.1', '127.0.0.2'), { path: '/it' })

    expect(new URL(address).hostname).toBe('127.0.0.1')
    await expect(other).rejects.toMatchObject({ syscall: 'connect' })
  })

  test.each([
    ['GET', '/nowhere'],
    ['PUT', '/it'],
    ['GET', '/it/'],
  ])('%s %s is not found', async (method, path) => {
    const reply = await answerTo(() => 1, { method, path })

    expect(reply.status).toBe(404)
    expect(reply.text).toBe('{"message":"Not Found"}')
  })

  test('a handler that throws is a 500 that tells nothing, and is reported on this side', async () => {
    const told: unknown[] = []
    const failure = new Error('what nobody may see')
    const { address } = await start(() => Promise.reject(failure), {
      onError: (name, error) => told.push(name, error),
    })

    const reply = await send(address, { path: '/it' })

    expect(reply.status).toBe(500)
    expect(reply.text).toBe('{"message":"Internal Server Error"}')
    expect(told).toEqual(['it', failure])
  })

  test.each([
    [{ statusCode: 'x' }],
    [{ statusCode: 99 }],
    [{ statusCode: 200, body: { a: 1 } }],
    [{ statusCode: 200, headers: 'x' }],
    [{ statusCode: 200, cookies: 'x' }],
  ])('a result of the wrong form is a 500, not a failure of the gateway: %j', async (result) => {
    const told: unknown[] = []
    const { address } = await start(() => result, { onError: (name) => told.push(name) })

    const reply = await send(address, { path: '/it' })

    expect(reply.status).toBe(500)
    expect(reply.text).toBe('{"message":"Internal Server Error"}')
    expect(told).toEqual([])
  })

  test.each([
    ['Hello', 'Hello'],
    [{ message: 'Hello' }, '{"message":"Hello"}'],
    [undefined, 'null'],
  ])('a result without a status, %j, is the body of a 200', async (result, text) => {
    const reply = await answerTo(() => result)

    expect(reply.status).toBe(200)
    expect(reply.headers['content-type']).toBe('application/json')
    expect(reply.text).toBe(text)
  })

  test('status, headers, cookies and a base64 body are those of the function', async () => {
    const reply = await answerTo(() => ({
      statusCode: 418,
      headers: { 'X-Number': 3, 'Content-Type': 'text/html' },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: 'aGk=',
      isBase64Encoded: true,
    }))

    expect(reply.status).toBe(418)
    expect(reply.headers).toMatchObject({ 'x-number': '3', 'content-type': 'text/html' })
    expect(reply.headers['set-cookie']).toEqual(['a=1; HttpOnly', 'b=2'])
    expect(reply.text).toBe('hi')
  })

  test('a 204 has no body', async () => {
    const reply = await answerTo(() => ({ statusCode: 204, body: '' }))

    expect(reply.status).toBe(204)
    expect(reply.text).toBe('')
  })

  test.each([
    [10 * 1024 * 1024, 200],
    [10 * 1024 * 1024 + 1, 413],
  ])('a body of %d bytes is answered with %d', async (length, status) => {
    const reply = await answerTo(() => 'ok', {
      method: 'POST',
      path: '/it',
      body: new Uint8Array(length),
    })

    expect(reply.status).toBe(status)
    expect(reply.text).toBe(status === 200 ? 'ok' : '{"message":"Request Entity Too Large"}')
  })

  test('a body without a stated length is held to the limit too', async () => {
    const reply = await answerTo(() => 'ok', {
      method: 'POST',
      path: '/it',
      headers: { 'transfer-encoding': 'chunked' },
      body: new Uint8Array(12 * 1024 * 1024),
    })

    expect(reply.status).toBe(413)
  })

  test('when the time of the integration runs out the service is unavailable', async () => {
    const { address } = await start(never, { integrationTimeoutMs: 1 })

    const reply = await send(address, { path: '/it' })

    expect(reply.status).toBe(503)
    expect(reply.text).toBe('{"message":"Service Unavailable"}')
  })

  test('when the time of the function runs out it is an internal error', async () => {
    const { address } = await start(never, { functions: [functionOf('it', 0.001)] })

    const reply = await send(address, { path: '/it' })

    expect(reply.status).toBe(500)
  })

  test('a handler gets the context of a Lambda function', async () => {
    const reply = await answerTo((_, context) => ({
      ...context,
      left: context.getRemainingTimeInMillis(),
    }))

    expect(JSON.parse(reply.text)).toMatchObject({
      functionName: 'svc-local-it',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:svc-local-it',
      memoryLimitInMB: '512',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      left: 6000,
    })
  })
})

const guarded = async (check: LambdaHandler, headers: Sent['headers'] = { cookie: 'sid=1' }) => {
  const authorizer = {
    kind: 'lambda',
    functionName: 'check',
    identitySources: ['$request.header.Cookie'],
  } as const
  const routes = [route('GET /it', 'it', authorizer)]
  const started = await startGateway({ it: tellAuthorizer, check }, { routes })
  const reply = await send(started.address, { path: '/it?a=1', headers: headers ?? {} })
  await started.close()
  return reply
}

describe('a route with a Lambda authorizer', () => {
  test('its context is handed on with its types', async () => {
    const reply = await guarded(() => ({ isAuthorized: true, context: { user: 'u1', level: 2 } }))

    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.text)).toEqual({ lambda: { user: 'u1', level: 2 } })
  })

  test('it is asked with the request and its identity sources', async () => {
    const reply = await guarded((event) => ({ isAuthorized: true, context: event }))

    expect(JSON.parse(reply.text).lambda).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:us-east-1:000000000000:local/$default/GET/it',
      identitySource: ['sid=1'],
      routeKey: 'GET /it',
      cookies: ['sid=1'],
      queryStringParameters: { a: '1' },
    })
  })

  test.each([
    ['false', () => ({ isAuthorized: false }), 403],
    ['the text "true"', () => ({ isAuthorized: 'true' }), 403],
    ['something else', () => ({ ok: true }), 500],
    ['a failure', () => Promise.reject(new Error('broken')), 500],
  ])('an answer of %s does not open the route', async (_, check, status) => {
    const reply = await guarded(check)

    expect(reply.status).toBe(status)
  })

  test('a request without an identity source is refused unasked', async () => {
    const reply = await guarded(() => ({ isAuthorized: true }), {})

    expect(reply.status).toBe(401)
    expect(reply.text).toBe('{"message":"Unauthorized"}')
  })
})
