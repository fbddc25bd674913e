// Looker's own model of an embed user, held against the tenant file and what is sent.
import type { IEmbedCookielessSessionAcquire } from '@looker/sdk'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { tenantSchema } from '../../lib/config.ts'
import type { EmbedUser } from '../../lib/looker/embed-client.ts'

type LookerField = keyof IEmbedCookielessSessionAcquire

// A record of all fields: one that is new in Looker's model breaks the compilation here.
const sectionOf: Readonly<Record<LookerField, 'user' | 'page' | 'broker'>> = {
  external_user_id: 'user',
  first_name: 'user',
  last_name: 'user',
  user_timezone: 'user',
  permissions: 'user',
  models: 'user',
  group_ids: 'user',
  external_group_id: 'user',
  user_attributes: 'user',
  force_logout_login: 'user',
  session_length: 'user',
  embed_domain: 'page',
  session_reference_token: 'broker',
}

const fieldsIn = (section: string): string[] =>
  Object.entries(sectionOf)
    .filter(([, own]) => own === section)
    .map(([field]) => field)
    .toSorted()

const file = tenantSchema({ allowLoopback: false }).entries
const embed = file.embed.wrapped.wrapped.entries
const role = embed.roles.wrapped.wrapped.entries.values.wrapped.value

describe("a field of Looker's model", () => {
  it('is a key of embed.user, and embed.user has no other', () => {
    expect(Object.keys(embed.user.wrapped.entries).toSorted()).toEqual(fieldsIn('user'))
  })

  it('may be set by a role, but for who the user is', () => {
    expect(['external_user_id', ...Object.keys(role.entries)].toSorted()).toEqual(fieldsIn('user'))
  })

  it('that is of the page is one of the origins', () => {
    expect(fieldsIn('page')).toEqual(['embed_domain'])
    expect(Object.keys(file)).toContain('origins')
    expect(Object.keys(embed)).toContain('domain')
  })
})

it('takes what is sent of a user', () => {
  type Frozen<Value> = Value extends (infer Item)[] ? readonly Item[] : Value
  type LookerUser = {
    readonly [Field in LookerField]?: Frozen<IEmbedCookielessSessionAcquire[Field]>
  }

  expectTypeOf<EmbedUser>().toExtend<LookerUser>()
  expectTypeOf<keyof EmbedUser>().toExtend<LookerField>()
})
