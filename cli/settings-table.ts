// The table of settings on the reference page, read off the schema of the tenant file: whoever adds a
// setting says there what it sets, and the page follows (cli/configuration-page.ts). Pure.
import * as v from 'valibot'
import { fieldOf } from '../lib/config/schema.ts'

/** One setting. `byDefault` is JSON; undefined: it has to be given, or is left to Looker. */
export type Setting = {
  readonly path: string
  readonly what: string
  readonly values: string
  readonly byDefault: string | undefined
}

/** Every leaf of the schema, in the order of the schema; a list of mappings is followed by its keys. */
export const settingsOf = (schema: unknown, path = ''): readonly Setting[] => {
  const inner = unwrapped(schema)
  const entries = v.safeParse(withEntries, inner)
  if (entries.success) {
    return Object.entries(entries.output.entries).flatMap(([key, value]) =>
      settingsOf(value, path === '' ? key : `${path}.${key}`),
    )
  }
  const item = fieldOf(inner, 'item')
  const nested = v.is(withEntries, item) ? settingsOf(item, `${path}[]`) : []
  return [settingOf(schema, path), ...nested]
}

const marks = /(<!-- settings:[^>]*-->\n)[^]*(<!-- end of settings -->)/

/** The page with the table between its marks, not formatted. Errors: when it has not both. */
export const withSettings = (page: string, schema: unknown): string => {
  if (!marks.test(page))
    throw new Error('The page has not the two marks between which its table stands.')
  const table = settingsTable(schema)
  return page.replace(marks, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`)
}

/** As Markdown, not formatted. */
const settingsTable = (schema: unknown): string => {
  const rows = settingsOf(schema).map(
    ({ path, what, values, byDefault }) =>
      `| \`${path}\` | ${what} | ${values} | ${byDefault === undefined ? '—' : `\`${byDefault}\``} |`,
  )
  return ['| Key | What it sets | Values | Default |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

const settingOf = (schema: unknown, path: string): Setting => {
  const what = whatOf(schema)
  const values = valuesOf(schema)
  if (what === undefined || values === undefined) {
    const lacking = what === undefined ? 'what it sets' : 'which values it takes'
    throw new Error(`${path}: its schema does not say ${lacking}`)
  }
  const byDefault = fieldOf(schema, 'default')
  return {
    path,
    what,
    values,
    byDefault: byDefault === '' ? undefined : JSON.stringify(byDefault),
  }
}

const whatOf = (schema: unknown): string | undefined => {
  const wrapped = fieldOf(schema, 'wrapped')
  return metadataOf(schema).what ?? (wrapped === undefined ? undefined : whatOf(wrapped))
}

/** In words; undefined where neither the schema nor its author says. */
const valuesOf = (schema: unknown): string | undefined => {
  const { values } = metadataOf(schema)
  if (values !== undefined) return values
  const wrapped = fieldOf(schema, 'wrapped')
  if (wrapped !== undefined) {
    const within = valuesOf(wrapped)
    const orNull = fieldOf(schema, 'type') === 'nullable' ? ', or `null`' : ''
    return within === undefined ? undefined : `${within}${orNull}`
  }
  if (fieldOf(schema, 'type') === 'boolean') return '`true`, `false`'
  const options = v.safeParse(picked, fieldOf(schema, 'options'))
  return options.success ? options.output.map((option) => `\`${option}\``).join(', ') : undefined
}

const picked = v.array(v.union([v.string(), v.number()]))
const withEntries = v.looseObject({ entries: v.record(v.string(), v.unknown()) })
const told = v.object({ what: v.optional(v.string()), values: v.optional(v.string()) })
const step = v.looseObject({ pipe: v.array(v.unknown()) })

/** Of the schema and of what it is made of by pipes, the outer word before the inner. */
const metadataOf = (schema: unknown): v.InferOutput<typeof told> => {
  const parsed = v.safeParse(step, schema)
  if (!parsed.success) return {}
  const parts = parsed.output.pipe.map((part) =>
    fieldOf(part, 'type') === 'metadata'
      ? v.parse(told, fieldOf(part, 'metadata'))
      : fieldOf(part, 'kind') === 'schema'
        ? metadataOf(part)
        : {},
  )
  return Object.assign({}, ...parts)
}

const unwrapped = (schema: unknown): unknown => {
  const wrapped = fieldOf(schema, 'wrapped')
  return wrapped === undefined ? schema : unwrapped(wrapped)
}
