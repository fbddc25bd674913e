import { describe, expect, test } from 'vitest'
import { problemKinds } from '../../lib/http/problem.ts'
import { Secret } from '../../lib/secret.ts'
import { tokenOf } from '../../lib/sources/function-answer.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import { parseTokenRequest } from '../../lib/sources/token-request.ts'
import type { TokenRequest } from '../../lib/sources/token-source.ts'
import { answerTo, problem } from './function-parts.ts'

const target = { functionName: 'issueApiTokenDirect', region: undefined }

const read = (payload: string, request: TokenRequest = {}) =>
  tokenOf(payload, parseTokenRequest(request), target)

/** The error that an answer is. */
const failure = (answer: unknown, request?: TokenRequest): TokenError => {
  try {
    read(typeof answer === 'string' ? answer : JSON.stringify(answer), request)
  } catch (error) {
    if (error instanceof TokenError) return error
    throw error
  }
  throw new Error('it is a token')
}

const service = answerTo({}, 'token-1')
const user = answerTo({ user_id: '7', workspace: 'dev' }, 'token-1')

describe('a token', () => {
  test.each([
    ['of the service account', service, {}],
    ['of a user in dev', user, { userId: '7', workspace: 'dev' } as const],
    ['with fields that are not known yet', { ...service, scope: 'all' }, {}],
  ])('is read: %s', (_, answer, request) => {
    const { secret, lifeMs } = read(JSON.stringify(answer), request)

    expect(secret.reveal()).toBe('token-1')
    expect(lifeMs).toBe(3_600_000)
  })

  test.each([0.5, 2_592_000])('may last %d seconds', (expires_in) => {
    expect(read(JSON.stringify({ ...service, expires_in })).lifeMs).toBe(expires_in * 1000)
  })

  test.each([
    ['of a user, where the service account was meant', { user_id: '7' }, {}],
    ['of the service account, where a user was meant', {}, { userId: '7' }],
    ['of another user', { user_id: '8' }, { userId: '7' }],
    ['of a user whose id has a zero before it', { user_id: '07' }, { userId: '7' }],
    ['of a user as a number', { user_id: 7 }, { userId: '7' }],
    ['of dev, where production was meant', { workspace: 'dev' }, {}],
    ['of production, where dev was meant', {}, { workspace: 'dev' } as const],
    ['of an unknown workspace', { workspace: 'staging' }, {}],
    ['that does not say whose', { user_id: undefined }, {}],
    ['that does not say where', { workspace: undefined }, {}],
    ['that is none', { access_token: undefined }, {}],
    ['that is empty', { access_token: '' }, {}],
    ['with a blank', { access_token: 'to ken' }, {}],
    ['with a line break', { access_token: 'token\r\nx: y' }, {}],
    ['beyond ASCII', { access_token: 'tokén' }, {}],
    ['of another type', { token_type: 'MAC' }, {}],
    ['of no type', { token_type: undefined }, {}],
    ['without an end', { expires_in: undefined }, {}],
    ['with an end as text', { expires_in: '3600' }, {}],
    ['that is over', { expires_in: 0 }, {}],
    ['that was over before', { expires_in: -1 }, {}],
    ['for more than 30 days', { expires_in: 2_592_001 }, {}],
    ['with the refused one', {}, { refused: new Secret('token-1').digest() }],
  ])('is refused: %s', (_, changes, request) => {
    const error = failure({ ...service, ...changes }, request)

    expect(error.code).toBe('broker-answer')
    expect(error.message).not.toMatch(/token-1|tokén|to ken/)
  })
})

describe('what is neither token nor problem', () => {
  test.each([
    ['the answer of the HTTP twin', { statusCode: 200, body: JSON.stringify(service) }],
    ['a refusal of the HTTP twin', { statusCode: 500, body: JSON.stringify(problem('internal')) }],
    ['a problem of somebody else', { type: 'about:blank', status: 404, detail: 'secret-1' }],
    ['an error of Lambda', { errorMessage: 'secret-1', errorType: 'Error' }],
    ['an empty object', {}],
    ['a list', [service]],
    ['a text', JSON.stringify('secret-1')],
    ['null', 'null'],
    ['nothing', ''],
    ['no JSON', '<html>secret-1'],
  ])('is another function: %s', (_, answer) => {
    const error = failure(answer)

    expect(error.code).toBe('broker-answer')
    expect(error.message).toContain('looker-token-broker-<stage>-issueApiTokenDirect?')
    expect(error.message).not.toContain('secret-1')
  })
})

describe('a problem', () => {
  test.each(Object.keys(problemKinds))('%s keeps its code', (code) => {
    const error = failure(problem(code, { retry_after: 7 }))

    expect(error).toMatchObject({ code, retryAfterMs: 7_000, requestId: 'request-1' })
    expect(error.message).toMatch(/^A detail\./)
  })

  test.each([
    ['forbidden', /user 7 in dev.*api_tokens\.direct/],
    ['looker-refused-user', /Looker that refuses.*user 7 in dev/],
    ['looker-refused-credentials', /npm run tenant:secret/],
    ['invalid-request', /issueApiTokenDirect/],
    ['internal', /log of the broker.*request id/],
  ])('%s says what to check', (code, expected) => {
    expect(failure(problem(code), { userId: '7', workspace: 'dev' }).message).toMatch(expected)
  })

  test.each(['of-tomorrow', 'toString', 'constructor', ''])(
    'with the unknown code "%s" is a failure of the broker',
    (code) => {
      const error = failure(problem(code, { retry_after: 7 }))

      expect(error).toMatchObject({ code: 'broker-failed', retryAfterMs: 7_000 })
    },
  )

  test.each([
    ['no detail', { detail: undefined }],
    ['a detail of several lines', { detail: 'one\ntwo' }],
    ['a detail without end', { detail: 'x'.repeat(501) }],
    ['a detail that is no text', { detail: { of: 'something' } }],
    ['a request id with a line break', { request_id: 'a\nb' }],
    ['a time that is no number', { retry_after: 'soon' }],
    ['a time in the past', { retry_after: -1 }],
    ['a time beyond a day', { retry_after: 86_401 }],
  ])('keeps its code in spite of %s', (_, changes) => {
    const error = failure(problem('forbidden', { retry_after: undefined, ...changes }))

    expect(error.code).toBe('forbidden')
    expect(error.retryAfterMs).toBeUndefined()
    expect(error.requestId ?? 'request-1').toBe('request-1')
    expect(error.message.length).toBeLessThan(300)
    expect(error.message).not.toContain('\n')
  })

  test('goes before a token beside it', () => {
    expect(failure({ ...service, ...problem('forbidden') }).code).toBe('forbidden')
  })
})
