// One digest of all that Looker is told of a user, so that a change of it is seen. Looker keeps the old
// permissions for as long as a session is joined. Pure.
import type { EmbedUser } from '../looker/embed-client.ts'
import { digestOf } from './session-key.ts'

/**
 * SHA-256 as base64url. The order of permissions, models and groups, and whether one is named twice,
 * makes no difference; a field that is null differs from one left out.
 */
export const profileDigestOf = (instance: string, user: EmbedUser): string => {
  const { permissions, models, group_ids, ...rest } = user
  return digestOf(
    canonical({
      instance,
      ...rest,
      permissions: asSet(permissions),
      models: asSet(models),
      group_ids: asSet(group_ids),
    }),
  )
}

const asSet = (names: readonly string[] | null | undefined): readonly string[] | null | undefined =>
  names && [...new Set(names)].toSorted()

/** JSON with sorted keys, without what is undefined. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (isRecord(part) ? sorted(part) : part))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

// Without a prototype: an attribute may have any name, `__proto__` too.
const sorted = (record: Readonly<Record<string, unknown>>): object => {
  const keys = Object.keys(record).toSorted()
  return Object.assign(Object.create(null), ...keys.map((key) => ({ [key]: record[key] })))
}
