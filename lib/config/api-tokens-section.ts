// The section `api_tokens` of the tenant file: who may have whose token.
import { boolean, lazy, literal, minLength, optional, picklist, pipe } from 'valibot'
import type { GenericSchema } from 'valibot'
import { iamRole } from './admin-section.ts'
import { about, list, mapping, text, whole } from './schema.ts'

export const apiTokensSection = () =>
  mapping({
    margin_seconds: optional(
      about(
        'A token is handed out only while it has this much life left.',
        whole(10, 300, 'seconds'),
      ),
      30,
    ),
    callers: optional(
      about(
        'Who may call `POST /api-token`, and for what. A role that is not listed gets nothing. Each pair of account and role once.',
        list(mapping({ ...iamRole(), ...rights('It') })),
        'a list of entries with the next five keys',
      ),
      [],
    ),
    direct: optional(mapping(rights('Whoever may invoke the direct function')), {}),
  })

const rights = (who: string) => ({
  service_account: optional(
    about(`${who} may have tokens of the service account itself.`, boolean('write true or false')),
    false,
  ),
  users: optional(
    about(
      `${who} may have tokens of these Looker users.`,
      // Not a union: its complaint would name the list, and not the entry that is wrong.
      lazy((unverified): GenericSchema<unknown, 'any' | string[]> =>
        typeof unverified === 'string'
          ? literal('any', 'write any, or a list of user ids')
          : list(text(/^\d{1,20}$/, 'a Looker user id, 1 to 20 digits, in quotes')),
      ),
      '`any`, or a list of user ids: 1 to 20 digits, in quotes',
    ),
    [],
  ),
  workspaces: optional(
    about(
      `${who} may have tokens for these workspaces.`,
      pipe(
        list(picklist(['production', 'dev'], 'write production or dev')),
        minLength(1, 'name at least one of production and dev'),
      ),
      'a list of `production` and `dev`, at least one',
    ),
    ['production'],
  ),
})
