import { expect, test } from 'vitest'
import { profileDigestOf } from '../../lib/embed/profile.ts'
import type { EmbedUser } from '../../lib/looker/embed-client.ts'

const instance = 'https://looker.example.com'
const user: EmbedUser = {
  external_user_id: 'ann',
  first_name: 'Ann',
  permissions: ['access_data', 'see_looks'],
  models: ['shop', 'stock'],
  group_ids: ['1', '2'],
  user_attributes: { region: 'north', brands: ['a', 'b'] },
}
const digest = profileDigestOf(instance, user)

test.each<[string, EmbedUser]>([
  ['the order of its fields', { first_name: 'Ann', ...user, external_user_id: 'ann' }],
  ['the order of permissions', { ...user, permissions: ['see_looks', 'access_data'] }],
  ['a model named twice', { ...user, models: ['stock', 'shop', 'stock'] }],
  ['the order of groups', { ...user, group_ids: ['2', '1'] }],
  [
    'the order of attributes',
    { ...user, user_attributes: { brands: ['a', 'b'], region: 'north' } },
  ],
])('%s makes no other profile', (_, same) => {
  expect(profileDigestOf(instance, same)).toBe(digest)
})

test.each<[string, EmbedUser]>([
  ['another user', { ...user, external_user_id: 'bob' }],
  ['a name', { ...user, last_name: 'Lee' }],
  ['null where nothing was said', { ...user, user_timezone: null }],
  ['a permission less', { ...user, permissions: ['access_data'] }],
  ['no list of models', { ...user, models: null }],
  ['another attribute', { ...user, user_attributes: { region: 'south', brands: ['a', 'b'] } }],
  [
    'another order in an attribute',
    { ...user, user_attributes: { region: 'north', brands: ['b', 'a'] } },
  ],
  ['a number for a text', { ...user, group_ids: ['1', '2'], user_attributes: { region: 1 } }],
  ['an attribute of any name', { ...user, user_attributes: JSON.parse('{"__proto__":"x"}') }],
  ['no attributes', { ...user, user_attributes: {} }],
])('%s makes another profile', (_, different) => {
  expect(profileDigestOf(instance, different)).not.toBe(digest)
})

test('an attribute of the name __proto__ counts', () => {
  const [named, none] = ['{"__proto__":"x"}', '{}'].map((text) =>
    profileDigestOf(instance, { ...user, user_attributes: JSON.parse(text) }),
  )

  expect(named).not.toBe(none)
})

test('another Looker makes another profile', () => {
  expect(profileDigestOf('https://other.example.com', user)).not.toBe(digest)
})
