// Made-up rows, the same for the same field and place, written piece by piece: a long answer is never in
// memory as a whole.
import type { Query } from './query.ts'

type Value = string | number | null

/** Pieces of the answer as text. */
export type Writer = (query: Query) => Iterable<string>

const rowsInPiece = 500

const towns = ['Aarhus', 'Brno', 'Córdoba', 'Düsseldorf', 'Évora', '東京, "Tokyo"']

const valueOf = (field: string, row: number): Value => {
  if (field.endsWith('.id')) return row + 1
  if (/(count|total|amount|price)$/.test(field)) return (row * 37) % 1009
  if (/(date|_at)$/.test(field)) return `2026-${two((row % 12) + 1)}-${two((row % 28) + 1)}`
  return row % 100 === 99 ? null : `${towns[row % towns.length]} ${row + 1}`
}

const two = (number: number): string => String(number).padStart(2, '0')

/** `orders.created_date` is labelled `Orders Created Date`. */
const labelOf = (field: string): string =>
  field
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')

export const json: Writer = function* ({ fields, limit }) {
  const rowText = (row: number) =>
    JSON.stringify(Object.fromEntries(fields.map((field) => [field, valueOf(field, row)])))
  for (const { first, rows } of pieces(limit)) {
    yield `${first ? '[' : ',\n'}${rows.map(rowText).join(',\n')}`
  }
  yield ']'
}

export const csv: Writer = (query) => table(query, ',', quoted)

export const txt: Writer = (query) => table(query, '\t', (text) => text)

const table = function* ({ fields, limit }: Query, gap: string, cell: (text: string) => string) {
  yield `${fields.map((field) => cell(labelOf(field))).join(gap)}\n`
  const rowText = (row: number) =>
    fields.map((field) => cell(String(valueOf(field, row) ?? ''))).join(gap)
  for (const { rows } of pieces(limit)) yield `${rows.map(rowText).join('\n')}\n`
}

/** RFC 4180 section 2 */
const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

const pieces = function* (limit: number) {
  for (let start = 0; start < limit; start += rowsInPiece) {
    const length = Math.min(rowsInPiece, limit - start)
    yield { first: start === 0, rows: Array.from({ length }, (_, index) => start + index) }
  }
}
