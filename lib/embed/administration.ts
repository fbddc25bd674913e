// What an administrator sees of embed sessions, and may do: the list, and the end of one or of all of a user.
import type { ItemKey } from '../store/token-store.ts'
import type { SessionItem } from '../store/session-store.ts'
import type { Deadline } from '../time.ts'
import type { EndAnswer } from './answers.ts'
import { createEndByKey } from './end.ts'
import { toldError } from './failures.ts'
import type { EmbedParts } from './parts.ts'
import { createSessionReader } from './reader.ts'
import type { SessionReader } from './reader.ts'
import { createSealedKeys } from './sealed-keys.ts'
import type { SealedKeys } from './sealed-keys.ts'
import { partitionOf } from './session-key.ts'

/** One session, for people. Instants are ISO 8601. */
export type ListedSession = {
  /** To end it; good for an hour. */
  readonly id: string
  /** Its user, as the tenant's claims name it, and as Looker was told. */
  readonly user: string
  readonly first_name: string | null
  readonly last_name: string | null
  /** `ending`: over, and Looker has not confirmed. `unreadable`: not ended, and its record does not open. */
  readonly state: 'active' | 'ending' | 'unreadable'
  readonly started_at: string | null
  /** Only where the tenant's policy watches activity. */
  readonly last_active_at: string | null
  readonly ends_at: string | null
  /** Whole seconds; 0 unless active. */
  readonly ends_in: number
  readonly stays_signed_in: boolean
  readonly user_agent: string | null
  readonly address: string | null
  readonly place: string | null
}

export type ListRequest = {
  readonly user?: string | undefined
  readonly cursor?: string | undefined
  /** 1 to 100. */
  readonly limit: number
}

export type ListAnswer = {
  readonly sessions: readonly ListedSession[]
  /** Where the next page begins; null on the last. */
  readonly next: string | null
}

/** Errors of every call, `BrokerError`: `invalid-request` for an id or a cursor that is none, those of the parts. */
export type Administration = {
  /** At most `limit` sessions; all of a user, up to 500, where one is named. */
  readonly list: (asked: ListRequest, deadline: Deadline) => Promise<ListAnswer>
  /** Its user then needs a new sign-in in that browser. A session that is over is success. */
  readonly endOne: (id: string, deadline: Deadline) => Promise<EndAnswer>
  /** In all browsers of the user. */
  readonly endAll: (user: string, deadline: Deadline) => Promise<EndAnswer>
}

export const createAdministration = (parts: EmbedParts): Administration => {
  const { store, service, clock, policy } = parts
  const keys = createSealedKeys(parts)
  const open = createSessionReader(parts)
  const tools = { open, keys, watchesActivity: policy?.inactivity_logout === true }
  const end = createEndByKey(parts)
  const partition = (user: string) => partitionOf(service.instance, user)

  const ofUser = async (user: string): Promise<ListAnswer> => {
    const items = (await store.listOfUser(partition(user))).filter(({ sealed }) => sealed)
    return { sessions: await listed(tools, items, clock.now()), next: null }
  }

  const page = async (cursor: string | undefined, limit: number): Promise<ListAnswer> => {
    const after = cursor === undefined ? undefined : await keys.openCursor(cursor)
    const { items, next } = await store.listPage({ after, limit })
    return {
      sessions: await listed(tools, items, clock.now()),
      next: next ? await keys.sealCursor(next) : null,
    }
  }

  return {
    list: ({ user, cursor, limit }) =>
      told(() => (user === undefined ? page(cursor, limit) : ofUser(user))),
    endOne: (id, deadline) => told(async () => end.one(await keys.openKey(id), deadline)),
    endAll: (user, deadline) => told(() => end.all(partition(user), deadline)),
  }
}

const told = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw toldError(error)
  }
}

type Tools = {
  readonly open: SessionReader
  readonly keys: SealedKeys
  readonly watchesActivity: boolean
}

const listed = async (
  tools: Tools,
  items: readonly SessionItem[],
  nowAtMs: number,
): Promise<readonly ListedSession[]> =>
  Promise.all(
    items
      .filter((item) => !isOver(item, nowAtMs))
      .map((item) => listedSession(tools, item, nowAtMs)),
  )

/** Ended, and kept for its times alone (sweep.ts). */
const isOver = ({ ended, dueAtMs }: SessionItem, nowAtMs: number): boolean =>
  ended !== undefined && (dueAtMs ?? 0) > nowAtMs

const listedSession = async (
  { open, keys, watchesActivity }: Tools,
  item: SessionItem,
  nowAtMs: number,
): Promise<ListedSession> => {
  const record = await open(item)
  const over = item.ended !== undefined || (record && record.expiresAtMs <= nowAtMs)
  const leftMs = record && !over ? record.expiresAtMs - nowAtMs : 0
  const { details, times } = record ?? {}
  return {
    id: await keys.sealKey(item.key),
    user: userOf(item.key),
    first_name: details?.firstName ?? null,
    last_name: details?.lastName ?? null,
    state: over ? 'ending' : record ? 'active' : 'unreadable',
    started_at: isoOf(record?.startedAtMs),
    last_active_at: isoOf(watchesActivity ? times?.activeAtMs : undefined),
    ends_at: isoOf(record?.expiresAtMs),
    ends_in: Math.floor(leftMs / 1000),
    stays_signed_in: times?.stays === true,
    user_agent: details?.userAgent ?? null,
    address: details?.address ?? null,
    place: details?.place ?? null,
  }
}

const isoOf = (atMs: number | undefined): string | null =>
  atMs === undefined ? null : new Date(atMs).toISOString()

const userOf = ({ partition }: ItemKey): string => decodeURIComponent(partition.split('#')[2] ?? '')
