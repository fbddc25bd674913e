// From claims to the Looker user: what the tenant file names, and nothing else.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTenant } from '../../lib/config.ts'
import { BrokerError } from '../../lib/errors.ts'
import { parseClaims, parseGivenClaims } from '../../lib/identity/claims.ts'
import { createVisitorOf } from '../../lib/identity/embed-user.ts'

const visitorOf = (embed: object, identity: object = {}) => {
  const tenant = parseTenant(
    {
      looker: { base_url: 'https://acme.cloud.looker.com', client_id: 'client' },
      origins: ['https://portal.acme.example'],
      identity: { jwt: { issuer: 'https://login.acme.example/', audience: ['a'] }, ...identity },
      embed: { user: { external_user_id: { claim: 'sub' } }, ...embed },
    },
    { allowLoopback: false },
  )
  if (tenant.identity === null || tenant.embed === null) throw new Error('no embedding')
  return createVisitorOf({ identity: tenant.identity, embed: tenant.embed })
}

const jwt = (claims: object) =>
  parseClaims({ jwt: { claims: { sub: 'ada', ...claims }, scopes: null } })

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
  } catch (error) {
    if (error instanceof BrokerError) return error.code
    throw error
  }
  return undefined
}

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

  it.each(['', ' ', 'a\nb', '\ud800', 'x'.repeat(201), 'map[a:b]', 7, ['a']])(
    'of the user is not %j',
    (sub) => {
      expect(codeOf(() => visitorOf({})(jwt({ sub })))).toBe('unauthenticated')
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

  it('counts with all that is read, up to 8 KB', () => {
    const list = Array.from({ length: 10 }, () => 'x'.repeat(1000))

    expect(codeOf(() => jwt({}).list('none'))).toBeUndefined()
    expect(codeOf(() => parseGivenClaims({ list }).list('list'))).toBe('unauthenticated')
  })

  it.each([undefined, null, {}, { iam: {} }, { jwt: {} }])('is missing in %j', (authorizer) => {
    expect(codeOf(() => parseClaims(authorizer))).toBe('unauthenticated')
  })

  it('that the tenant file does not name changes nothing, whatever it is', () => {
    const visitor = visitorOf({ roles })
    const role = 'viewer'
    const named = ['sub', 'role', 'iat', 'auth_time']
    const others = fc
      .dictionary(
        fc.oneof(fc.constantFrom('permissions', 'models', 'group_ids'), fc.string()),
        fc.jsonValue(),
        {
          maxKeys: 20,
        },
      )
      .map((claims) =>
        Object.fromEntries(Object.entries(claims).filter(([key]) => !named.includes(key))),
      )

    fc.assert(
      fc.property(others, (claims) => {
        expect(visitor(parseGivenClaims({ ...claims, sub: 'ada', role }))).toEqual(
          visitor(parseGivenClaims({ sub: 'ada', role })),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('of roles never gives more than the roles of the tenant file', () => {
    const visitor = visitorOf({ roles: { ...roles, list: true, default: 'viewer' } })

    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('admin', 'viewer'), fc.string({ minLength: 1 }))),
        (role) => {
          const { user } = visitor(parseGivenClaims({ sub: 'ada', role }))

          expect(['see_looks', 'explore']).toEqual(
            expect.arrayContaining([...(user.permissions ?? [])]),
          )
          expect(user.permissions?.includes('explore')).toBe(role.includes('admin'))
        },
      ),
      { numRuns: 500 },
    )
  })
})
