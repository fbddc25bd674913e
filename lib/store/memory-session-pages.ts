// The order in which sessions in memory are due, as a table's index has it: lists and pages. Pure.
import { pageLimit } from './session-rules.ts'
import type { DueSession, SessionCursor, SessionItem, SessionPage } from './session-store.ts'
import type { ItemKey } from './token-store.ts'

export const textOf = (key: ItemKey): string => `${key.partition}\n${key.sort}`

type Indexed = SessionItem & { readonly dueAtMs: number }

const isIndexed = (item: SessionItem): item is Indexed => item.dueAtMs !== undefined

/** As the index has them. Between two of one time the table gives no order, only always the same one. */
const inOrder = (items: readonly SessionItem[], from?: Position): Indexed[] =>
  items
    .filter(isIndexed)
    .filter((item) => !from || isBefore(from, item))
    .toSorted((a, b) => (isBefore(a, b) ? -1 : 1))

type Position = Pick<Indexed, 'key' | 'dueAtMs'>

const isBefore = (a: Position, b: Position): boolean =>
  a.dueAtMs === b.dueAtMs ? textOf(a.key) < textOf(b.key) : a.dueAtMs < b.dueAtMs

/** Those whose time has come, earliest first. */
export async function* listDue(
  items: readonly SessionItem[],
  beforeAtMs: number,
): AsyncGenerator<DueSession> {
  for (const { key, dueAtMs } of inOrder(items)) {
    if (dueAtMs <= beforeAtMs) yield { key, dueAtMs }
  }
}

export const pageOf = (
  items: readonly SessionItem[],
  after: SessionCursor | undefined,
  limit: number,
): SessionPage => {
  const most = pageLimit(limit)
  const from = after && { key: after, dueAtMs: after.dueAtMs }
  const rest = inOrder(items, from)
  const page = rest.slice(0, most)
  const last = page.at(-1)
  const next = last && rest.length > most ? { ...last.key, dueAtMs: last.dueAtMs } : undefined
  return { items: page, next }
}
