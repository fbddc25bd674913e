// A page of all sessions on DynamoDB: positions from the index, then each item from the table, which
// alone knows what stands now.
import { getItem, queryPage } from './dynamo-table.ts'
import type { Table } from './dynamo-table.ts'
import type { Attributes } from './items.ts'
import { positionOf, sessionPageQuery } from './session-expressions.ts'
import { parseDueSession, parseSessionItem } from './session-items.ts'
import { pageLimit } from './session-rules.ts'
import type { DueSession, SessionItem, SessionPage, SessionStore } from './session-store.ts'
import type { ItemKey } from './token-store.ts'

const readsAtOnce = 10

/** Errors: `StoreError`. */
export const listPage = async (
  table: Table,
  { after, limit }: Parameters<SessionStore['listPage']>[0],
): Promise<SessionPage> => {
  const { rows, last } = await rowsAfter(table, after && positionOf(after), pageLimit(limit))
  const items = await readAll(table, rows)
  return { items, next: last && { ...last.key, dueAtMs: last.dueAtMs } }
}

type Rows = { readonly rows: readonly DueSession[]; readonly last: DueSession | undefined }

/** A row that does not fit is no position for a cursor either: then the query goes on behind it. */
const rowsAfter = async (
  table: Table,
  after: Attributes | undefined,
  limit: number,
): Promise<Rows> => {
  const rows: DueSession[] = []
  let start = after
  for (;;) {
    const page = await queryPage(table, sessionPageQuery(limit - rows.length), start)
    rows.push(...page.rows.flatMap((row) => parseDueSession(row) ?? []))
    const last = page.next && parseDueSession(page.next)
    if (last || !page.next) return { rows, last }
    start = page.next
  }
}

/** What is sealed lives or waits for its end; the index may still have what was forgotten meanwhile. */
const readAll = async (table: Table, rows: readonly DueSession[]): Promise<SessionItem[]> => {
  const items: SessionItem[] = []
  for (let at = 0; at < rows.length; at += readsAtOnce) {
    const batch = rows.slice(at, at + readsAtOnce)
    const found = await Promise.all(batch.map(({ key }) => readItem(table, key)))
    items.push(...found.flatMap((item) => (item?.sealed ? [item] : [])))
  }
  return items
}

const readItem = async (table: Table, key: ItemKey): Promise<SessionItem | undefined> =>
  parseSessionItem(await getItem(table, key, { consistent: true }))
