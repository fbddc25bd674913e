// Every kind of reply, judged for every login call, without a network.
import { describe, expect, it } from 'vitest'
import { LookerError } from '../../lib/errors.ts'
import {
  assertLoggedOut,
  assertSwitched,
  parseLogin,
  parseUserLogin,
} from '../../lib/looker/replies.ts'
import type { UnverifiedReply } from '../../lib/looker/reply.ts'

const operations = {
  login: parseLogin,
  loginUser: parseUserLogin,
  switchWorkspace: (reply: UnverifiedReply, nowAtMs: number) =>
    assertSwitched(reply, 'dev', nowAtMs),
  logout: assertLoggedOut,
}

type Name = keyof typeof operations

const names: Name[] = ['login', 'loginUser', 'switchWorkspace', 'logout']

const jsonError = '{"message":"No","documentation_url":"https://cloud.google.com/looker/docs/"}'
const html = '<!DOCTYPE html><html></html>'
const goodToken = { access_token: 'abc', token_type: 'Bearer', expires_in: 3600 }

const replyOf = (status: number, body: string, more: Partial<UnverifiedReply> = {}) => ({
  status,
  contentType: body.startsWith('<') ? 'text/html;charset=utf-8' : 'application/json',
  retryAfter: undefined,
  body,
  ...more,
})

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

describe('a reply that asks to come later', () => {
  const waits: [string, string | undefined, number | undefined][] = [
    ['in seconds', '7', 7_000],
    ['by date', 'Thu, 01 Jan 1970 00:00:09 GMT', 9_000],
    ['never', undefined, undefined],
    ['in garbage', 'soon', undefined],
    ['in a huge number', '999999999999', 3_600_000],
  ]
  const statuses: [number, string][] = [
    [429, 'rate-limited'],
    [500, 'server-error'],
    [502, 'server-error'],
    [503, 'server-error'],
  ]
  const table = names.flatMap((name) =>
    statuses.flatMap(([status, failure]) =>
      waits.map(([how, retryAfter, waitMs]) => ({
        name,
        status,
        failure,
        how,
        retryAfter,
        waitMs,
      })),
    ),
  )

  it.each(table)('$name, $status, says when $how', ({ name, status, retryAfter, ...expected }) => {
    const outcome = judged(name, replyOf(status, jsonError, { retryAfter }))

    expect(outcome).toBeInstanceOf(LookerError)
    expect(outcome).toMatchObject({
      failure: expected.failure,
      status,
      retryAfterMs: expected.waitMs,
    })
  })

  it.each(names)('is the same for %s when a proxy says it in HTML', (name) => {
    const failures = [429, 503].map((status) => failureOf(name, replyOf(status, html)))

    expect(failures).toEqual(['rate-limited', 'server-error'])
  })

  it('does not count when Looker refuses for good', () => {
    const outcome = judged('login', replyOf(404, jsonError, { retryAfter: '7' }))

    expect(outcome).toMatchObject({ failure: 'refused-credentials', retryAfterMs: undefined })
  })
})

describe('a refusal in JSON', () => {
  it('becomes a message that names call, reason and status', () => {
    const outcome = judged('loginUser', replyOf(404, jsonError))

    expect(outcome).toMatchObject({ message: 'Looker login as a user: refused-user (HTTP 404)' })
  })

  it.each<[Name, number, string]>([
    ['login', 400, 'refused-credentials'],
    ['login', 401, 'refused-credentials'],
    ['login', 403, 'refused-credentials'],
    ['login', 404, 'refused-credentials'],
    ['login', 422, 'invalid-reply'],
    ['loginUser', 400, 'refused-user'],
    ['loginUser', 401, 'refused-token'],
    ['loginUser', 403, 'refused-user'],
    ['loginUser', 404, 'refused-user'],
    ['loginUser', 422, 'invalid-reply'],
    ['switchWorkspace', 400, 'workspace-not-confirmed'],
    ['switchWorkspace', 401, 'refused-token'],
    ['switchWorkspace', 403, 'workspace-not-confirmed'],
    ['switchWorkspace', 404, 'workspace-not-confirmed'],
    ['switchWorkspace', 422, 'workspace-not-confirmed'],
    ['switchWorkspace', 409, 'invalid-reply'],
    ['logout', 400, 'invalid-reply'],
    ['logout', 401, 'success'],
    ['logout', 404, 'success'],
  ])('of %s with %i is %s', (name, status, failure) => {
    const outcome = failureOf(name, replyOf(status, jsonError))

    expect(outcome).toBe(failure)
  })
})

describe('a page where the API should be', () => {
  const misrouted: [string, number, string][] = [
    ['an HTML 404', 404, html],
    ['an HTML 403', 403, html],
    ['an empty 404', 404, ''],
    ['a JSON text 404', 404, '"Not found"'],
    ['a moved page', 301, html],
    ['a redirect', 302, ''],
    ['a redirect that keeps the method', 307, jsonError],
    ['a page', 200, html],
  ]
  const table = names.flatMap((name) =>
    misrouted.map(([what, status, body]) => ({ name, what, status, body })),
  )

  it.each(table)('$name, $what, is misrouted', ({ name, status, body }) => {
    const outcome = failureOf(name, replyOf(status, body))

    expect(outcome).toBe('misrouted')
  })

  it('is known by its first character when the content type lies', () => {
    const reply = replyOf(200, ` ${html}`, { contentType: 'application/json' })

    expect(failureOf('login', reply)).toBe('misrouted')
  })

  it('is known by its content type when it does not begin with a tag', () => {
    const reply = replyOf(200, 'Sign in', { contentType: 'text/html' })

    expect(failureOf('login', reply)).toBe('misrouted')
  })

  it('refuses the token when it says 401 to a call that carried one', () => {
    const outcomes = names.map((name) => failureOf(name, replyOf(401, html)))

    expect(outcomes).toEqual(['misrouted', 'refused-token', 'refused-token', 'refused-token'])
  })
})

describe('an access token', () => {
  it.each<Name>(['login', 'loginUser'])('comes from a good reply to %s', (name) => {
    const outcome = judged(name, replyOf(200, JSON.stringify(goodToken)))

    expect(outcome).toMatchObject({ expiresInSeconds: 3600 })
  })

  it('is kept as a secret that reveals what Looker sent', () => {
    const { token } = parseLogin(replyOf(200, JSON.stringify(goodToken)), 0)

    expect(token.reveal()).toBe('abc')
    expect(JSON.stringify({ token })).toBe('{"token":"[secret]"}')
  })

  it.each([
    ['the type in small letters', { token_type: 'bearer' }, 3600],
    ['the type in capitals', { token_type: 'BEARER' }, 3600],
    ['a refresh token of null', { refresh_token: null }, 3600],
    ['the shortest life', { expires_in: 1 }, 1],
    ['a broken number of seconds', { expires_in: 59.9 }, 59],
    ['the longest life', { expires_in: 2_592_000 }, 2_592_000],
  ])('is accepted with %s', (_, change, expiresInSeconds) => {
    const outcome = judged('login', replyOf(200, JSON.stringify({ ...goodToken, ...change })))

    expect(outcome).toMatchObject({ expiresInSeconds })
  })

  it.each([
    ['no text', { access_token: '' }],
    ['no token', { access_token: undefined }],
    ['a number for a token', { access_token: 7 }],
    ['a line break', { access_token: 'a\r\nb' }],
    ['a control character', { access_token: 'a\u0000b' }],
    ['a blank', { access_token: 'a b' }],
    ['a letter no header can carry', { access_token: 'añb' }],
    ['another type', { token_type: 'MAC' }],
    ['no type', { token_type: undefined }],
    ['no life', { expires_in: undefined }],
    ['a life of 0', { expires_in: 0 }],
    ['a life below a second', { expires_in: 0.9 }],
    ['a negative life', { expires_in: -1 }],
    ['a life in text', { expires_in: '3600' }],
    ['a life past 30 days', { expires_in: 2_592_001 }],
  ])('is refused with %s', (_, change) => {
    const outcome = failureOf('login', replyOf(200, JSON.stringify({ ...goodToken, ...change })))

    expect(outcome).toBe('invalid-reply')
  })

  it('is refused with a life beyond all numbers', () => {
    const body = '{"access_token":"abc","token_type":"Bearer","expires_in":1e999}'

    expect(failureOf('login', replyOf(200, body))).toBe('invalid-reply')
  })

  it.each(['', 'null', '[]', '"text"', '{"access_token":"ab', '{}'])(
    'is not to be had from the body %j',
    (body) => {
      const outcomes = [
        failureOf('login', replyOf(200, body)),
        failureOf('loginUser', replyOf(200, body)),
      ]

      expect(outcomes).toEqual(['invalid-reply', 'invalid-reply'])
    },
  )
})

describe('a workspace switch', () => {
  it('succeeds when Looker names the workspace that was asked for', () => {
    const outcome = judged('switchWorkspace', replyOf(200, '{"workspace_id":"dev","can":{}}'))

    expect(outcome).toBe('success')
  })

  it.each([
    ['another workspace', '{"workspace_id":"production"}', 'workspace-not-confirmed'],
    ['the name in other letters', '{"workspace_id":"DEV"}', 'workspace-not-confirmed'],
    ['none', '{"workspace_id":null}', 'workspace-not-confirmed'],
    ['nothing', '{}', 'invalid-reply'],
    ['a number', '{"workspace_id":1}', 'invalid-reply'],
    ['broken JSON', '{"workspace_id":"dev"', 'invalid-reply'],
    ['an empty body', '', 'invalid-reply'],
  ])('fails when the answer names %s', (_, body, failure) => {
    const outcome = failureOf('switchWorkspace', replyOf(200, body))

    expect(outcome).toBe(failure)
  })
})

describe('a logout', () => {
  it('succeeds with 204', () => {
    const outcome = judged('logout', replyOf(204, '', { contentType: undefined }))

    expect(outcome).toBe('success')
  })

  it.each(['', 'null', '"bye"'])('is not believed when a 200 says %j', (body) => {
    const outcome = failureOf('logout', replyOf(200, body))

    expect(outcome).toBe('invalid-reply')
  })
})
