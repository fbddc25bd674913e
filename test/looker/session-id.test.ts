// What the short tokens of an embed session say, read without trust.
import { describe, expect, it } from 'vitest'
import { unverifiedClaimsOf, unverifiedSessionIdOf } from '../../lib/looker/session-id.ts'
import { Secret } from '../../lib/secret.ts'

const encoded = (text: string): string => Buffer.from(text).toString('base64url')
const jwtOf = (payload: unknown): Secret =>
  new Secret(`${encoded('{}')}.${encoded(JSON.stringify(payload))}.c2ln`)

describe('the claims of a page token', () => {
  it.each([
    { payload: { sub: 's1', exp: 12 }, claims: { sessionId: 's1', expiresAtMs: 12_000 } },
    { payload: { sub: 's1' }, claims: { sessionId: 's1', expiresAtMs: undefined } },
    { payload: { exp: 12.5 }, claims: { sessionId: undefined, expiresAtMs: 12_500 } },
    { payload: { sub: 7, exp: 12 }, claims: { sessionId: undefined, expiresAtMs: 12_000 } },
    { payload: { sub: 'a b', exp: 12 }, claims: { sessionId: undefined, expiresAtMs: 12_000 } },
    { payload: { sub: 's1', exp: '12' }, claims: { sessionId: 's1', expiresAtMs: undefined } },
    { payload: { sub: 's1', exp: -1 }, claims: { sessionId: 's1', expiresAtMs: undefined } },
    { payload: { sub: 's1', exp: 1e300 }, claims: { sessionId: 's1', expiresAtMs: undefined } },
    { payload: ['s1'], claims: { sessionId: undefined, expiresAtMs: undefined } },
    { payload: null, claims: { sessionId: undefined, expiresAtMs: undefined } },
  ])('of $payload are $claims', ({ payload, claims }) => {
    expect(unverifiedClaimsOf(jwtOf(payload))).toEqual(claims)
  })

  const payload = encoded('{"sub":"s1","exp":12}')

  it.each(['', 'opaque', `a.${payload}`, `a.${payload}.c.d`, 'a.b.c', `a.${encoded('{')}.c`])(
    'are none in %j',
    (text) => {
      expect(unverifiedClaimsOf(new Secret(text))).toEqual({})
    },
  )

  it('give the session id alone to those who ask for it', () => {
    expect(unverifiedSessionIdOf(jwtOf({ sub: 's1' }))).toBe('s1')
    expect(unverifiedSessionIdOf(new Secret('opaque'))).toBeUndefined()
  })
})
