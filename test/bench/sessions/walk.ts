// The whole list of sessions, page by page, as an administrator's page would ask for it.
import { createAdministration } from '../../../lib/embed/administration.ts'
import type { EmbedParts } from '../../../lib/embed/parts.ts'
import { createDynamoSessionStore } from '../../../lib/store/dynamo-session-store.ts'
import { localDynamoDbClient } from '../../../local/dynamodb.ts'
import { deadlineIn } from '../../../lib/time.ts'
import { localKms, sealerAt } from '../../crypto/sealers.ts'
import { createFakeClock } from '../../scenarios/fake-clock.ts'
import { quantile } from '../quantile.ts'
import { countAsked, fill, instance, nowAtMs } from './filled-table.ts'

export type Walk = {
  readonly sessions: number
  readonly tokens: number
  readonly pages: number
  /** Distinct sessions that were listed. */
  readonly listed: number
  readonly queries: number
  readonly reads: number
  readonly scans: number
  /** Rows of anything but a session that were read. */
  readonly otherRows: number
  /** Rows that came home for the page that needed most, of the index and the table. */
  readonly mostRowsOfPage: number
  readonly firstPageMs: number
  readonly pageP50Ms: number
  readonly pageP99Ms: number
  /** Of the heap after a collection, from the tenth page to the last; null without `--expose-gc`. */
  readonly heapGrowthKiB: number | null
}

const limit = 100

export const walk = async (
  endpoint: string,
  tableName: string,
  { sessions, tokens }: { readonly sessions: number; readonly tokens: number },
): Promise<Walk> => {
  const sealer = sealerAt({ kms: localKms().kms, table: tableName, clock: { nowMs: nowAtMs } })
  await fill({ client: localDynamoDbClient(endpoint), tableName, sealer, sessions, tokens })
  const client = localDynamoDbClient(endpoint)
  const asked = countAsked(client)
  const clock = createFakeClock(nowAtMs)
  const parts: EmbedParts = {
    store: createDynamoSessionStore({ client, tableName }),
    sealer,
    getToken: unused,
    service: { instance, clientId: 'client', workspace: 'production' },
    looker: { acquire: unused, generate: unused, end: unused },
    clock,
    chance: () => 0.5,
    newOwner: () => 'nobody',
    report: () => undefined,
    sessionsPerUser: 'many',
    policy: null,
  }
  const { list } = createAdministration(parts)
  const deadline = deadlineIn(clock, 3_600_000)
  let users = 0
  // Users are listed in the order of their numbers: remembering them all would be the memory that is measured.
  let last = -1
  const times: number[] = []
  let mostRowsOfPage = 0
  let heapAtTenth: number | undefined
  let cursor: string | undefined
  do {
    const startedMs = performance.now()
    const before = asked.sessionRows + asked.otherRows
    const page = await list({ limit, ...(cursor === undefined ? {} : { cursor }) }, deadline)
    times.push(performance.now() - startedMs)
    mostRowsOfPage = Math.max(mostRowsOfPage, asked.sessionRows + asked.otherRows - before)
    for (const { user } of page.sessions) {
      const number = Number(user.replace('user-', ''))
      if (number > last) users += 1
      last = number
    }
    cursor = page.next ?? undefined
    if (times.length === 10) heapAtTenth = heapKiB()
  } while (cursor !== undefined)
  const heapAtEnd = heapKiB()
  const { calls, otherRows } = asked
  return {
    sessions,
    tokens,
    pages: times.length,
    listed: users,
    queries: calls['QueryCommand'] ?? 0,
    reads: calls['GetItemCommand'] ?? 0,
    scans: calls['ScanCommand'] ?? 0,
    otherRows,
    mostRowsOfPage,
    firstPageMs: rounded(times[0] ?? 0),
    pageP50Ms: rounded(quantile(times, 0.5)),
    pageP99Ms: rounded(quantile(times, 0.99)),
    heapGrowthKiB:
      heapAtTenth === undefined || heapAtEnd === undefined ? null : heapAtEnd - heapAtTenth,
  }
}

const unused = (): never => {
  throw new Error('the list asks Looker nothing')
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10

const heapKiB = (): number | undefined => {
  if (!globalThis.gc) return undefined
  globalThis.gc()
  return Math.round(process.memoryUsage().heapUsed / 1024)
}
