// What is due, from the index of a table: page by page, so that any number takes no more memory than a page.
import { queryPage } from './dynamo-table.ts'
import type { Table } from './dynamo-table.ts'
import { dueQuery } from './expressions.ts'
import type { Attributes } from './items.ts'

/** Rows that `parse` makes nothing of are passed over. Errors: `StoreError`. */
export async function* listDueOf<Row>(
  table: Table,
  { kind, beforeAtMs }: { readonly kind: string; readonly beforeAtMs: number },
  parse: (attributes: Attributes) => Row | undefined,
): AsyncGenerator<Row> {
  let start: Attributes | undefined
  do {
    const page = await queryPage(table, dueQuery(kind, beforeAtMs), start)
    for (const attributes of page.rows) {
      const row = parse(attributes)
      if (row) yield row
    }
    start = page.next
  } while (start)
}
