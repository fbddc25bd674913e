// What a body may hold, route by route; whatever else it holds is refused before the service is asked.
import { describe, expect, it } from 'vitest'
import { apiToken, ask, embedTenant, navigationToken, routes, tokensBody } from './embed-calls.ts'

const [getAcquire, postAcquire, putGenerate, postGenerate, getSession, deleteSession] = routes
const clientTenant = embedTenant({ store: 'client' })
const session = 'c2VhbGVkLXNlc3Npb24_-'

const tokens = (changes: object = {}): string =>
  JSON.stringify({ api_token: apiToken, navigation_token: navigationToken, ...changes })

const pointersOf = (answer: { errors?: readonly { pointer: string }[] }) =>
  (answer.errors ?? []).map(({ pointer }) => pointer)

describe('the page tokens', () => {
  it.each([putGenerate, postGenerate])('of $route reach the service, in secret', async (route) => {
    const { service } = await ask(route)
    const [, given] = service.generate.mock.calls[0] ?? []

    expect(given?.apiToken.reveal()).toBe(apiToken)
    expect(given?.navigationToken.reveal()).toBe(navigationToken)
    expect(given?.session).toBeUndefined()
    expect(JSON.stringify(given)).not.toContain('of-the-page')
  })

  it.each<[string, Record<string, string>]>([
    ['text', { 'content-type': 'text/plain;charset=UTF-8' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['nothing', {}],
  ])('are read though the content type says %s', async (_, headers) => {
    const { statusCode } = await ask(putGenerate, { headers })

    expect(statusCode).toBe(200)
  })

  it('are read from base64', async () => {
    const body = Buffer.from(tokensBody).toString('base64')

    const { statusCode } = await ask(putGenerate, { body, isBase64Encoded: true })

    expect(statusCode).toBe(200)
  })

  it('may have 4,096 characters each', async () => {
    const body = tokens({ api_token: 'a'.repeat(4_096), navigation_token: '~'.repeat(4_096) })

    expect((await ask(putGenerate, { body })).statusCode).toBe(200)
  })

  it.each<[string, string | undefined, string[]]>([
    ['no body', undefined, ['/api_token', '/navigation_token']],
    ['an empty object', '{}', ['/api_token', '/navigation_token']],
    ['an empty token', tokens({ api_token: '' }), ['/api_token']],
    ['a token of 4,097 characters', tokens({ api_token: 'a'.repeat(4_097) }), ['/api_token']],
    ['a number', tokens({ navigation_token: 7 }), ['/navigation_token']],
    ['null', tokens({ navigation_token: null }), ['/navigation_token']],
    ['a list', tokens({ api_token: [apiToken] }), ['/api_token']],
    ['a token with a blank', tokens({ api_token: 'a b' }), ['/api_token']],
    ['a token with a line break', tokens({ api_token: 'a\r\nX-Evil: 1' }), ['/api_token']],
    ['a token with a line break at its end', tokens({ api_token: 'a\n' }), ['/api_token']],
    ['a token with an umlaut', tokens({ api_token: 'ä' }), ['/api_token']],
    [
      'a token with a lone surrogate',
      '{"api_token":"\\ud800","navigation_token":"n"}',
      ['/api_token'],
    ],
    ['a sealed session, though it is kept here', tokens({ session }), ['/session']],
    ['a reference token', tokens({ session_reference_token: 'x' }), ['/session_reference_token']],
    ['a user', tokens({ external_user_id: 'eve', user: {} }), ['/external_user_id', '/user']],
    [
      'a prototype',
      '{"__proto__":{"api_token":"a"},"api_token":"a","navigation_token":"n"}',
      ['/__proto__'],
    ],
    [
      'a repeated token',
      '{"api_token":"a","navigation_token":"n","api_token":"b"}',
      ['/api_token'],
    ],
    ['no JSON', 'api_token=a&navigation_token=n', ['']],
    ['a list around it', `[${tokensBody}]`, ['']],
    ['a bomb of lists', '['.repeat(10_000), ['']],
    ['20,481 bytes', tokens() + ' '.repeat(20_481 - tokens().length), ['']],
    ['ten megabytes', 'x'.repeat(10_000_000), ['']],
  ])('are not %s', async (_, body, pointers) => {
    for (const route of [putGenerate, postGenerate]) {
      const { statusCode, answer, calls } = await ask(route, { body })

      expect(statusCode).toBe(400)
      expect(answer.type).toBe('urn:problem-type:looker-token-broker:invalid-request')
      expect(pointersOf(answer)).toEqual(pointers)
      expect(calls).toBe(0)
    }
  })

  it('are told to nobody when they are refused', async () => {
    const body = tokens({ api_token: 'secret token-1', 'secret-name-2': 1 })

    const { events, answer } = await ask(putGenerate, { body })

    expect(JSON.stringify([events, answer])).not.toContain('token-1')
    expect(JSON.stringify(events)).not.toContain('secret-name-2')
  })
})

describe('a body where nothing is asked for', () => {
  const others = [getAcquire, postAcquire, getSession, deleteSession]

  it.each(others)('may be absent or empty at $route', async (route) => {
    for (const body of [undefined, '', '{}', ' { } ']) {
      expect((await ask(route, { body })).statusCode).toBe(200)
    }
  })

  it.each(others)('may hold no field at $route', async (route) => {
    const fields = [
      'session',
      'external_user_id',
      'permissions',
      'embed_domain',
      'session_length',
      'by',
    ]
    for (const field of fields) {
      const { statusCode, answer, calls } = await ask(route, {
        body: JSON.stringify({ [field]: 'x' }),
      })

      expect(statusCode).toBe(400)
      expect(answer.errors).toEqual([{ pointer: `/${field}`, detail: 'unknown field' }])
      expect(calls).toBe(0)
    }
  })
})

describe('a sealed session with the page', () => {
  const sent = { body: JSON.stringify({ session }) }
  const options = { tenant: clientTenant }

  it('reaches the service on every route, in secret', async () => {
    const acquired = await ask(postAcquire, sent, options)
    const generated = await ask(putGenerate, { body: tokens({ session }) }, options)
    const state = await ask(getSession, sent, options)
    const ended = await ask(deleteSession, sent, options)

    const held = [
      acquired.service.acquire.mock.calls[0]?.[1],
      generated.service.generate.mock.calls[0]?.[1],
      state.service.state.mock.calls[0]?.[1],
      ended.service.end.mock.calls[0]?.[1],
    ]
    expect(held.map((one) => one?.session?.reveal())).toEqual(Array(4).fill(session))
    expect(JSON.stringify(held)).not.toContain(session)
  })

  it('may be absent', async () => {
    const { statusCode, service } = await ask(postAcquire, {}, options)

    expect(statusCode).toBe(200)
    expect(service.acquire.mock.calls[0]?.[1].session).toBeUndefined()
  })

  it('may be as long as it gets, beside the longest tokens', async () => {
    const longest = 'a'.repeat(4_096)
    const body = JSON.stringify({
      session: 's'.repeat(8_192),
      api_token: longest,
      navigation_token: longest,
    })

    expect((await ask(putGenerate, { body }, options)).statusCode).toBe(200)
  })

  it.each(['', 'a b', 'a+b/', `${session}=`, `${session}\n`, 's'.repeat(8_193), 7, null, {}])(
    'is not %j',
    async (wrong) => {
      const body = JSON.stringify({ session: wrong })

      const { statusCode, answer, calls } = await ask(postAcquire, { body }, options)

      expect(statusCode).toBe(400)
      expect(pointersOf(answer)).toEqual(['/session'])
      expect(calls).toBe(0)
    },
  )
})
