// docs/costs.md: the tables that follow from counts and prices, each under its heading.
import { readFileSync, writeFileSync } from 'node:fs'
import type { Rows } from './tables.ts'

const path = new URL('../../../docs/costs.md', import.meta.url)

/** In one line. */
export const words = (): string => readFileSync(path, 'utf8').replaceAll('\n', ' ')

const sectionsOf = (page: string): readonly string[] => page.split(/^(?=## )/m)

const isRow = (line: string): boolean => line.startsWith('|')

/** The head and the rows of the table under a heading, as trimmed cells. */
export const tableUnder = (heading: string): Rows => {
  const sections = sectionsOf(readFileSync(path, 'utf8'))
  const section = sections.find((text) => text.startsWith(`## ${heading}\n`)) ?? ''
  const cells = section
    .split('\n')
    .filter(isRow)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  return cells.filter((_, index) => index !== 1)
}

/** Replaces the tables by those given by heading. Prettier draws the lines straight. */
export const writeTables = (tables: Readonly<Record<string, Rows>>): void => {
  const written = sectionsOf(readFileSync(path, 'utf8')).map((section) => {
    const rows = tables[/^## (.*)\n/.exec(section)?.[1] ?? '']
    return rows ? withTable(section, rows) : section
  })
  writeFileSync(path, written.join(''))
}

const withTable = (section: string, [head = [], ...rows]: Rows): string => {
  const lines = section.split('\n')
  const from = lines.findIndex(isRow)
  const count = lines.filter(isRow).length
  // The first column holds names, the others figures.
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'))
  return lines.toSpliced(from, count, ...[head, rule, ...rows].map(rowOf)).join('\n')
}

const rowOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
