// What the sections `identity` and `embed` demand, and where a mistake is pointed at.
import { expect, it } from 'vitest'
import { TenantError, parseTenant } from '../../lib/config.ts'

const jwt = { issuer: 'https://login.acme.example/', audience: ['a'] }
const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:who:live'
const user = { external_user_id: { claim: 'sub' } }
const good = { origins: ['https://a.example'], identity: { jwt }, embed: { user } }

const pathsOf = (file: object, allowLoopback = false): string[] => {
  const looker = { base_url: 'https://acme.cloud.looker.com', client_id: 'client' }
  try {
    parseTenant({ looker, ...good, ...file }, { allowLoopback })
  } catch (error) {
    if (error instanceof TenantError) return error.problems.map(({ path }) => path)
    throw error
  }
  return []
}
const cookie = '$request.header.Cookie'
const withUser = (field: object) => ({ embed: { user: { ...user, ...field } } })
const withJwt = (field: object) => ({ identity: { jwt: { ...jwt, ...field } } })

it.each([
  [{}, []],
  [{ identity: null }, ['identity']],
  [{ embed: null }, ['embed']],
  [{ identity: {} }, ['identity']],
  [{ identity: { jwt, lambda: { function_arn: arn } } }, ['identity']],
  [{ identity: { lambda: { function_arn: arn } } }, []],
  [
    { identity: { lambda: { function_arn: arn, cache_seconds: 1 } } },
    ['identity.lambda.identity_sources'],
  ],
  [
    { identity: { lambda: { function_arn: arn, identity_sources: ['$request.querystring.t'] } } },
    ['identity.lambda.identity_sources[0]'],
  ],
  [
    { identity: { lambda: { function_arn: arn, cache_seconds: 1, identity_sources: [cookie] } } },
    ['identity.lambda.identity_sources'],
  ],
  [{ identity: { lambda: { function_arn: arn, identity_sources: [cookie] } } }, []],
  [
    {
      identity: {
        lambda: {
          function_arn: arn,
          cache_seconds: 1,
          identity_sources: [cookie, '$request.header.sec-fetch-site'],
        },
      },
    },
    [],
  ],
  [{ identity: { lambda: { function_arn: 'who' } } }, ['identity.lambda.function_arn']],
  [{ identity: { jwt, device_claim: 'a b' } }, ['identity.device_claim']],
  [{ identity: { jwt: { issuer: jwt.issuer } } }, ['identity.jwt.audience']],
  [withJwt({ audience: [] }), ['identity.jwt.audience']],
  [{ origins: [] }, ['embed.domain']],
  [{ origins: [], embed: { user, domain: 'https://b.example' } }, []],
  [{ embed: {} }, ['embed.user.external_user_id']],
  [
    {
      identity: { jwt, device_claim: 'sid' },
      embed: { user, store: 'client', sessions_per_user: 'one' },
    },
    ['identity.device_claim', 'embed.sessions_per_user'],
  ],
  [
    { embed: { user, roles: { claim: 'r', values: { a: {} }, default: 'toString' } } },
    ['embed.roles.default'],
  ],
  [{ embed: { user, roles: { claim: 'r' } } }, ['embed.roles.values']],
  [withUser({ group_ids: ['1', 'x'] }), ['embed.user.group_ids[1]']],
  [withUser({ permissions: [] }), ['embed.user.permissions']],
  [withUser({ external_group_id: 'x'.repeat(82) }), ['embed.user.external_group_id']],
  [withUser({ session_length: 299 }), ['embed.user.session_length']],
  [withUser({ force_logout_login: 'yes' }), ['embed.user.force_logout_login']],
  [withUser({ force_logout_login: { claim: 'f', default: false } }), []],
  [
    withUser({ force_logout_login: { claim: 'f', default: 1 } }),
    ['embed.user.force_logout_login.default'],
  ],
  [
    { embed: { user, roles: { claim: 'r', values: { a: { force_logout_login: 0 } } } } },
    ['embed.roles.values.a.force_logout_login'],
  ],
  [withUser({ first_name: { claim: 'n', defualt: 'x' } }), ['embed.user.first_name.defualt']],
  [withUser({ user_attributes: { a: { claim: 'a b' } } }), ['embed.user.user_attributes.a.claim']],
])('a file with %j has its mistakes at %j', (file, paths) => {
  expect(pathsOf(file)).toEqual(paths)
})

it.each([
  'http://login.acme.example',
  'https://10.0.0.1/',
  'https://a:b@login.acme.example/',
  'https://login.acme.example/?a',
  'https://login.acme.example/#a',
  'https://login.acme.example/a/../b',
  'https://localhost:4014',
])('an issuer is not %s', (issuer) => {
  expect(pathsOf(withJwt({ issuer }))).toEqual(['identity.jwt.issuer'])
})

it.each(['https://localhost:4014', 'http://127.0.0.1:4014'])(
  'an issuer is %s on one machine',
  (issuer) => {
    expect(pathsOf(withJwt({ issuer }), true)).toEqual([])
  },
)

const fixed = { external_user_id: 'kiosk' }
const embedOf = (fields: object, others: object = {}) => ({
  embed: { user: { ...fixed, ...fields }, ...others },
})
const roles = { claim: 'r', values: { a: {} } }

it.each([
  embedOf({}, { roles }),
  embedOf({ permissions: { claim: 'p' } }),
  embedOf({ user_timezone: { claim: 'z', default: 'UTC' } }),
  embedOf({ user_attributes: { region: 'EMEA', vendor: { claim: 'v' } } }),
])('one Looker user for all has one profile, so %j is a mistake', (file) => {
  expect(pathsOf(file)).toEqual(['embed.user.external_user_id'])
})

it.each([
  embedOf({ permissions: ['see_looks'], user_timezone: null, session_length: { claim: 's' } }),
  embedOf({ user_attributes: { claim: 'text' } }, { roles: null }),
  { embed: { user: { ...user, permissions: { claim: 'p' } }, roles } },
])('one Looker user with one profile, or a profile for each, is %j', (file) => {
  expect(pathsOf(file)).toEqual([])
})

it.each([
  ' ada',
  'ada ',
  'ada\u00a0',
  '<nil>',
  'a\nb',
  '\ud800',
  'x'.repeat(201),
  '漢'.repeat(134),
])('a fixed user id, or a default, is not %j', (id) => {
  expect(pathsOf(withUser({ external_user_id: id }))).toEqual(['embed.user.external_user_id'])
  const claim = { claim: 'sub', default: id }
  expect(pathsOf(withUser({ external_user_id: claim }))).toEqual([
    'embed.user.external_user_id.default',
  ])
})

it.each(['a', 'Ada Lovelace', '<nil', '漢'.repeat(133), 'x'.repeat(200)])(
  'a fixed user id is %j',
  (id) => {
    expect(pathsOf(withUser({ external_user_id: id }))).toEqual([])
  },
)
