// What settings are made of: the pieces of the tenant file's schema.
import {
  array,
  check,
  integer,
  maxValue,
  metadata,
  minValue,
  never,
  number,
  objectWithRest,
  optional,
  pipe,
  regex,
  string,
} from 'valibot'
import type { GenericSchema, ObjectEntries, ObjectSchema } from 'valibot'

export type TenantOptions = {
  /** Lets Looker and pages be on this machine, over plain http. For the stage `local` alone. */
  readonly allowLoopback: boolean
}

const originRule =
  'the origin alone: https://, a host name in lower case (no *, no IP address, not this machine), a port if it is not 443; no path, and no slash at the end'
const ipLiteral = /^(\d+\.){3}\d+$|^\[/
// RFC 6761 section 6.3, and the names that hosts files of usual systems give to the same addresses.
const loopbackName = /^(localhost\d?|ip6-localhost|ip6-loopback|.+\.localhost)(\.localdomain\d?)?$/
const loopbackAddress = /^(127(\.\d+){3}|\[::1\])$/

export const origin = ({ allowLoopback }: TenantOptions) =>
  pipe(
    string(`write ${originRule}`),
    check((value) => isOrigin(value, allowLoopback), `write ${originRule}`),
    metadata({ values: 'an origin (see below)' }),
  )

/** Loopback is on this machine, over plain http as well. */
export const isOrigin = (value: string, allowLoopback: boolean): boolean => {
  if (!URL.canParse(value)) return false
  const { origin: normal, hostname, protocol } = new URL(value)
  // Equality refuses credentials, path, query, fragment, capitals and addresses written in disguise.
  if (normal !== value || !/^[\w.:[\]-]+$/.test(hostname)) return false
  if (loopbackName.test(hostname) || loopbackAddress.test(hostname)) return allowLoopback
  return protocol === 'https:' && !ipLiteral.test(hostname) && !hostname.endsWith('.')
}

export const text = (pattern: RegExp, what: string) =>
  pipe(string(`write ${what}`), regex(pattern, `write ${what}`), metadata({ values: what }))

/** What the reference page says of a setting; the page is made of the schema (`npm run docs:configuration`). */
export const about = <const Schema extends GenericSchema>(
  what: string,
  schema: Schema,
  /** What may be written, in words, where the page cannot read it off the schema. */
  values?: string,
) => pipe(schema, metadata(values === undefined ? { what } : { what, values }))

export const whole = (least: number, most: number, unit: string) => {
  const rule = `write a whole number of ${unit} from ${least} to ${most}, without quotes`
  return pipe(
    number(rule),
    integer(rule),
    minValue(least, rule),
    maxValue(most, rule),
    metadata({ values: `${unit}, ${least} to ${most}` }),
  )
}

export const list = <Item extends GenericSchema>(item: Item) =>
  array(item, 'write a list, or leave the key out')

/** Absent is judged like an empty text, so that the complaint tells what to write. */
export const required = <Schema extends GenericSchema<string>>(schema: Schema) =>
  optional(schema, '')

// valibot's strictObject stops at its first unknown key; this names every one. The type of a rest of
// `never` would forbid the known keys as well, so the signature states what is so.
export function mapping<Entries extends ObjectEntries>(
  entries: Entries,
): ObjectSchema<Entries, undefined>
export function mapping(entries: ObjectEntries): GenericSchema {
  return objectWithRest(
    entries,
    never(`is not a setting; there are: ${Object.keys(entries).join(', ')}`),
    'write a mapping of settings, or leave the key out',
  )
}

/** A field of the raw file, where the schema's own checks are skipped. */
export const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
