// From claims to the Looker user: what the tenant file names, and nothing else.
import { describe, expect, it } from 'vitest'
import { parseGivenClaims } from '../../lib/identity/claims.ts'
import { partitionOf } from '../../lib/embed/session-key.ts'
import { codeOf, jwt, lambda, visitorOf } from './visitor-samples.ts'

const roles = {
  claim: 'role',
  values: {
    viewer: { permissions: ['see_looks'], models: ['a'] },
    admin: { permissions: ['see_looks', 'explore'], models: ['b'], first_name: 'Admin' },
  },
}

describe('a role', () => {
  it('is refused where one is expected and a list comes', () => {
    expect(codeOf(() => visitorOf({ roles })(jwt({ role: '[viewer admin]' })))).toBe('forbidden')
    expect(codeOf(() => visitorOf({ roles })(jwt({ role: '[admin]' })))).toBe('forbidden')
  })

  it.each([{}, { role: 'nobody' }, { role: 'constructor' }])('is needed: %j', (claims) => {
    expect(codeOf(() => visitorOf({ roles })(jwt(claims)))).toBe('forbidden')
  })

  it('has the default for users without a known one', () => {
    const { user } = visitorOf({ roles: { ...roles, default: 'viewer' } })(jwt({ role: 'x' }))

    expect(user.permissions).toEqual(['see_looks'])
  })

  it('counts with all others of a list, in the order of the file', () => {
    const { user } = visitorOf({ roles: { ...roles, list: true } })(
      jwt({ role: '[admin x viewer]' }),
    )

    expect(user).toEqual({
      external_user_id: 'ada',
      permissions: ['see_looks', 'explore'],
      models: ['a', 'b'],
      first_name: 'Admin',
    })
  })

  it.each(['[admin]', '[a b]'])('may not be called %s', (name) => {
    expect(() => visitorOf({ roles: { claim: 'role', values: { [name]: {} } } })).toThrow(
      'brackets',
    )
  })
})

describe('a claim', () => {
  it.each(['1516239022', '1.516239022E9', '1.516239022e+09'])(
    'of time may be written %s',
    (iat) => {
      const { issuedAtMs, signedInAtMs } = visitorOf({})(jwt({ iat }))

      expect([issuedAtMs, signedInAtMs]).toEqual([1_516_239_022_000, 1_516_239_022_000])
    },
  )

  it.each(['', 'now', '-1', '1.5', 'Infinity', '1e400', 'map[a:1]'])('of time is not %j', (iat) => {
    expect(codeOf(() => visitorOf({})(jwt({ iat })))).toBe('unauthenticated')
  })

  it.each([
    '',
    ' ',
    ' ada',
    'ada ',
    'ada\u00a0',
    '<nil>',
    'a\nb',
    '\ud800',
    'x'.repeat(201),
    '漢'.repeat(134),
    'map[a:b]',
    7,
    ['a'],
  ])('of the user is not %j', (sub) => {
    expect(codeOf(() => visitorOf({})(jwt({ sub })))).toBe('unauthenticated')
  })

  it.each(['x'.repeat(200), '漢'.repeat(133), 'Ada Lovelace'])(
    'of the user is %j, and a key of the table is long enough for it',
    (sub) => {
      const { external_user_id } = visitorOf({})(jwt({ sub })).user
      const instance = `https://${'x'.repeat(63)}.${'x'.repeat(185)}.com:19999`

      expect(external_user_id).toBe(sub)
      expect(partitionOf(instance, external_user_id).length).toBeLessThan(2_048)
    },
  )

  it('is named in the refusal, and its value is not', () => {
    expect(() => visitorOf({})(jwt({ sub: 'canary\n' }))).toThrow(/^(?!.*canary).*\bsub\b/s)
  })

  it('that is configured is needed: the device, the domain', () => {
    const byDevice = visitorOf({}, { device_claim: 'sid' })
    const byDomain = visitorOf({ domain_claim: 'sites' })

    expect(codeOf(() => byDevice(jwt({})))).toBe('unauthenticated')
    expect(codeOf(() => byDomain(jwt({})))).toBe('unauthenticated')
    expect(byDevice(jwt({ sid: 's' })).deviceClaim).toBe('s')
    expect(byDomain(jwt({ sites: '[https://a https://b]' })).domains).toEqual([
      'https://a',
      'https://b',
    ])
  })

  it('never is a property of all objects', () => {
    const visitor = visitorOf({ user: { external_user_id: { claim: 'toString' } } })

    expect(() => visitor(parseGivenClaims({}))).toThrow('toString is missing')
  })
})

describe('roles of one user', () => {
  const both = lambda({ role: ['b', 'a'], mine: ['see_looks', 'explore'], zone: 'UTC' })
  const userWith = (values: object, user: object = {}) =>
    visitorOf({
      user: { external_user_id: { claim: 'sub' }, ...user },
      roles: { claim: 'role', list: true, values },
    })(both)

  it('unite their lists, from claims as fixed ones', () => {
    const { user } = userWith({
      a: { permissions: ['access_data', 'see_looks'], models: { claim: 'none', default: ['x'] } },
      b: { permissions: { claim: 'mine' }, models: ['y'], group_ids: ['1'] },
    })

    expect(user.permissions).toEqual(['access_data', 'see_looks', 'explore'])
    expect(user.models).toEqual(['x', 'y'])
    expect(user.group_ids).toEqual(['1'])
  })

  it('take all else of the first, in the order of the file', () => {
    const { user, sessionLengthSeconds } = userWith({
      a: { user_attributes: { region: 'EMEA', vendor: { claim: 'zone' } }, session_length: 600 },
      b: {
        user_attributes: { region: 'APAC', brand: 'b' },
        first_name: 'B',
        session_length: 900,
        force_logout_login: false,
      },
    })

    expect(user).toEqual({
      external_user_id: 'ada',
      user_attributes: { region: 'EMEA', vendor: 'UTC', brand: 'b' },
      first_name: 'B',
      force_logout_login: false,
    })
    expect(sessionLengthSeconds).toBe(600)
  })

  it('each need their claims', () => {
    const values = { a: { permissions: ['see_looks'] }, b: { permissions: { claim: 'none' } } }

    expect(codeOf(() => userWith(values))).toBe('unauthenticated')
  })

  it("take the place of what is every user's, whose claims are then not needed", () => {
    const { user, sessionLengthSeconds } = userWith(
      {
        a: { permissions: ['see_looks'], user_attributes: { region: 'EMEA' }, session_length: 600 },
      },
      {
        permissions: { claim: 'none' },
        session_length: { claim: 'none' },
        user_attributes: { region: { claim: 'none' }, brand: 'x' },
      },
    )

    expect(user).toEqual({
      external_user_id: 'ada',
      permissions: ['see_looks'],
      user_attributes: { region: 'EMEA', brand: 'x' },
    })
    expect(sessionLengthSeconds).toBe(600)
  })

  it("leave every user's field alone where they want a claim that is not there", () => {
    const { user } = userWith({ a: { first_name: { claim: 'none' } } }, { first_name: 'Ada' })

    expect(user.first_name).toBe('Ada')
  })
})

const userFrom = (field: object, claims: object) =>
  visitorOf({ user: { external_user_id: { claim: 'sub' }, ...field } })(jwt(claims))

describe('a field from a claim', () => {
  it.each(['first_name', 'last_name', 'user_timezone', 'external_group_id'])(
    'is left out where the claim is missing: %s',
    (key) => {
      const field = { [key]: { claim: 'c' } }

      expect(userFrom(field, {}).user).toEqual({ external_user_id: 'ada' })
      expect(userFrom(field, { c: 'x' }).user).toEqual({ external_user_id: 'ada', [key]: 'x' })
      expect(codeOf(() => userFrom(field, { c: 'a\nb' }))).toBe('unauthenticated')
    },
  )

  it.each(['permissions', 'models', 'group_ids', 'session_length', 'force_logout_login'])(
    'is needed: %s',
    (key) => {
      expect(codeOf(() => userFrom({ [key]: { claim: 'c' } }, {}))).toBe('unauthenticated')
    },
  )

  it('is needed as a user attribute', () => {
    const field = { user_attributes: { region: { claim: 'c' } } }

    expect(codeOf(() => userFrom(field, {}))).toBe('unauthenticated')
    expect(userFrom(field, { c: 'EMEA' }).user.user_attributes).toEqual({ region: 'EMEA' })
  })

  it('has its default where the claim is missing, and not where it does not serve', () => {
    const field = { force_logout_login: { claim: 'c', default: true } }

    expect(userFrom(field, {}).user.force_logout_login).toBe(true)
    expect(userFrom(field, { c: 'false' }).user.force_logout_login).toBe(false)
    expect(codeOf(() => userFrom(field, { c: 'no' }))).toBe('unauthenticated')
  })

  it.each([
    ['external_group_id', 81],
    ['first_name', 255],
    ['last_name', 255],
    ['user_timezone', 100],
  ])('is no longer than when it is fixed: %s, %d', (key, most) => {
    const field = { [key]: { claim: 'c' } }

    expect(userFrom(field, { c: 'x'.repeat(most) }).user).toHaveProperty(key)
    expect(codeOf(() => userFrom(field, { c: 'x'.repeat(most + 1) }))).toBe('unauthenticated')
  })

  it.each(['300', '2592000'])('is a length of %s s', (c) => {
    const { sessionLengthSeconds } = userFrom({ session_length: { claim: 'c' } }, { c })

    expect(sessionLengthSeconds).toBe(Number(c))
  })

  it.each(['299', '2592001', '600.5', 'long'])('is no length of %s s', (c) => {
    expect(codeOf(() => userFrom({ session_length: { claim: 'c' } }, { c }))).toBe(
      'unauthenticated',
    )
  })

  it('is a list of group ids, all of them digits', () => {
    const field = { group_ids: { claim: 'c' } }

    expect(userFrom(field, { c: '[1 22]' }).user.group_ids).toEqual(['1', '22'])
    expect(codeOf(() => userFrom(field, { c: '[1 x]' }))).toBe('unauthenticated')
    expect(codeOf(() => userFrom(field, { c: '1'.repeat(21) }))).toBe('unauthenticated')
  })
})

it('a time zone of null is told to Looker', () => {
  const user = { external_user_id: { claim: 'sub' }, user_timezone: null }

  expect(visitorOf({ user })(jwt({})).user).toEqual({
    external_user_id: 'ada',
    user_timezone: null,
  })
})

it('a session is 12 hours long where nothing is said', () => {
  expect(visitorOf({})(jwt({})).sessionLengthSeconds).toBe(43_200)
})

const signedInAtMs = (claims: object, identity: object = {}) =>
  visitorOf({}, identity)(lambda(claims)).signedInAtMs

describe('the time of signing in', () => {
  const times = { iat: 1_700_000_300, auth_time: 1_700_000_200, signed: 1_700_000_100 }

  it("is the tenant's claim, else auth_time, else the token's own", () => {
    const { iat, auth_time } = times

    expect(signedInAtMs(times, { signed_in_at_claim: 'signed' })).toBe(1_700_000_100_000)
    expect(signedInAtMs(times)).toBe(1_700_000_200_000)
    expect(signedInAtMs({ iat })).toBe(1_700_000_300_000)
    expect(signedInAtMs({})).toBeUndefined()
    expect(signedInAtMs({ iat, auth_time }, { signed_in_at_claim: 'signed' })).toBe(
      1_700_000_300_000,
    )
  })

  it.each([946_684_799, 4_102_444_800, 1_700_000_000_000])('is never %d', (second) => {
    expect(codeOf(() => signedInAtMs({ iat: second }))).toBe('unauthenticated')
    expect(codeOf(() => signedInAtMs({ auth_time: second }))).toBe('unauthenticated')
  })

  it.each([946_684_800, 4_102_444_799])('may be %d', (second) => {
    expect(signedInAtMs({ iat: second })).toBe(second * 1000)
  })
})
