// Verified claims in the forms in which they come: their types, and their limits.
import { describe, expect, it } from 'vitest'
import type { Claims } from '../../lib/identity/claims.ts'
import { parseClaims, parseGivenClaims } from '../../lib/identity/claims.ts'
import { codeOf, jwt, lambda } from './visitor-samples.ts'

type Accessor = keyof Claims
const refused = Symbol('refused')

const readBy = (claims: Claims, accessor: Accessor): unknown => {
  let value: unknown = refused
  const code = codeOf(() => {
    value = claims[accessor]('c')
  })
  expect(code).toBe(value === refused ? 'unauthenticated' : undefined)
  return value
}

describe('the text of a JWT authorizer', () => {
  it.each<[Accessor, string, unknown]>([
    ['text', 'Ada Lovelace', 'Ada Lovelace'],
    ['text', '[a b]', '[a b]'],
    ['text', 'map[a:b]', refused],
    ['text', '', undefined],
    ['list', '', undefined],
    ['value', '', undefined],
    ['seconds', '', refused],
    ['flag', '', refused],
    ['list', '[a b]', ['a', 'b']],
    ['list', '[a]', ['a']],
    ['list', '[]', []],
    ['list', 'a b', ['a b']],
    ['list', 'map[a:b]', refused],
    ['value', 'EMEA', 'EMEA'],
    ['value', '17', '17'],
    ['value', '[EMEA APAC]', refused],
    ['value', '[internal]', refused],
    ['value', '[a\nb]', refused],
    ['value', '[a] b', '[a] b'],
    ['value', 'map[a:b]', refused],
    ['seconds', '300', 300],
    ['seconds', '1.7e+09', 1_700_000_000],
    ['seconds', '-1', refused],
    ['seconds', '0x10', refused],
    ['seconds', `1${'0'.repeat(40)}`, refused],
    ['flag', 'true', true],
    ['flag', 'false', false],
    ['flag', 'yes', refused],
    ['flag', '1', refused],
  ])('is as %s from %j: %j', (accessor, c, expected) => {
    expect(readBy(jwt({ c }), accessor)).toEqual(expected)
  })
})

describe('the value of a Lambda authorizer', () => {
  it.each<[Accessor, unknown, unknown]>([
    ['text', 'a', 'a'],
    ['text', 7, refused],
    ['text', ['a'], refused],
    ['list', ['a b', '[c]'], ['a b', '[c]']],
    ['list', 'a', ['a']],
    ['list', '[a b]', ['[a b]']],
    ['list', ['a', 7], refused],
    ['list', ['a', ''], refused],
    ['list', { a: 1 }, refused],
    ['value', 17, 17],
    ['value', false, false],
    ['value', ['a', 'b'], ['a', 'b']],
    ['value', '[internal]', '[internal]'],
    ['value', { a: 1 }, refused],
    ['value', [['a']], refused],
    ['value', Number.POSITIVE_INFINITY, refused],
    ['seconds', 300, 300],
    ['seconds', '300', 300],
    ['seconds', 1.5, refused],
    ['seconds', true, refused],
    ['flag', true, true],
    ['flag', 'false', false],
    ['flag', 1, refused],
    ['text', null, undefined],
  ])('is as %s from %j: %j', (accessor, c, expected) => {
    expect(readBy(lambda({ c }), accessor)).toEqual(expected)
    expect(readBy(parseGivenClaims({ c }), accessor)).toEqual(expected)
  })
})

const some = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`c${index}`, 'x']))

describe('claims', () => {
  it.each([undefined, null, {}, { iam: {} }, { jwt: {} }, { jwt: { claims: 'a' } }, 'a', []])(
    'are missing in %j',
    (authorizer) => {
      expect(codeOf(() => parseClaims(authorizer))).toBe('unauthenticated')
    },
  )

  it.each([undefined, null, 'a', 7, true])('are not given by %j', (given) => {
    expect(codeOf(() => parseGivenClaims(given))).toBe('unauthenticated')
  })

  it('are at most 100', () => {
    expect(parseGivenClaims(some(100)).text('c99')).toBe('x')
    expect(codeOf(() => parseGivenClaims(some(101)))).toBe('unauthenticated')
    expect(codeOf(() => parseClaims({ jwt: { claims: some(101) } }))).toBe('unauthenticated')
  })

  it('are texts of at most 1,024 characters', () => {
    expect(readBy(jwt({ c: 'x'.repeat(1024) }), 'text')).toHaveLength(1024)
    expect(readBy(jwt({ c: 'x'.repeat(1025) }), 'text')).toBe(refused)
    expect(readBy(jwt({ c: 'x'.repeat(1025) }), 'value')).toBe(refused)
    expect(readBy(lambda({ c: ['x'.repeat(1025)] }), 'list')).toBe(refused)
  })

  it.each<Accessor>(['list', 'value'])('are lists of at most 200, as a %s', (accessor) => {
    const most = Array.from({ length: 200 }, (_, index) => `${index}`)

    expect(readBy(lambda({ c: most }), accessor)).toHaveLength(200)
    expect(readBy(lambda({ c: [...most, 'x'] }), accessor)).toBe(refused)
  })

  it('are lists of at most 200 on the wire', () => {
    const most = Array.from({ length: 200 }, (_, index) => `${index}`).join(' ')

    expect(readBy(jwt({ c: `[${most}]` }), 'list')).toHaveLength(200)
    expect(readBy(jwt({ c: `[${most} x]` }), 'list')).toBe(refused)
  })

  it('that are read hold at most 8 KB together, each counted once', () => {
    const names = Array.from({ length: 8 }, (_, index) => `c${index}`)
    const claims = jwt(Object.fromEntries(names.map((name) => [name, 'x'.repeat(1022)])))

    const first = [...names, ...names].map((name) => claims.text(name)?.length)

    expect(first).toEqual(Array.from({ length: 16 }, () => 1022))
    expect(codeOf(() => claims.text('sub'))).toBe('unauthenticated')
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'are not what every object has: %s',
    (name) => {
      const claims = [jwt({}), lambda({}), parseGivenClaims(JSON.parse('{"__proto__": "x"}'))]

      expect(claims.map((given) => given.text(name))).toEqual([undefined, undefined, undefined])
      expect(claims.map((given) => given.value(name))).toEqual([undefined, undefined, undefined])
    },
  )

  it('with a lone surrogate are refused: no UTF-8 can hold them', () => {
    expect(readBy(lambda({ c: 'a\ud800' }), 'text')).toBe(refused)
  })

  it.each<Accessor>(['text', 'list', 'value', 'seconds', 'flag'])(
    'that are refused are named, and their value is not: %s',
    (accessor) => {
      expect(() => lambda({ role: { canary: 'canary' } })[accessor]('role')).toThrow(
        /^(?!.*canary).*\brole\b/s,
      )
    },
  )
})
