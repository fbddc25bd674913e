// The Looker user of a visitor: what the tenant file gives, filled from the claims that it names. Pure.
import type {
  AttributeValue,
  EmbedSettings,
  FromClaim,
  IdentitySettings,
  OrClaim,
  ProfileSettings,
  RoleSettings,
  UserSettings,
} from '../config/embed.ts'
import { isUserId } from '../config/user-id.ts'
import { BrokerError } from '../errors.ts'
import { refusedClaim } from './claims.ts'
import type { Claims } from './claims.ts'
import type { Visitor } from './embed-caller.ts'

/** The sections of the tenant file that decide. */
export type VisitorSettings = { readonly identity: IdentitySettings; readonly embed: EmbedSettings }

/**
 * Errors of what is returned: `unauthenticated` for a claim that is needed and missing, or does not serve;
 * `forbidden` for a user without a role.
 */
export const createVisitorOf =
  ({ identity, embed }: VisitorSettings) =>
  (claims: Claims): Visitor => {
    const settings = settingsFor(embed, claims)
    const issuedAtMs = instant('iat', claims)
    const signedInAtMs = instant(identity.signed_in_at_claim ?? 'auth_time', claims)
    const { device_claim } = identity
    return {
      user: { external_user_id: userIdOf(settings, claims), ...fieldsOf(settings, claims) },
      sessionLengthSeconds: sessionLength(settings.session_length, claims),
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

const earliest = Date.UTC(2000) / 1000
const latest = Date.UTC(2100) / 1000

/** Epoch milliseconds. What is not of this century was written in another unit, or by mistake. */
const instant = (name: string, claims: Claims): number | undefined => {
  const seconds = checked(
    name,
    claims.seconds(name),
    (value) => value >= earliest && value < latest,
  )
  return seconds === undefined ? undefined : seconds * 1000
}

const needed = <T>(name: string, value: T | undefined): T => {
  if (value !== undefined) return value
  throw new BrokerError('unauthenticated', `The claim ${name} is missing.`)
}

/**
 * What the user's roles say takes the place of what is said for every user, and the claims of that are then
 * not needed. Roles are resolved first, each by itself, so that lists are united wherever they come from.
 */
const settingsFor = ({ user, roles }: EmbedSettings, claims: Claims): UserSettings => {
  if (roles === null) return user
  const merged = rolesOf(roles, claims)
    .map((role) => profileOf(role, claims))
    .reduce(united)
  const user_attributes = { ...user.user_attributes, ...merged.user_attributes }
  return {
    ...user,
    ...merged,
    ...(Object.keys(user_attributes).length > 0 && { user_attributes }),
  }
}

type Fixed<Field> = Field extends FromClaim<unknown> ? never : Field

/** Settings whose claims are filled in; as such settings still. */
type Profile = {
  readonly [Key in keyof Omit<ProfileSettings, 'user_attributes'>]: Fixed<ProfileSettings[Key]>
} & { readonly user_attributes?: Readonly<Record<string, AttributeValue>> }

const profileOf = (role: ProfileSettings, claims: Claims): Profile => ({
  ...fieldsOf(role, claims),
  ...(role.session_length !== undefined && {
    session_length: sessionLength(role.session_length, claims),
  }),
})

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
const united = (first: Profile, next: Profile): Profile => ({
  ...next,
  ...first,
  ...unitedField('permissions', first, next),
  ...unitedField('models', first, next),
  ...unitedField('group_ids', first, next),
  ...((first.user_attributes ?? next.user_attributes) && {
    user_attributes: { ...next.user_attributes, ...first.user_attributes },
  }),
})

const unitedField = (
  key: 'permissions' | 'models' | 'group_ids',
  { [key]: first }: Profile,
  { [key]: next }: Profile,
): Readonly<Record<string, readonly string[]>> =>
  first && next ? { [key]: [...new Set([...first, ...next])] } : {}

type Reader<T> = (name: string) => T | undefined

const isFromClaim = <T>(field: OrClaim<T>): field is FromClaim<T> =>
  typeof field === 'object' && field !== null && 'claim' in field

/** Undefined where neither the claim nor a default is there. */
const resolved = <T>(field: OrClaim<T>, read: Reader<T>): T | undefined =>
  isFromClaim(field) ? (read(field.claim) ?? field.default) : field

const resolvedOrRefused = <T>(field: OrClaim<T>, read: Reader<T>): T =>
  isFromClaim(field) ? needed(field.claim, resolved(field, read)) : field

const userIdOf = ({ external_user_id }: UserSettings, claims: Claims): string =>
  resolvedOrRefused(external_user_id, (name) => checked(name, claims.text(name), isUserId))

/** All that Looker is told of the user but who it is. */
const fieldsOf = (settings: ProfileSettings, claims: Claims): Omit<Profile, 'session_length'> => {
  const { permissions, models, group_ids, user_attributes, force_logout_login } = settings
  return {
    ...optionalText('first_name', settings.first_name, claims),
    ...optionalText('last_name', settings.last_name, claims),
    ...optionalText('user_timezone', settings.user_timezone, claims),
    ...optionalText('external_group_id', settings.external_group_id, claims),
    ...(permissions !== undefined && { permissions: resolvedOrRefused(permissions, claims.list) }),
    ...(models !== undefined && { models: resolvedOrRefused(models, claims.list) }),
    ...(group_ids !== undefined && { group_ids: resolvedOrRefused(group_ids, groupsOf(claims)) }),
    ...(user_attributes !== undefined && {
      user_attributes: attributesOf(user_attributes, claims),
    }),
    ...(force_logout_login !== undefined && {
      force_logout_login: resolvedOrRefused(force_logout_login, claims.flag),
    }),
  }
}

/** The same as of fixed ones, in characters. */
const mostOf = { first_name: 255, last_name: 255, user_timezone: 100, external_group_id: 81 }

/** A text that a user need not have; left out, Looker has its own. */
const optionalText = (
  key: keyof typeof mostOf,
  field: OrClaim<string | null> | undefined,
  claims: Claims,
): Readonly<Record<string, string | null>> => {
  const isFit = (value: string) => value.length <= mostOf[key] && !/\p{Cc}/u.test(value)
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

const checked = <T>(name: string, value: T | undefined, isFit: (value: T) => boolean) => {
  if (value !== undefined && !isFit(value)) throw refusedClaim(name)
  return value
}
