// docs/items.md as the tests read it, and what changes between two items.
import { readFileSync } from 'node:fs'
import type { Attributes } from '../../lib/store/items.ts'

export const page = readFileSync(new URL('../../docs/items.md', import.meta.url), 'utf8')

/** Rows of the tables of a section, without heads, as trimmed cells. */
export const rowsOf = (heading: string): string[][] => {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  const cells = rows.map((row) => row.split('|').slice(1, -1))
  return cells.slice(2).map((row) => row.map((cell) => cell.trim().replaceAll('`', '')))
}

export const namesOf = (one: Attributes, other: Attributes): string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  )

export const note = (by: Map<string, Set<string>>, name: string, call: string): void => {
  by.set(name, (by.get(name) ?? new Set<string>()).add(call))
}

type Named = { readonly name?: string | undefined }
export const byName = (a: Named, b: Named): number => (a.name ?? '').localeCompare(b.name ?? '')
