// The session store on DynamoDB. Every write is one conditional write; a retry of the client that finds
// its own first attempt in the table is a success whose reply was lost.
import { listDueOf } from './dynamo-due.ts'
import { listPage } from './dynamo-session-pages.ts'
import { getItem, queryPage, updateBlindly, updateItem } from './dynamo-table.ts'
import type { Table } from './dynamo-table.ts'
import type { Write } from './expressions.ts'
import { sessionIndexKind } from './items.ts'
import type { Attributes } from './items.ts'
import {
  countWrite,
  endWrite,
  forgetWrite,
  partitionQuery,
  replaceWrite,
  rescheduleWrite,
  sessionLeaseWrite,
  sessionPublishWrite,
  sessionReleaseWrite,
} from './session-expressions.ts'
import { parseDueSession, parseSessionItem } from './session-items.ts'
import { hasEnd, hasFrame, isFull, isSameSession } from './session-rules.ts'
import { mostListed } from './session-store.ts'
import type {
  AcquireClaim,
  SeenSession,
  SessionItem,
  SessionOutcome,
  SessionStore,
} from './session-store.ts'
import type { ItemKey } from './token-store.ts'

/** Errors of every call: `StoreError`. */
export const createDynamoSessionStore = (table: Table): SessionStore => ({
  read: async (key) => parseSessionItem(await getItem(table, key, { consistent: true })),
  listOfUser: (partition) => listOfUser(table, partition),
  countAcquire: (key, claim) => countAcquire(table, key, claim),
  takeLease: (key, claim) =>
    update(table, key, sessionLeaseWrite(claim), (item) => item?.lease?.owner === claim.owner),
  publish: (key, holder, seen, publication) =>
    update(table, key, sessionPublishWrite(holder, seen, publication), (item) =>
      hasFrame(item, publication.frame),
    ),
  replace: (key, seen, replacement) =>
    update(table, key, replaceWrite(seen, replacement), (item) =>
      hasFrame(item, replacement.frame),
    ),
  release: (key, holder, failure) =>
    updateBlindly(table, key, sessionReleaseWrite(holder, failure)),
  end: (key, seen, end) => update(table, key, endWrite(seen, end), (item) => hasEnd(item, end)),
  forget: async (key, seen) => {
    if (seen.sealed) await updateBlindly(table, key, forgetWrite(seen))
  },
  listDue: (beforeAtMs) =>
    listDueOf(table, { kind: sessionIndexKind, beforeAtMs }, parseDueSession),
  reschedule: async (key, seen, dueAtMs) => {
    if (seen.sealed) await updateBlindly(table, key, rescheduleWrite(seen, dueAtMs))
  },
  listPage: (asked) => listPage(table, asked),
})

const update = async (
  table: Table,
  key: ItemKey,
  write: Write,
  isOwn: (item: SeenSession) => boolean,
): Promise<SessionOutcome> => {
  const { applied, attributes } = await updateItem(table, key, write)
  const item = parseSessionItem(attributes)
  return { applied: applied || isOwn(item), item }
}

/** A new window, then newer claims of others, then a next window: more cannot come between in a call. */
const mostCounts = 4

const countAcquire = async (
  table: Table,
  key: ItemKey,
  claim: AcquireClaim,
): ReturnType<SessionStore['countAcquire']> => {
  let seen = claim.seen
  for (let attempt = 1; ; attempt += 1) {
    const asked = { ...claim, seen }
    const { applied, attributes } = await updateItem(table, key, countWrite(asked))
    const item = parseSessionItem(attributes)
    if (applied) return { outcome: 'counted', item }
    if (!item || item.ended || !isSameSession(item, claim.seen)) return { outcome: 'changed', item }
    if (isFull({ ...claim, seen: item })) return { outcome: 'limited', item }
    if (attempt === mostCounts) return { outcome: 'changed', item }
    // The same session, of which others counted or raised something: what stands now is asked anew.
    seen = item
  }
}

const listOfUser = async (table: Table, partition: string): Promise<readonly SessionItem[]> => {
  const items: SessionItem[] = []
  let read = 0
  let start: Attributes | undefined
  do {
    const page = await queryPage(table, partitionQuery(partition, read), start)
    read += page.rows.length
    items.push(...page.rows.flatMap((row) => parseSessionItem(row) ?? []))
    start = page.next
  } while (start && read < mostListed)
  return items
}
