import { assert, constantFrom, option, property, record, string, stringMatching } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { baseOf, itemKeyOf, memoryKeyOf, principalOf } from '../../lib/tokens/principal.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import { service } from './samples.ts'

const visible = stringMatching(/^[\x21-\x7e]{1,40}$/)
const principals: Arbitrary<Principal> = record(
  {
    instance: visible,
    clientId: visible,
    userId: stringMatching(/^\d{1,20}$/),
    workspace: constantFrom('production' as const, 'dev' as const),
  },
  { requiredKeys: ['instance', 'clientId', 'workspace'] },
)

test('an item key names its principal again', () => {
  assert(
    property(principals, (principal) => {
      expect(principalOf(itemKeyOf(principal).partition)).toEqual(principal)
    }),
  )
  expect(principalOf(itemKeyOf(service).partition)).toEqual(service)
})

test('two principals have the same keys only if they are the same', () => {
  assert(
    property(principals, principals, (one, other) => {
      const same = itemKeyOf(one).partition === itemKeyOf(other).partition
      expect(memoryKeyOf(one) === memoryKeyOf(other)).toBe(same)
      expect(same).toBe(
        one.instance === other.instance &&
          one.clientId === other.clientId &&
          one.userId === other.userId &&
          one.workspace === other.workspace,
      )
    }),
  )
  expect(itemKeyOf({ ...service, clientId: 'a#service' })).not.toEqual(itemKeyOf(service))
})

test.each([
  '',
  'api-token',
  'other#https%3A%2F%2Fl#c#service#production',
  'api-token##c#service#production',
  'api-token#l##service#production',
  'api-token#l#c##production',
  'api-token#l#c#user:#production',
  'api-token#l#c#user:123456789012345678901#production',
  'api-token#l#c#user:1x#production',
  'api-token#l#c#service#staging',
  'api-token#l#c#service#production#more',
  'api-token#%#c#service#production',
])('%j names no principal', (partition) => {
  expect(principalOf(partition)).toBeUndefined()
})

test('no text at all makes the parser throw', () => {
  assert(
    property(string(), option(string()), (one, other) => {
      expect(() => principalOf(`api-token#${one}#${other ?? '%'}#service#dev`)).not.toThrow()
    }),
  )
  expect(principalOf('api-token#%zz#c#service#dev')).toBeUndefined()
})

test('the base of a user is the service account in production', () => {
  expect(baseOf({ ...service, userId: '1', workspace: 'dev' })).toEqual(service)
})
