// The table of settings on the reference page, as the schema of the tenant file has it.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { settingsOf, withSettings } from '../../cli/settings-table.ts'
import { tenantSchema } from '../../lib/config.ts'
import { about, list, mapping, text, whole } from '../../lib/config/schema.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(`${root}/docs/configuration.md`, 'utf8')

describe('the settings of a schema', () => {
  it.each([
    ['whole numbers', whole(1, 10, 'seconds'), 'seconds, 1 to 10'],
    ['texts', text(/x/, 'an x'), 'an x'],
    ['choices', v.picklist(['one', 'many']), '`one`, `many`'],
    ['yes or no', v.boolean(), '`true`, `false`'],
    ['what may be null', v.nullable(whole(1, 2, 'hours')), 'hours, 1 to 2, or `null`'],
  ])('say which values %s take', (_kind, schema, values) => {
    const settings = settingsOf(mapping({ key: v.optional(about('What.', schema)) }))

    expect(settings).toEqual([{ path: 'key', what: 'What.', values, byDefault: undefined }])
  })

  it('say what their author says before what could be read', () => {
    const key = about('What.', v.nullable(v.picklist(['a'])), 'a letter')

    expect(settingsOf(mapping({ key }))).toMatchObject([{ what: 'What.', values: 'a letter' }])
  })

  it('have defaults as JSON, and none where they have to be given', () => {
    const schema = mapping({
      list: v.optional(about('A.', list(text(/x/, 'x')), 'a list'), ['x']),
      given: v.optional(about('B.', text(/x/, 'x')), ''),
    })

    expect(settingsOf(schema).map(({ byDefault }) => byDefault)).toEqual(['["x"]', undefined])
  })

  it('of a list of mappings follow the list', () => {
    const entry = mapping({ role: about('B.', text(/x/, 'x')) })
    const schema = mapping({ a: mapping({ callers: about('A.', list(entry), 'entries') }) })

    expect(settingsOf(schema).map(({ path }) => path)).toEqual(['a.callers', 'a.callers[].role'])
  })

  it.each([
    ['what it sets', v.boolean()],
    ['which values it takes', about('What.', v.string())],
  ])('are refused while one does not say %s', (lacking, key) => {
    expect(() => settingsOf(mapping({ key }))).toThrow(`key: its schema does not say ${lacking}`)
  })
})

describe('the reference page', () => {
  it('has a row for each setting of the tenant file, in their order', () => {
    const rows = Array.from(page.matchAll(/^\| `([^`]+)` +\|.*\|$/gm), ([, key]) => key)

    const settings = settingsOf(tenantSchema({ allowLoopback: false }))

    expect(rows).toEqual(settings.map(({ path }) => path))
  })

  it('is as the schema has it', () => {
    const check = ['cli/configuration-page.ts', '--check']

    const said = execFileSync('npx', ['tsx', ...check], { cwd: root, encoding: 'utf8' })

    expect(said).toBe('')
  })

  it('cannot lose its marks unseen', () => {
    const schema = mapping({ key: about('What.', v.boolean()) })

    expect(() => withSettings(page.replace('<!-- end of', '<!-- the end of'), schema)).toThrow(
      /marks/,
    )
    expect(withSettings(page, schema)).not.toContain('looker.base_url` |')
  })
})
