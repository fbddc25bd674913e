// The fixture has the keys, the types and the wire form of the example in
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// without what one machine has not: client certificates and stage variables.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type InferOutput, looseObject, parse, record, string } from 'valibot'
import { jwt, route, send, type Sent, signToken, startGateway } from './service.ts'

const expected: Record<string, never> = JSON.parse(
  readFileSync(new URL('../../fixtures/http-api-event-2.0.json', import.meta.url), 'utf8'),
)

const shapeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
    : Array.isArray(value)
      ? value.map(shapeOf)
      : value === null
        ? 'null'
        : typeof value

const anEvent = looseObject({
  headers: record(string(), string()),
  requestContext: looseObject({}),
})

type Seen = InferOutput<typeof anEvent>

describe('the event of payload format 2.0', () => {
  let seen: unknown
  let started: Awaited<ReturnType<typeof startGateway>>

  const eventOf = async (sent: Sent): Promise<Seen> => {
    await send(started.address, sent)
    return parse(anEvent, seen)
  }

  beforeEach(async () => {
    seen = undefined
    const keep = (event: unknown): object => {
      seen = event
      return {}
    }
    const routes = [route('POST /my/{parameter1}', 'keep', jwt()), route('$default', 'keep')]
    const hostNames = ['id.execute-api.us-east-1.amazonaws.com']
    started = await startGateway({ keep }, { routes, hostNames })
  })

  afterEach(() => started.close())

  test('it is that of the documented example, key by key', async () => {
    const { exp, ...claims } = { exp: 1_583_348_700, roles: ['one', 'two'], verified: true }
    const token = await signToken({ exp, ...claims })

    const event = await eventOf({
      method: 'POST',
      path: '/my/value%201?parameter1=value1&parameter1=value2&parameter2=value',
      headers: {
        Host: 'id.execute-api.us-east-1.amazonaws.com',
        Authorization: `Bearer ${token}`,
        'Content-Type': 'text/plain',
        Header1: 'value1',
        Header2: ['value1', 'value2'],
        'User-Agent': 'agent',
        Cookie: 'cookie1=a; cookie2=b',
        Connection: 'close',
      },
      body: 'Hello from the page',
    })

    const { connection, 'content-length': length, ...headers } = event.headers
    expect([connection, length]).toEqual(['close', '19'])
    const comparable = { ...event, headers }
    expect(shapeOf(comparable)).toEqual(shapeOf(expected))
    expect({
      ...comparable,
      headers: { ...headers, authorization: 'the token' },
      requestContext: {
        ...event.requestContext,
        requestId: 'id',
        accountId: '123456789012',
        apiId: 'api-id',
      },
    }).toEqual(expected)
  })

  test('what a request does not have is absent, not empty', async () => {
    const event = await eventOf({ path: '/plain' })

    expect(Object.keys(event).toSorted()).toEqual([
      'headers',
      'isBase64Encoded',
      'rawPath',
      'rawQueryString',
      'requestContext',
      'routeKey',
      'version',
    ])
    expect(event.requestContext).not.toHaveProperty('authorizer')
  })

  test.each([
    ['application/json', '{"a":"ü"}', false],
    ['application/problem+json; charset=utf-8', '{}', false],
    ['text/html', '<p>', false],
    ['application/x-www-form-urlencoded', 'a=b', true],
    ['application/octet-stream', 'a', true],
  ])('a body of type %s arrives as %s, base64 %s', async (type, text, isBase64) => {
    const event = await eventOf({
      method: 'POST',
      path: '/plain',
      headers: { 'content-type': type },
      body: text,
    })

    expect(event['isBase64Encoded']).toBe(isBase64)
    expect(Buffer.from(String(event['body']), isBase64 ? 'base64' : 'utf8').toString()).toBe(text)
  })

  test('a text that is compressed arrives in base64', async () => {
    const event = await eventOf({
      method: 'POST',
      path: '/plain',
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
      body: 'squeezed',
    })

    expect(event['isBase64Encoded']).toBe(true)
  })

  test('bytes that are no text arrive unharmed', async () => {
    const event = await eventOf({
      method: 'POST',
      path: '/plain',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array([0, 255, 254, 10]),
    })

    expect(event['body']).toBe('AP/+Cg==')
    expect(event['isBase64Encoded']).toBe(true)
  })

  test('a function sees nothing that does not survive JSON', async () => {
    await started.gateway.invoke('keep', { kept: 1, dropped: undefined })

    expect(seen).toStrictEqual({ kept: 1 })
  })
})
