// Schema of the tenant file's section `embed`.
import {
  boolean,
  check,
  exactOptional,
  lazy,
  maxLength,
  minLength,
  nullable,
  number,
  optional,
  picklist,
  pipe,
  record,
  string,
  transform,
} from 'valibot'
import type { GenericSchema } from 'valibot'
import type { AttributeValue, OrClaim } from './embed.ts'
import { claimName } from './identity-section.ts'
import { list, mapping, origin, text, whole } from './schema.ts'
import type { TenantOptions } from './schema.ts'
import { sessionPolicySection } from './session-policy-section.ts'
import { resolvedPolicy } from './session-policy.ts'
import { isUserId } from './user-id.ts'

export const embedSection = (options: TenantOptions) =>
  pipe(
    mapping({
      store: optional(picklist(['server', 'client'], 'write server or client'), 'server'),
      sessions_per_user: optional(picklist(['one', 'many'], 'write one or many'), 'one'),
      domain: optional(nullable(origin(options)), null),
      domain_claim: optional(nullable(claimName()), null),
      direct: optional(boolean('write true or false'), false),
      session_policy: optional(nullable(sessionPolicySection()), null),
      user: optional(userSection(), {}),
      roles: optional(nullable(rolesSection()), null),
    }),
    transform((embed) => ({
      ...embed,
      session_policy: embed.session_policy && resolvedPolicy(embed.session_policy, embed.store),
    })),
  )

const userSection = () =>
  mapping({
    external_user_id: optional(orClaim(userId()), ''),
    ...profile(),
    session_length: optional(orClaim(sessionLength()), 43_200),
  })

const userIdRule =
  'write a text of 1 to 200 characters without blanks at its ends, or a mapping of claim and default'

const userId = () => pipe(string(userIdRule), check(isUserId, userIdRule))

const rolesSection = () =>
  mapping({
    claim: optional(claimName(), ''),
    list: optional(boolean('write true or false'), false),
    values: optional(
      record(
        // A list looks like `[a b]` on the wire of a JWT authorizer; no role may be called like one.
        text(
          /^(?!\[)[^\p{Cc}]{1,200}$/u,
          'the name of a role, 1 to 200 characters, not in brackets',
        ),
        mapping({ ...profile(), session_length: exactOptional(orClaim(sessionLength())) }),
        'write a mapping of role names to what the role adds',
      ),
      {},
    ),
    default: optional(nullable(shortText(200)), null),
  })

const profile = () => ({
  first_name: exactOptional(orClaim(nullable(shortText(255)))),
  last_name: exactOptional(orClaim(nullable(shortText(255)))),
  user_timezone: exactOptional(orClaim(nullable(shortText(100)))),
  permissions: exactOptional(orClaim(names(shortText(255)))),
  models: exactOptional(orClaim(names(shortText(255)))),
  group_ids: exactOptional(
    orClaim(names(text(/^\d{1,20}$/, 'a group id, 1 to 20 digits, in quotes'))),
  ),
  external_group_id: exactOptional(orClaim(nullable(shortText(81)))),
  user_attributes: exactOptional(
    record(
      shortText(255),
      orClaim(attribute()),
      'write a mapping of names of user attributes to their values',
    ),
  ),
  force_logout_login: exactOptional(
    orClaim(boolean('write true or false, or a mapping of claim and default')),
  ),
})

/** Not blank, without control characters and lone surrogates. */
const shortText = (most: number) =>
  text(
    new RegExp(`^(?=.*\\S)[^\\p{Cc}\\p{Cs}]{1,${most}}$`, 'u'),
    `a text of 1 to ${most} characters, or a mapping of claim and default`,
  )

const names = <Item extends GenericSchema>(item: Item) =>
  pipe(list(item), minLength(1, 'name at least one'), maxLength(100, 'name at most 100'))

const sessionLength = () => whole(300, 2_592_000, 'seconds')

const attribute = (): GenericSchema<unknown, AttributeValue> =>
  lazy((unverified): GenericSchema<unknown, AttributeValue> => {
    if (typeof unverified === 'number') return number('write a number')
    if (typeof unverified === 'boolean') return boolean('write true or false')
    if (Array.isArray(unverified)) return list(string('write a text'))
    return string('write a text, a number, true, false, a list of texts, or a mapping of claim')
  })

/** Not a union: its complaint would name the field, and not the entry that is wrong. */
const orClaim = <T>(schema: GenericSchema<unknown, T>): GenericSchema<unknown, OrClaim<T>> =>
  lazy((unverified): GenericSchema<unknown, OrClaim<T>> =>
    typeof unverified === 'object' && unverified !== null && !Array.isArray(unverified)
      ? mapping({ claim: optional(claimName(), ''), default: exactOptional(schema) })
      : schema,
  )
