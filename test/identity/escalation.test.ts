// Whatever a user claims: no more than the tenant file gives, by the claims that it names.
import type { Arbitrary } from 'fast-check'
import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  jsonValue,
  oneof,
  option,
  property,
  record,
  string,
  uniqueArray,
} from 'fast-check'
import { expect, it } from 'vitest'
import { BrokerError } from '../../lib/errors.ts'
import { parseClaims } from '../../lib/identity/claims.ts'
import type { Visitor } from '../../lib/identity/embed-caller.ts'
import { claimsOnTheWire } from '../../local/gateway/claims.ts'
import { visitorOf } from './visitor-samples.ts'

const claimNames = ['c0', 'c1', 'c2', 'https://acme.example/roles', 'permissions', 'first_name']
const roleNames = ['viewer', 'analyst', 'admin']
const words = ['see_looks', 'explore', 'download', '17', '4', 'EMEA', ...roleNames]

type Field = unknown
type Profile = Readonly<Record<string, Field>>
type Roles = {
  readonly claim: string
  readonly list: boolean
  readonly values: Readonly<Record<string, Profile>>
  readonly default: string | null
}
type Tenant = { readonly user: Profile; readonly roles: Roles | null }
type Raw = Readonly<Record<string, unknown>>

const word = constantFrom(...words)
const wordList = uniqueArray(word, { minLength: 1, maxLength: 4 })
const claimName = constantFrom(...claimNames)

const fixedOrClaim = (fixed: Arbitrary<unknown>): Arbitrary<unknown> =>
  oneof(fixed, record({ claim: claimName, default: fixed }, { requiredKeys: ['claim'] }))

const fields = {
  first_name: fixedOrClaim(word),
  user_timezone: fixedOrClaim(oneof(word, constant(null))),
  external_group_id: fixedOrClaim(word),
  permissions: fixedOrClaim(wordList),
  models: fixedOrClaim(wordList),
  group_ids: fixedOrClaim(array(constantFrom('1', '2', '3'), { minLength: 1, maxLength: 3 })),
  user_attributes: dictionary(
    constantFrom('region', 'vendor', 'brand'),
    fixedOrClaim(oneof(word, integer(), boolean(), wordList)),
    { maxKeys: 3 },
  ),
  force_logout_login: fixedOrClaim(boolean()),
  session_length: fixedOrClaim(integer({ min: 300, max: 2_592_000 })),
}
const profile: Arbitrary<Profile> = record(fields, { requiredKeys: [] })

const roles: Arbitrary<Roles> = record({
  claim: claimName,
  list: boolean(),
  values: record(
    { viewer: profile, analyst: profile, admin: profile },
    { requiredKeys: ['viewer'] },
  ),
  default: constantFrom(null, 'viewer'),
})

const tenant: Arbitrary<Tenant> = record({
  user: profile.map((settings) => ({
    external_user_id: { claim: 'sub' },
    session_length: 43_200,
    ...settings,
  })),
  roles: option(roles),
})

const claims: Arbitrary<Raw> = dictionary(
  claimName,
  oneof(
    { weight: 3, arbitrary: word },
    { weight: 6, arbitrary: wordList },
    { weight: 1, arbitrary: oneof(boolean(), integer(), jsonValue()) },
  ),
  { maxKeys: claimNames.length },
)

/** As the gateway hands them on, of a token and of a tenant's own authorizer. */
const forms: readonly ((raw: Raw) => unknown)[] = [
  (raw) => ({ jwt: { claims: claimsOnTheWire(raw), scopes: null } }),
  (raw) => ({ lambda: raw }),
]

const outcomeOf = (file: Tenant, authorizer: unknown): Visitor | string => {
  try {
    return visitorOf(file)(parseClaims(authorizer))
  } catch (error) {
    if (error instanceof BrokerError) return error.code
    throw error
  }
}

const isFromClaim = (field: Field): field is { claim: string; default?: unknown } =>
  typeof field === 'object' && field !== null && 'claim' in field

/** Each value and each word of a list as text, for the two forms differ in types. */
const textsOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.flatMap(textsOf)
    : [
        String(value),
        ...String(value)
          .replaceAll(/^\[|\]$/g, '')
          .split(' '),
      ]

/** All that a field could ever be, in any of the profiles. */
const allowedBy = (field: Field, raw: Raw): string[] => {
  if (field === undefined) return []
  if (!isFromClaim(field)) return textsOf(field)
  const claim = raw[field.claim]
  const defaults = 'default' in field ? textsOf(field.default) : []
  const given = claim === undefined ? [] : textsOf(Object.values(claimsOnTheWire({ claim })))
  return [...given, ...textsOf(claim ?? []), ...defaults]
}

/** The roles that are said in so many words; else the default. */
const rolesIn = ({ roles: file }: Tenant, raw: Raw): Profile[] => {
  if (file === null) return []
  const claim = raw[file.claim]
  const said = Array.isArray(claim) && !file.list ? [] : [claim].flat()
  const named = Object.keys(file.values).filter((name) => said.includes(name))
  const chosen = named.length > 0 ? named : [file.default ?? []].flat()
  return chosen.map((name) => file.values[name] ?? {})
}

const optionalFields = ['first_name', 'last_name', 'user_timezone', 'external_group_id']

/** What `user` says counts where no role says anything; or where that is left out. */
const settingsOf = (key: string, user: Field, ofRoles: readonly Field[]): readonly Field[] => {
  const said = ofRoles.filter((field) => field !== undefined)
  return said.length === 0 || optionalFields.includes(key) ? [user, ...said] : said
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

/** Where a visitor has what the tenant file does not give; as `key: value`. */
const excessOf = (file: Tenant, raw: Raw, visitor: Visitor): string[] => {
  const chosen = rolesIn(file, raw)
  const beyond = (path: readonly string[], value: unknown): string[] => {
    const within = (settings: Field) => path.reduce(fieldOf, settings)
    const settings = settingsOf(path.join('.'), within(file.user), chosen.map(within))
    const allowed = new Set(settings.flatMap((field) => allowedBy(field, raw)))
    return [value]
      .flat()
      .filter((part) => !allowed.has(String(part)))
      .map((part) => `${path.join('.')}: ${String(part)}`)
  }
  const { user_attributes, ...user } = visitor.user
  return [
    ...Object.entries(user).flatMap(([key, value]) => beyond([key], value)),
    ...Object.entries(user_attributes ?? {}).flatMap(([name, value]) =>
      beyond(['user_attributes', name], value),
    ),
    ...beyond(['session_length'], visitor.sessionLengthSeconds),
  ]
}

it('nobody is given more than the tenant file allows', () => {
  const outcomes = new Map<string, number>()

  assert(
    property(tenant, claims, constantFrom(...forms), (file, some, formOf) => {
      const raw = { sub: 'ada', ...some }
      const outcome = outcomeOf(file, formOf(raw))
      const kind = typeof outcome === 'string' ? outcome : 'given'
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)

      expect(typeof outcome === 'string' ? [] : excessOf(file, raw, outcome)).toEqual([])
    }),
    { numRuns: 500 },
  )

  // Were nearly all refused, the runs would say little.
  expect(outcomes.get('given')).toBeGreaterThan(50)
  expect([...outcomes.keys()].toSorted()).toEqual(['forbidden', 'given', 'unauthenticated'])
})

const named = (part: unknown): string[] =>
  typeof part !== 'object' || part === null
    ? []
    : Object.entries(part).flatMap(([key, value]) =>
        key === 'claim' && typeof value === 'string' ? [value] : named(value),
      )

it('a claim that the tenant file does not name changes nothing', () => {
  const other = oneof(constantFrom('role', 'roles', 'models', 'group_ids', ...claimNames), string())

  assert(
    property(
      tenant,
      claims,
      dictionary(other, oneof(word, wordList, jsonValue()), { maxKeys: 20 }),
      constantFrom(...forms),
      (file, some, others, formOf) => {
        const known = new Set([...named(file), 'iat', 'auth_time'])
        const only = (raw: Raw, isKnown: boolean) =>
          Object.fromEntries(Object.entries(raw).filter(([name]) => known.has(name) === isKnown))
        const needed = { sub: 'ada', ...only(some, true) }

        expect(outcomeOf(file, formOf({ ...only(others, false), ...needed }))).toEqual(
          outcomeOf(file, formOf(needed)),
        )
      },
    ),
    { numRuns: 500 },
  )
})
