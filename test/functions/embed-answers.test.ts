// What the functions of embed sessions answer: every status of every route, and to direct callers.
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { BrokerError } from '../../lib/errors.ts'
import type { ErrorCode } from '../../lib/errors.ts'
import { problemKinds } from '../../lib/http/problem.ts'
import { context } from './calls.ts'
import {
  acquireAnswer,
  ask,
  directNames,
  directPayloads,
  embedRim,
  endAnswer,
  generateAnswer,
  routes,
  stateAnswer,
} from './embed-calls.ts'

const answers = {
  'GET /acquire-embed-session': acquireAnswer,
  'POST /acquire-embed-session': acquireAnswer,
  'PUT /generate-embed-tokens': generateAnswer,
  'POST /generate-embed-tokens': generateAnswer,
  'GET /embed-session': stateAnswer,
  'DELETE /embed-session': endAnswer,
} as const

const uncached = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** RFC 9457, with no member beyond those that docs/problems.md names. */
const problemDocument = v.strictObject({
  type: v.pipe(v.string(), v.regex(/^urn:problem-type:looker-token-broker:[a-z-]+$/)),
  title: v.pipe(v.string(), v.minLength(1)),
  status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
  detail: v.pipe(v.string(), v.minLength(1)),
  request_id: v.literal('request-1'),
  retry_after: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  errors: v.optional(v.array(v.strictObject({ pointer: v.string(), detail: v.string() }))),
})

const isCode = (text: string): text is ErrorCode => Object.hasOwn(problemKinds, text)
const codes = Object.keys(problemKinds).filter(isCode)

describe('an answer', () => {
  it.each(routes)('of $route is the body and no more, and never cached', async (route) => {
    const { statusCode, headers, answer, calls } = await ask(route)

    expect(statusCode).toBe(200)
    expect(headers).toEqual({ 'content-type': 'application/json', ...uncached })
    expect(answer).toEqual(answers[route.route])
    expect(calls).toBe(1)
  })

  it.each([
    ['acquire', acquireAnswer],
    ['generate', generateAnswer],
    ['session', stateAnswer],
  ] as const)('of %s to a direct caller is the value itself', async (name, expected) => {
    const { functions } = embedRim()

    expect(await functions[name].direct(directPayloads[name], context)).toEqual(expected)
  })
})

describe('every error', () => {
  it.each(routes.flatMap((route) => codes.map((code) => ({ ...route, code }))))(
    '$code of $route is a problem document, and never cached',
    async ({ code, ...route }) => {
      const { statusCode, headers, answer } = await ask(
        route,
        {},
        { error: new BrokerError(code, 'What happened.') },
      )
      const problem = v.parse(problemDocument, answer)
      const { status, title } = problemKinds[code]

      expect(statusCode).toBe(status)
      expect(problem).toMatchObject({
        type: `urn:problem-type:looker-token-broker:${code}`,
        title,
        status,
      })
      expect(headers).toEqual({
        'content-type': 'application/problem+json',
        ...uncached,
        ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
        ...(status === 503 ? { 'retry-after': '5' } : {}),
      })
    },
  )

  it.each(routes)('that asks for patience at $route tells the seconds', async (route) => {
    const error = new BrokerError('too-many-requests', 'Wait.', { retryAfterMs: 41_001 })

    const { statusCode, headers, answer } = await ask(route, {}, { error })

    expect(statusCode).toBe(429)
    expect(headers).toMatchObject({ 'retry-after': '42' })
    expect(answer.retry_after).toBe(42)
  })

  it.each(routes)('that nobody expected tells nothing at $route', async (route) => {
    const { statusCode, answer, events } = await ask(
      route,
      {},
      { error: new TypeError('held secret-1') },
    )

    expect(statusCode).toBe(500)
    expect(v.parse(problemDocument, answer).detail).toBe('See the log of this request.')
    expect(JSON.stringify(events)).not.toContain('secret-1')
  })

  it.each(directNames.flatMap((name) => codes.map((code) => [name, code] as const)))(
    'of %s is the same problem to a direct caller: %s',
    async (name, code) => {
      const { functions } = embedRim({ error: new BrokerError(code, 'What happened.') })

      const problem = await functions[name].direct(directPayloads[name], context)

      expect(v.parse(problemDocument, problem)).toMatchObject({
        type: `urn:problem-type:looker-token-broker:${code}`,
        status: problemKinds[code].status,
      })
    },
  )
})

describe('a refusal', () => {
  it.each<[string, Parameters<typeof ask>[1], number]>([
    ['of a body', { body: '{"x":1}' }, 400],
    ['of a query', { rawQueryString: 'token=x' }, 400],
    ['of a user agent', { headers: { 'user-agent': undefined } }, 400],
    ['of an origin', { headers: { origin: 'null' } }, 403],
    ['of a device key', { headers: { 'x-embed-device': 'x' } }, 400],
    ['of claims', { authorizer: {} }, 401],
    ['of another payload format', { version: '1.0' }, 500],
    ['of headers that are none', { headers: { 'user-agent': undefined, origin: undefined } }, 400],
  ])('%s is a problem document, never cached', async (_, changes, status) => {
    for (const route of routes) {
      const { statusCode, headers, answer, calls } = await ask(route, changes)

      expect(statusCode).toBe(status)
      expect(v.parse(problemDocument, answer).status).toBe(status)
      expect(headers).toMatchObject(uncached)
      expect(headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
      expect(calls).toBe(0)
    }
  })
})

describe('a tenant that does not embed', () => {
  it.each(routes)('has nothing at $route', async (route) => {
    const { broker } = embedRim()
    const tenant = { ...broker.tenant, embed: null, identity: null }

    const { statusCode, answer } = await ask(route, {}, { tenant })

    expect(statusCode).toBe(404)
    expect(answer.type).toBe('urn:problem-type:looker-token-broker:not-found')
  })

  it.each(directNames)('has no direct %s', async (name) => {
    const { broker } = embedRim()
    const { functions } = embedRim({ tenant: { ...broker.tenant, embed: null, identity: null } })

    const problem = await functions[name].direct(directPayloads[name], context)

    expect(problem).toMatchObject({ status: 404 })
  })
})
