// Every kind of reply, judged for every embed call, without a network.
import { describe, expect, it } from 'vitest'
import { LookerError } from '../../lib/errors.ts'
import { assertEnded, parseAcquired, parseGenerated } from '../../lib/looker/embed-replies.ts'
import type { UnverifiedReply } from '../../lib/looker/reply.ts'
import { Secret } from '../../lib/secret.ts'

const sent = new Secret('sent')

const operations = {
  acquire: parseAcquired,
  generate: (reply: UnverifiedReply, nowAtMs: number) => parseGenerated(reply, sent, nowAtMs),
  end: assertEnded,
}

type Name = keyof typeof operations

const names: Name[] = ['acquire', 'generate', 'end']

const jsonError = '{"message":"No","documentation_url":"https://cloud.google.com/looker/docs/"}'
const html = '<!DOCTYPE html><html></html>'

const generated = {
  navigation_token: 'navigation',
  navigation_token_ttl: 600,
  api_token: 'api',
  api_token_ttl: 599,
  session_reference_token: 'reference',
  session_reference_token_ttl: 3600,
}
const acquired = {
  ...generated,
  authentication_token: 'authentication',
  authentication_token_ttl: 30,
}

const replyOf = (status: number, body: string | object, more: Partial<UnverifiedReply> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    status,
    contentType: text.startsWith('<') ? 'text/html;charset=utf-8' : 'application/json',
    retryAfter: undefined,
    body: text,
    ...more,
  }
}

const judged = (name: Name, reply: UnverifiedReply): unknown => {
  try {
    return operations[name](reply, 0) ?? 'success'
  } catch (error) {
    return error
  }
}

const failureOf = (name: Name, reply: UnverifiedReply): unknown => {
  const outcome = judged(name, reply)
  return outcome instanceof LookerError ? outcome.failure : outcome
}

const jwtOf = (claims: unknown) =>
  ['{"alg":"HS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

describe('a reply that asks to come later', () => {
  const table = names.flatMap((name) =>
    [
      { status: 429, failure: 'rate-limited' },
      { status: 500, failure: 'server-error' },
      { status: 503, failure: 'server-error' },
    ].map((row) => ({ name, ...row })),
  )

  it.each(table)('$name, $status, says when', ({ name, status, failure }) => {
    const outcome = judged(name, replyOf(status, jsonError, { retryAfter: '7' }))

    expect(outcome).toBeInstanceOf(LookerError)
    expect(outcome).toMatchObject({ failure, status, retryAfterMs: 7_000 })
  })
})

describe('a refusal in JSON', () => {
  it.each<[Name, string]>([
    ['acquire', 'Looker embed session: refused-embed (HTTP 403)'],
    ['generate', 'Looker embed tokens: refused-embed (HTTP 403)'],
    ['end', 'Looker embed session end: refused-embed (HTTP 403)'],
  ])('of %s becomes the message %j', (name, message) => {
    const outcome = judged(name, replyOf(403, jsonError, { retryAfter: '7' }))

    expect(outcome).toMatchObject({ message, status: 403, retryAfterMs: undefined })
  })

  it.each<[Name, number, string]>([
    ['acquire', 400, 'refused-embed'],
    ['acquire', 401, 'refused-token'],
    ['acquire', 403, 'refused-embed'],
    ['acquire', 404, 'refused-embed'],
    ['acquire', 409, 'refused-embed'],
    ['acquire', 422, 'refused-embed'],
    ['acquire', 418, 'invalid-reply'],
    ['generate', 400, 'refused-tokens'],
    ['generate', 401, 'refused-token'],
    ['generate', 403, 'refused-embed'],
    ['generate', 404, 'refused-embed'],
    ['generate', 422, 'refused-tokens'],
    ['generate', 409, 'invalid-reply'],
    ['end', 400, 'success'],
    ['end', 401, 'refused-token'],
    ['end', 403, 'refused-embed'],
    ['end', 404, 'success'],
    ['end', 422, 'refused-embed'],
    ['end', 409, 'invalid-reply'],
  ])('of %s with %i is %s', (name, status, failure) => {
    const outcome = failureOf(name, replyOf(status, jsonError))

    expect(outcome).toBe(failure)
  })
})

describe('a page where the API should be', () => {
  const misrouted: [string, number, string][] = [
    ['an HTML 400', 400, html],
    ['an HTML 404', 404, html],
    ['an empty 404', 404, ''],
    ['a JSON text 404', 404, '"Not found"'],
    ['a redirect', 302, ''],
    ['a page', 200, html],
  ]
  const table = names.flatMap((name) =>
    misrouted.map(([what, status, body]) => ({ name, what, status, body })),
  )

  it.each(table)('$name, $what, is misrouted', ({ name, status, body }) => {
    const outcome = failureOf(name, replyOf(status, body))

    expect(outcome).toBe('misrouted')
  })
})

describe('the tokens of an acquire', () => {
  it('come with their lives', () => {
    const tokens = parseAcquired(replyOf(200, acquired), 0)

    expect(tokens.authentication.token.reveal()).toBe('authentication')
    expect(tokens.navigation.token.reveal()).toBe('navigation')
    expect(tokens.api.token.reveal()).toBe('api')
    expect(tokens.reference.token.reveal()).toBe('reference')
    expect(tokens).toMatchObject({
      authentication: { ttlSeconds: 30 },
      navigation: { ttlSeconds: 600 },
      api: { ttlSeconds: 599 },
      reference: { ttlSeconds: 3600 },
    })
  })

  it('are kept as secrets', () => {
    const tokens = parseAcquired(replyOf(200, acquired), 0)

    expect(JSON.stringify(tokens)).not.toMatch(/"(authentication|navigation|api|reference)"[^:]/)
  })

  const secrets = [
    'authentication_token',
    'navigation_token',
    'api_token',
    'session_reference_token',
  ]
  const wrongTexts = [undefined, null, '', 7, 'a b', 'a\nb', 'añb']
  const wrongLives = [undefined, null, '600', -1, 2_592_001, true]
  const wrong = secrets.flatMap((field) => [
    ...wrongTexts.map((value) => ({ field, value })),
    ...wrongLives.map((value) => ({ field: `${field}_ttl`, value })),
  ])

  it.each(wrong)('are refused when $field is $value', ({ field, value }) => {
    const outcome = failureOf('acquire', replyOf(200, { ...acquired, [field]: value }))

    expect(outcome).toBe('invalid-reply')
  })

  it('are refused with a life beyond all numbers', () => {
    const body = JSON.stringify(acquired).replace('3600', '1e999')

    expect(failureOf('acquire', replyOf(200, body))).toBe('invalid-reply')
  })

  it.each([
    ['nothing', 0, 0],
    ['a broken number of seconds', 59.9, 59],
    ['the longest', 2_592_000, 2_592_000],
  ])('may live %s', (_, life, ttlSeconds) => {
    const body = { ...acquired, session_reference_token_ttl: life }

    expect(judged('acquire', replyOf(200, body))).toMatchObject({ reference: { ttlSeconds } })
  })
})

describe('the tokens of a generate', () => {
  it('come with their lives', () => {
    const outcome = judged('generate', replyOf(200, generated))

    expect(outcome).toMatchObject({
      kind: 'generated',
      navigation: { ttlSeconds: 600 },
      api: { ttlSeconds: 599 },
      reference: { ttlSeconds: 3600 },
    })
  })

  it.each([
    ['a new reference', 'reference', 'reference'],
    ['none', undefined, 'sent'],
    ['null', null, 'sent'],
  ])('with %s have the reference that holds from now on', (_, value, expected) => {
    const reply = replyOf(200, { ...generated, session_reference_token: value })
    const outcome = parseGenerated(reply, sent, 0)

    if (outcome.kind !== 'generated') throw new Error('Not generated')
    expect(outcome.reference.token.reveal()).toBe(expected)
  })

  it.each([
    ['alone', { session_reference_token_ttl: 0 }],
    ['beside nulls', { navigation_token: null, api_token: null, session_reference_token_ttl: 0 }],
    ['beside tokens', { ...generated, session_reference_token_ttl: 0 }],
    ['nearly', { session_reference_token_ttl: 0.9 }],
  ])('are none when the session has no life left, said %s', (_, body) => {
    expect(judged('generate', replyOf(200, body))).toEqual({ kind: 'ended' })
  })

  it.each([
    ['nothing', {}],
    ['a life in text', { ...generated, session_reference_token_ttl: '0' }],
    ['a negative life', { ...generated, session_reference_token_ttl: -1 }],
    ['no life', { ...generated, session_reference_token_ttl: undefined }],
    ['no navigation token', { ...generated, navigation_token: null }],
    ['no api token', { ...generated, api_token: undefined }],
    ['the life of a token in text', { ...generated, api_token_ttl: '600' }],
    ['an empty reference', { ...generated, session_reference_token: '' }],
  ])('are refused with %s', (_, body) => {
    expect(failureOf('generate', replyOf(200, body))).toBe('invalid-reply')
  })
})

const idOf = (navigation: string, api: string) =>
  parseAcquired(replyOf(200, { ...acquired, navigation_token: navigation, api_token: api }), 0)
    .unverifiedSessionId

describe('the id of a session', () => {
  it('is what both tokens say', () => {
    const token = jwtOf({ sub: 'session-1' })

    expect(idOf(token, token)).toBe('session-1')
  })

  it('is unknown when they disagree', () => {
    const ids = [
      idOf(jwtOf({ sub: 'session-1' }), jwtOf({ sub: 'session-2' })),
      idOf('opaque', jwtOf({ sub: 'session-2' })),
      idOf(jwtOf({ sub: 'session-1' }), 'opaque'),
    ]

    expect(ids).toEqual([undefined, undefined, undefined])
  })

  it.each([
    ['opaque', 'opaque'],
    ['of two parts', 'a.eyJzdWIiOiJzIn0'],
    ['of four parts', `${jwtOf({ sub: 's' })}.x`],
    ['without JSON', 'a.b.c'],
    ['without a subject', jwtOf({ exp: 1 })],
    ['with a number for a subject', jwtOf({ sub: 1 })],
    ['with an empty subject', jwtOf({ sub: '' })],
    ['with a line break in its subject', jwtOf({ sub: 'a\nb' })],
    ['with a subject that is too long', jwtOf({ sub: 'a'.repeat(257) })],
    ['with claims that are a list', jwtOf(['sub'])],
  ])('is unknown when the tokens are %s', (_, token) => {
    expect(idOf(token, token)).toBeUndefined()
  })

  it('may have 256 characters', () => {
    const token = jwtOf({ sub: 'a'.repeat(256) })

    expect(idOf(token, token)).toHaveLength(256)
  })
})

describe('the end of a session', () => {
  it('succeeds with 204', () => {
    expect(judged('end', replyOf(204, '', { contentType: undefined }))).toBe('success')
  })

  it.each(['', 'null', '"bye"'])('is not believed when a 200 says %j', (body) => {
    expect(failureOf('end', replyOf(200, body))).toBe('invalid-reply')
  })
})
