// The Looker user of a visitor: what the tenant file gives, filled from the claims that it names. Pure.
import type {
  AttributeValue,
  EmbedSettings,
  FromClaim,
  IdentitySettings,
  OrClaim,
  ProfileSettings,
  RoleSettings,
} from '../config/embed.ts'
import { BrokerError } from '../errors.ts'
import type { EmbedUser } from '../looker/embed-client.ts'
import { refusedClaim } from './claims.ts'
import type { Claims } from './claims.ts'
import type { Visitor } from './embed-caller.ts'

/** The sections of the tenant file that decide. */
export type VisitorSettings = { readonly identity: IdentitySettings; readonly embed: EmbedSettings }

const defaultSessionSeconds = 43_200

/**
 * Errors of what is returned: `unauthenticated` for a claim that is needed and missing, or does not serve;
 * `forbidden` for a user without a role.
 */
export const createVisitorOf =
  ({ identity, embed }: VisitorSettings) =>
  (claims: Claims): Visitor => {
    const profile = mergedProfile(embed, claims)
    const issuedAtMs = inMs(claims.seconds('iat'))
    const signedInAtMs = inMs(claims.seconds(identity.signed_in_at_claim ?? 'auth_time'))
    const { device_claim } = identity
    return {
      user: userOf(embed.user.external_user_id, profile, claims),
      sessionLengthSeconds: sessionLength(profile.session_length ?? defaultSessionSeconds, claims),
      issuedAtMs,
      signedInAtMs: signedInAtMs ?? issuedAtMs,
      deviceClaim:
        device_claim === null ? undefined : needed(device_claim, claims.text(device_claim)),
      domains:
        embed.domain_claim === null
          ? undefined
          : needed(embed.domain_claim, claims.list(embed.domain_claim)),
    }
  }

const inMs = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000

const needed = <T>(name: string, value: T | undefined): T => {
  if (value !== undefined) return value
  throw new BrokerError('unauthenticated', `The claim ${name} is missing.`)
}

const mergedProfile = ({ user, roles }: EmbedSettings, claims: Claims): ProfileSettings => {
  if (roles === null) return user
  const merged = rolesOf(roles, claims).reduce(united)
  const user_attributes = { ...user.user_attributes, ...merged.user_attributes }
  return {
    ...user,
    ...merged,
    ...(Object.keys(user_attributes).length > 0 && { user_attributes }),
  }
}

/** In file order. At least one, or `forbidden`. */
const rolesOf = (roles: RoleSettings, claims: Claims): ProfileSettings[] => {
  // A role is compared as a whole text, so a list where one value is expected is no role.
  const one = roles.list ? undefined : claims.text(roles.claim)
  const named = roles.list ? (claims.list(roles.claim) ?? []) : one === undefined ? [] : [one]
  const entries = Object.entries(roles.values)
  const known = entries.filter(([name]) => named.includes(name))
  const chosen = known.length > 0 ? known : entries.filter(([name]) => name === roles.default)
  if (chosen.length > 0) return chosen.map(([, profile]) => profile)
  throw new BrokerError('forbidden', 'The user has no role that may see embedded content.')
}

/** Lists are united, of all else the first role's counts. */
const united = (first: ProfileSettings, next: ProfileSettings): ProfileSettings => ({
  ...next,
  ...first,
  ...unitedField('permissions', first.permissions, next.permissions),
  ...unitedField('models', first.models, next.models),
  ...unitedField('group_ids', first.group_ids, next.group_ids),
  ...((first.user_attributes ?? next.user_attributes) && {
    user_attributes: { ...next.user_attributes, ...first.user_attributes },
  }),
})

type Names = OrClaim<readonly string[]> | undefined

const unitedField = (key: string, first: Names, next: Names): Readonly<Record<string, Names>> => {
  if (!isFixedList(first) || !isFixedList(next)) return {}
  return { [key]: [...new Set([...first, ...next])] }
}

const isFixedList = (names: Names): names is readonly string[] => Array.isArray(names)

type Reader<T> = (name: string) => T | undefined

const isFromClaim = <T>(field: OrClaim<T>): field is FromClaim<T> =>
  typeof field === 'object' && field !== null && 'claim' in field

/** Undefined where neither the claim nor a default is there. */
const resolved = <T>(field: OrClaim<T>, read: Reader<T>): T | undefined =>
  isFromClaim(field) ? (read(field.claim) ?? field.default) : field

const resolvedOrRefused = <T>(field: OrClaim<T>, read: Reader<T>): T =>
  isFromClaim(field) ? needed(field.claim, resolved(field, read)) : field

const userOf = (id: OrClaim<string>, profile: ProfileSettings, claims: Claims): EmbedUser => {
  const { permissions, models, group_ids, user_attributes } = profile
  return {
    external_user_id: resolvedOrRefused(id, (name) => checked(name, claims.text(name), isUserId)),
    ...optionalText('first_name', profile.first_name, claims),
    ...optionalText('last_name', profile.last_name, claims),
    ...optionalText('user_timezone', profile.user_timezone, claims),
    ...optionalText('external_group_id', profile.external_group_id, claims),
    ...(permissions !== undefined && { permissions: resolvedOrRefused(permissions, claims.list) }),
    ...(models !== undefined && { models: resolvedOrRefused(models, claims.list) }),
    ...(group_ids !== undefined && { group_ids: resolvedOrRefused(group_ids, groupsOf(claims)) }),
    ...(user_attributes !== undefined && {
      user_attributes: attributesOf(user_attributes, claims),
    }),
  }
}

/** A text that a user need not have; left out, Looker has its own. */
const optionalText = (
  key: 'first_name' | 'last_name' | 'user_timezone' | 'external_group_id',
  field: OrClaim<string | null> | undefined,
  claims: Claims,
): Readonly<Record<string, string | null>> => {
  const most = key === 'external_group_id' ? 81 : 255
  const isFit = (value: string) => value.length <= most && !/\p{Cc}/u.test(value)
  const value =
    field === undefined
      ? undefined
      : resolved<string | null>(field, (name) => checked(name, claims.text(name), isFit))
  return value === undefined ? {} : { [key]: value }
}

const groupsOf = (claims: Claims) => (name: string) =>
  checked(name, claims.list(name), (ids) => ids.every((id) => /^\d{1,20}$/.test(id)))

const attributesOf = (
  attributes: Readonly<Record<string, OrClaim<AttributeValue>>>,
  claims: Claims,
): Readonly<Record<string, AttributeValue>> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, field]) => [
      name,
      resolvedOrRefused<AttributeValue>(field, claims.value),
    ]),
  )

const sessionLength = (field: OrClaim<number>, claims: Claims): number =>
  resolvedOrRefused(field, (name) =>
    checked(name, claims.seconds(name), (seconds) => seconds >= 300 && seconds <= 2_592_000),
  )

const isUserId = (id: string): boolean => /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,200}$/u.test(id)

const checked = <T>(name: string, value: T | undefined, isFit: (value: T) => boolean) => {
  if (value !== undefined && !isFit(value)) throw refusedClaim(name)
  return value
}
