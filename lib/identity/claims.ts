// Verified claims as one type, whoever verified them. HTTP APIs hand on the claims of a token as texts: lists as
// `[a b]`, numbers in decimal or with an exponent, everything deeper as Go prints it.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
import * as v from 'valibot'
import type { AttributeValue } from '../config/embed.ts'
import { BrokerError } from '../errors.ts'

/**
 * Each accessor gives undefined for a claim that is absent or null, and for an empty text where texts are read.
 * Errors: `unauthenticated`, naming the claim and not its value, for one of another type or too large.
 */
export type Claims = {
  /** 1 to 1,024 characters. A list on the wire of a JWT authorizer stays the text that it is there. */
  readonly text: (name: string) => string | undefined
  /** At most 200 texts. One value is a list of one. */
  readonly list: (name: string) => readonly string[] | undefined
  /**
   * For user attributes. Of a JWT authorizer always a text, and one in brackets is refused: whether it was a
   * list or a text that somebody chose to look like one cannot be told, and attributes decide who sees which rows.
   */
  readonly value: (name: string) => AttributeValue | undefined
  /** True or false, also as a text. */
  readonly flag: (name: string) => boolean | undefined
  /** A whole number from 0, an instant in epoch seconds or a length in seconds. Whoever asks knows the range. */
  readonly seconds: (name: string) => number | undefined
}

const mostClaims = 100
const mostCharacters = 8 * 1024
const mostOfText = 1024
const mostOfList = 200

const authorizer = v.union([
  v.object({ jwt: v.object({ claims: v.record(v.string(), v.unknown()) }) }),
  v.object({ lambda: v.record(v.string(), v.unknown()) }),
])
const given = v.record(v.string(), v.unknown())

/** From the gateway's authorizer context. Errors: `unauthenticated`. */
export const parseClaims = (unverifiedAuthorizer: unknown): Claims => {
  const parsed = v.safeParse(authorizer, unverifiedAuthorizer)
  if (!parsed.success)
    throw new BrokerError('unauthenticated', 'The request has no verified claims.')
  return 'jwt' in parsed.output
    ? claimsOf(parsed.output.jwt.claims, onTheWire)
    : claimsOf(parsed.output.lambda, asGiven)
}

/** From whoever may invoke a direct function. Errors: `unauthenticated`. */
export const parseGivenClaims = (unverified: unknown): Claims => {
  const parsed = v.safeParse(given, unverified)
  if (!parsed.success) throw new BrokerError('unauthenticated', 'The claims are no mapping.')
  return claimsOf(parsed.output, asGiven)
}

/** Somebody without a last name often has an empty one. */
const orNone = (value: unknown): unknown => (value === '' ? undefined : value)

/** What a list looks like on the wire; names within it are parted by blanks. */
const listFromWire = (value: unknown): unknown => {
  const [, inner] = typeof value === 'string' ? (/^\[([^[\]]*)\]$/.exec(value) ?? []) : []
  return inner === undefined ? value : inner.split(' ').filter((word) => word !== '')
}

type Raw = Readonly<Record<string, unknown>>

const claimsOf = (raw: Raw, { listFrom, attribute }: Form): Claims => {
  if (Object.keys(raw).length > mostClaims) {
    throw new BrokerError('unauthenticated', 'The request has too many claims.')
  }
  const read = createReader(raw)
  return {
    text: (name) => read(name, textSchema, orNone),
    list: (name) => read(name, listSchema, (value) => listFrom(orNone(value))),
    value: (name) => read(name, attribute, orNone),
    flag: (name) => read(name, flagSchema),
    seconds: (name) => read(name, secondsSchema),
  }
}

type Read = <T>(
  name: string,
  schema: v.GenericSchema<unknown, T>,
  prepare?: (value: unknown) => unknown,
) => T | undefined

/** All that is read counts together, each claim once, so that no token makes the sealed profile large. */
const createReader = (raw: Raw): Read => {
  const sizes = new Map<string, number>()
  return (name, schema, prepare = (value) => value) => {
    const value = prepare(Object.hasOwn(raw, name) ? raw[name] : undefined)
    if (value === undefined || value === null) return undefined
    const parsed = v.safeParse(schema, value)
    if (!parsed.success) throw refusedClaim(name)
    sizes.set(name, JSON.stringify(parsed.output).length)
    const read = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    if (read > mostCharacters) throw refusedClaim(name)
    return parsed.output
  }
}

/** A claim that does not serve. The message names it and never holds its value. */
export const refusedClaim = (name: string): BrokerError =>
  new BrokerError(
    'unauthenticated',
    `The claim ${name} is of another type than is needed, or too large.`,
  )

/** Go's print of a nested claim, which is no text of anybody's. */
const nested = /^map\[.*\]$/s

const textSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(mostOfText),
  v.check((value) => !nested.test(value) && !/\p{Cs}/u.test(value)),
)

const listSchema = v.pipe(
  v.unknown(),
  v.transform((value): unknown => (Array.isArray(value) ? value : [value])),
  v.array(textSchema),
  v.maxLength(mostOfList),
)

const attributeSchema = v.union([
  textSchema,
  v.pipe(v.number(), v.finite()),
  v.boolean(),
  v.pipe(v.array(textSchema), v.maxLength(mostOfList)),
])

const secondsSchema = v.pipe(
  v.unknown(),
  // At most 40 characters: longer ones are no instant, and nothing is to be gained from reading them.
  v.transform((value): unknown =>
    typeof value === 'string' && /^\d[\d.]{0,30}([eE][+-]?\d{1,3})?$/.test(value)
      ? Number(value)
      : value,
  ),
  v.number(),
  v.safeInteger(),
  v.minValue(0),
)

const flagSchema = v.pipe(
  v.unknown(),
  v.transform((value): unknown => (value === 'true' ? true : value === 'false' ? false : value)),
  v.boolean(),
)

/** How claims arrive: what a list may be made of, and what may be a user attribute. */
type Form = {
  readonly listFrom: (value: unknown) => unknown
  readonly attribute: v.GenericSchema<unknown, AttributeValue>
}

const asGiven: Form = { listFrom: (value) => value, attribute: attributeSchema }

const onTheWire: Form = {
  listFrom: listFromWire,
  attribute: v.pipe(
    textSchema,
    v.check((value) => !/^\[.*\]$/s.test(value)),
  ),
}
