// docs/items.md says what the session store writes: attributes, their types, by which call; and what
// it costs.
import { beforeAll, describe, expect, it } from 'vitest'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import {
  acquireClaim,
  replacement,
  sessionClaim,
  sessionEnd,
  sessionKey,
  sessionPublication,
} from '../contracts/sessions.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { watchCapacity } from './capacity.ts'
import { byName, namesOf, note, rowsOf } from './items-page.ts'

type Seen = SessionItem | undefined
type Call = readonly [name: string, call: (store: SessionStore, seen: Seen) => Promise<unknown>]

const generationOf = (seen: Seen): number => seen?.generation ?? 0
const holder = (seen: Seen) => ({
  owner: `owner-${generationOf(seen)}`,
  generation: generationOf(seen),
})

/** Other values with each generation, so that every write shows. */
const valuesOf = (generation: number, sessionId: string | undefined) =>
  sessionPublication({
    frame: new Uint8Array(1_100).fill(generation),
    sessionId,
    claimsAtMs: generation,
    profileDigest: `profile-${generation}`,
    startMs: generation,
    dueAtMs: generation,
    ttlEpochSeconds: 1_000 + generation,
  })

const take: Call = [
  'take',
  (store, seen) => {
    const generation = generationOf(seen) + 1
    const nowAtMs = 100_000 * generation
    const acquires = { windowStartedAtMs: nowAtMs, count: generation }
    const changes = { owner: `owner-${generation}`, generation, nowAtMs, lengthMs: generation }
    const claim = { ...changes, acquires, ttlEpochSeconds: generation }
    return store.takeLease(sessionKey, sessionClaim({ seen, ...claim }))
  },
]

const release = (retryAtMs: number | undefined, attempt: number): Call => [
  'release',
  (store, seen) => {
    const retry = retryAtMs === undefined ? {} : { retryAtMs }
    const failure = { reason: `failed-${attempt}`, ...retry }
    return store.release(sessionKey, holder(seen), failure)
  },
]

const publish = (sessionId: string | undefined): Call => [
  'publish',
  (store, seen) =>
    store.publish(sessionKey, holder(seen), seen, valuesOf(generationOf(seen), sessionId)),
]

/** A call about the session that stands. */
const of = (name: string, call: (store: SessionStore, seen: SessionItem) => unknown): Call => [
  name,
  async (store, seen) => {
    if (seen) await call(store, seen)
  },
]

const replace = (sessionId: string | undefined): Call =>
  of('replace', (store, seen) => {
    const generation = seen.generation + 1
    const values = valuesOf(generation, sessionId)
    const next = { ...values, generation, nowAtMs: 100_000 * generation }
    return store.replace(sessionKey, seen, replacement(next))
  })

const count = of('count', (store, seen) =>
  store.countAcquire(sessionKey, acquireClaim(seen, { nowAtMs: 900_000, claimsAtMs: 5_000 })),
)
const end = of('end', (store, seen) => store.end(sessionKey, seen, sessionEnd))
const reschedule = of('reschedule', (store, seen) => store.reschedule(sessionKey, seen, 30_000))
const forget = of('forget', (store, seen) => store.forget(sessionKey, seen))

const life: readonly Call[] = [
  take,
  release(20_000, 1),
  take,
  release(undefined, 2),
  take,
  release(30_000, 3),
  take,
  publish('session-1'),
  count,
  end,
  reschedule,
  take,
  forget,
  publish(undefined),
  take,
  release(40_000, 400),
  take,
  replace('session-2'),
  replace(undefined),
]

const listed = (calls: Iterable<string> | undefined): string =>
  [...(calls ?? [])].toSorted().join(', ')

describe.skipIf(!hasDynamoDb())('the page about items, of sessions', () => {
  const types = new Map<string, string>()
  const setBy = new Map<string, Set<string>>()
  const removedBy = new Map<string, Set<string>>()
  const consumption = new Map<string, { readonly table: number; readonly index: number }>()

  beforeAll(async () => {
    const table = await freshTable()
    const consumed = watchCapacity(table.client)
    const store = createDynamoSessionStore(table)
    let seen: Seen
    for (const [name, call] of life) {
      consumed()
      await call(store, seen)
      consumption.set(name, consumed())
      const before = seen?.raw ?? {}
      seen = await store.read(sessionKey)
      consumption.set('read', consumed())
      for (const attribute of namesOf(before, seen?.raw ?? {})) {
        const value = seen?.raw?.[attribute]
        note(value ? setBy : removedBy, attribute, name)
        if (value) types.set(attribute, Object.keys(value).join())
      }
    }
    await store.listDue(1_000_000)[Symbol.asyncIterator]().next()
    consumption.set('list due, a page', consumed())
    await store.listPage({ limit: 100 })
    consumption.set('list, a page of one item', consumed())
  })

  it('names each attribute, and each call that writes or removes it', () => {
    const told = rowsOf('Attributes of an embed session').map(
      ([name, type, form, set, removed]) => ({
        name,
        type,
        form,
        set: listed(set?.split(', ')),
        removed: listed(removed?.split(', ')),
      }),
    )

    const done = [...types]
      .filter(([name]) => name !== 'pk' && name !== 'sk')
      .map(([name, type]) => ({
        name,
        type,
        form: name === 'sealed' ? 'sealed' : 'plain',
        set: listed(setBy.get(name)),
        removed: listed(removedBy.get(name)),
      }))
    expect(told.toSorted(byName)).toEqual(done.toSorted(byName))
  })

  it('names what each call consumes', () => {
    const told = rowsOf('Capacity of an embed session').map(([name, ...units]) => {
      const [read = 0, readOfIndex = 0, write = 0, writeOfIndex = 0] = units.map(Number)
      return [name, { table: read + write, index: readOfIndex + writeOfIndex }]
    })

    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(consumption))
  })
})
