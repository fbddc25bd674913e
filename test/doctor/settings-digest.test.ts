// What counts as another tenant file.
import { describe, expect, it } from 'vitest'
import { compileTenant } from '../../cli/tenant-file.ts'
import { settingsDigest } from '../../lib/doctor/settings-digest.ts'

const digestOf = (...lines: string[]) => settingsDigest(compileTenant('acme', lines.join('\n')))

const looker = 'looker: { base_url: https://acme.cloud.looker.com, client_id: id }'
const origins = 'origins: [https://a.example]'
const embedding = (roles: string) => [
  looker,
  origins,
  'identity: { jwt: { issuer: https://login.example, audience: [a] } }',
  `embed: { user: { external_user_id: { claim: sub } }, roles: { claim: r, values: { ${roles} } } }`,
]

describe('the digest of a tenant file', () => {
  it.each([
    ['another order of its sections', [origins, looker]],
    ['comments', [looker, '# of the portal', origins]],
    ['defaults written out', [looker, origins, 'dashboard: true']],
    [
      'another way to write it',
      ['looker:', '  client_id: "id"', '  base_url: https://acme.cloud.looker.com', origins],
    ],
  ])('is the same with %s', (_, lines) => {
    expect(digestOf(...lines)).toBe(digestOf(looker, origins))
  })

  it.each([
    ['another origin', [looker, 'origins: [https://b.example]']],
    ['one setting less', [looker]],
    ['one setting more', [looker, origins, 'dashboard: false']],
  ])('is another with %s', (_, lines) => {
    expect(digestOf(...lines)).not.toBe(digestOf(looker, origins))
  })

  it('is another with another order of roles, the first of which may give a text', () => {
    const [one, other] = ['a: { models: [m] }', 'b: { models: [n] }']

    expect(digestOf(...embedding(`${one}, ${other}`))).not.toBe(
      digestOf(...embedding(`${other}, ${one}`)),
    )
  })

  it('survives being compiled in as JSON', () => {
    const tenant = compileTenant('acme', embedding('a: { models: [m] }').join('\n'))

    expect(settingsDigest(JSON.parse(JSON.stringify(tenant)))).toBe(settingsDigest(tenant))
    expect(settingsDigest(tenant)).toMatch(/^[\w-]{43}$/)
  })
})
