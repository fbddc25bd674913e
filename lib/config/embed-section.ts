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
import { about, list, mapping, origin, text, whole } from './schema.ts'
import type { TenantOptions } from './schema.ts'
import { sessionPolicySection } from './session-policy-section.ts'
import { resolvedPolicy } from './session-policy.ts'
import { isUserId } from './user-id.ts'

export const embedSection = (options: TenantOptions) =>
  pipe(
    mapping({
      store: optional(
        about(
          'Where the session reference token is kept: sealed in the table, or sealed with the page.',
          picklist(['server', 'client'], 'write server or client'),
        ),
        'server',
      ),
      sessions_per_user: optional(
        about(
          'Whether another session of a user ends the earlier ones. Not to be written with `store: client`.',
          picklist(['one', 'many'], 'write one or many'),
        ),
        'one',
      ),
      domain: optional(
        about(
          'Origin of a page that shares its origin with the broker. Needed when `origins` is empty.',
          nullable(origin(options)),
        ),
        null,
      ),
      domain_claim: optional(
        about(
          'A claim (one origin or a list) of where this user may embed; a user without it is refused.',
          nullable(claimName()),
        ),
        null,
      ),
      direct: optional(
        about(
          'Whether whoever may invoke the direct functions may have sessions for the claims it names.',
          boolean('write true or false'),
        ),
        false,
      ),
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
    external_user_id: optional(
      about(
        'The Looker user. **A fixed one is one Looker user for everybody**, with one profile: then no `roles`, and no other field but `session_length` from a claim.',
        orClaim(userId()),
        '1 to 200 characters (see below), or from a claim',
      ),
      '',
    ),
    ...profile(),
    session_length: optional(
      about(
        'Length of the session that is started; nothing extends it. A session that is joined keeps its own.',
        orClaim(sessionLength()),
        'seconds, 300 to 2592000, or from a claim',
      ),
      43_200,
    ),
  })

const userIdRule =
  'write a text of 1 to 200 characters without blanks at its ends, or a mapping of claim and default'

const userId = () => pipe(string(userIdRule), check(isUserId, userIdRule))

const rolesSection = () =>
  mapping({
    claim: optional(about("The claim that names the user's role.", claimName()), ''),
    list: optional(
      about(
        'The claim is a list, and every known role in it counts.',
        boolean('write true or false'),
      ),
      false,
    ),
    values: optional(
      about(
        'What each role adds to `user` or puts in its place: the keys of `embed.user` without `external_user_id`.',
        record(
          // A list looks like `[a b]` on the wire of a JWT authorizer; no role may be called like one.
          text(
            /^(?!\[)[^\p{Cc}]{1,200}$/u,
            'the name of a role, 1 to 200 characters, not in brackets',
          ),
          mapping({ ...profile(), session_length: exactOptional(orClaim(sessionLength())) }),
          'write a mapping of role names to what the role adds',
        ),
        'role names, each with its settings; at least one',
      ),
      {},
    ),
    default: optional(
      about(
        'Role of users without a known one. `null`: they are refused.',
        nullable(shortText(200)),
        'one of `values`, or `null`',
      ),
      null,
    ),
  })

const profile = () => ({
  first_name: exactOptional(about('First name.', orClaim(nullable(shortText(255))), textOf(255))),
  last_name: exactOptional(about('Last name.', orClaim(nullable(shortText(255))), textOf(255))),
  user_timezone: exactOptional(
    about(
      "Time zone. `null` forces Looker's default; leave it out where user time zones are off.",
      orClaim(nullable(shortText(100))),
      textOf(100),
    ),
  ),
  permissions: exactOptional(
    about('Permissions in Looker.', orClaim(names(shortText(255))), namesInWords),
  ),
  models: exactOptional(about('LookML models.', orClaim(names(shortText(255))), namesInWords)),
  group_ids: exactOptional(
    about(
      'Looker groups.',
      orClaim(names(text(/^\d{1,20}$/, 'a group id, 1 to 20 digits, in quotes'))),
      'a list of 1 to 100 ids in quotes, or from a claim',
    ),
  ),
  external_group_id: exactOptional(
    about('Group of your own, for shared folders.', orClaim(nullable(shortText(81))), textOf(81)),
  ),
  user_attributes: exactOptional(
    about(
      'User attributes by name.',
      record(
        shortText(255),
        orClaim(attribute()),
        'write a mapping of names of user attributes to their values',
      ),
      'each a text, number, `true`, `false`, list of texts, or from a claim',
    ),
  ),
  force_logout_login: exactOptional(
    about(
      "Whether the browser's earlier sign-in to Looker is forgotten first. Looker's default is `true`.",
      orClaim(boolean('write true or false, or a mapping of claim and default')),
      '`true`, `false`, or from a claim',
    ),
  ),
})

const textOf = (most: number): string => `1 to ${most} characters, \`null\`, or from a claim`

const namesInWords = 'a list of 1 to 100 names, or from a claim'

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
