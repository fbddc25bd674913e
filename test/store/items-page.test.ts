// docs/items.md says what the store writes: attributes, their types, by which call; and what it costs.
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import type { TokenItem, TokenStore } from '../../lib/store/token-store.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'
import { claim, failure, key, publication } from '../contracts/leases.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { watchCapacity } from './capacity.ts'
import type { Consumed } from './capacity.ts'
import { byName, namesOf, note, page, rowsOf } from './items-page.ts'

type Call = readonly [name: string, call: (store: TokenStore, seen?: TokenItem) => Promise<unknown>]

const holder = (seen?: TokenItem) => ({
  owner: `owner-${seen?.generation ?? 0}`,
  generation: seen?.generation ?? 0,
})

/** Each lease with other values than the one before, so that every write shows. */
const take: Call = [
  'take',
  (store, seen) => {
    const generation = (seen?.generation ?? 0) + 1
    const nowAtMs = 100_000 * generation
    const changes = { owner: `owner-${generation}`, generation, nowAtMs, lengthMs: generation }
    return store.takeLease(key, claim({ seen, ...changes, ttlEpochSeconds: generation }))
  },
]

const release = (shared: Parameters<TokenStore['release']>[2]): Call => [
  'release',
  (store, seen) => store.release(key, holder(seen), shared),
]

const publish = (used: boolean): Call => [
  'publish',
  (store, seen) => {
    const generation = seen?.generation ?? 0
    const changes = {
      dueAtMs: generation,
      loginMs: generation,
      ttlEpochSeconds: 1_000 + generation,
    }
    const frame = new Uint8Array(450).fill(generation)
    return store.publish(key, holder(seen), publication({ ...changes, frame, used }))
  },
]

const { secretVersion: _version, ...unversioned } = failure
const mark = { generation: 4, count: 1, notBeforeAtMs: 40_000, nowAtMs: 10_000 }

const life: readonly Call[] = [
  take,
  release({ failure, ttlEpochSeconds: 100 }),
  take,
  release({ failure: unversioned, ttlEpochSeconds: 200 }),
  take,
  release({ failure, ttlEpochSeconds: 300 }),
  take,
  publish(true),
  ['mark refused', (store) => store.markRefused(key, mark)],
  ['mark revoked', (store) => store.markRevoked(key, 4)],
  take,
  publish(false),
  ['mark used', (store) => store.markUsed(key, 5)],
  ['drop due', (store) => store.dropDue(key, 5, true)],
]

describe.skipIf(!hasDynamoDb())('the page about items', () => {
  const types = new Map<string, string>()
  const setBy = new Map<string, Set<string>>()
  const removedBy = new Map<string, Set<string>>()

  beforeAll(async () => {
    const store = createDynamoTokenStore(await freshTable())
    let seen: TokenItem | undefined
    for (const [name, call] of life) {
      await call(store, seen)
      const before = seen?.raw ?? {}
      seen = await store.read(key, { consistent: true })
      for (const attribute of namesOf(before, seen?.raw ?? {})) {
        const value = seen?.raw?.[attribute]
        note(value ? setBy : removedBy, attribute, name)
        if (value) types.set(attribute, Object.keys(value).join())
      }
    }
  })

  it('names each attribute of a token, and each call that writes or removes it', () => {
    const told = rowsOf('Attributes of an API token').map(([name, type, , set, removed]) => ({
      name,
      type,
      set: set?.split(', ').toSorted().join(', '),
      removed: removed?.split(', ').toSorted().join(', '),
    }))

    const done = [...types]
      .filter(([name]) => name !== 'pk' && name !== 'sk')
      .map(([name, type]) => ({
        name,
        type,
        set: [...(setBy.get(name) ?? [])].toSorted().join(', '),
        removed: [...(removedBy.get(name) ?? [])].toSorted().join(', '),
      }))
    expect(told.toSorted(byName)).toEqual(done.toSorted(byName))
  })

  it('says that nothing but the frame is sealed', () => {
    const forms = rowsOf('Attributes of an API token').map(([name, , form]) => [name, form])

    expect(forms.filter(([, form]) => form === 'sealed')).toEqual([['sealed', 'sealed']])
    expect(forms.filter(([, form]) => form === 'plain')).toHaveLength(forms.length - 1)
  })

  it('names what the index carries, as it is deployed', () => {
    const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))
    const [index] = definition.GlobalSecondaryIndexes ?? []

    const keys = index?.KeySchema?.map((part) => part.AttributeName) ?? []
    const told = /## Index\n\n([^.]+)\./.exec(page)?.[1]?.match(/`\w+`/g)
    const carried = index?.Projection?.NonKeyAttributes ?? []
    expect(told?.map((name) => name.replaceAll('`', ''))).toEqual([
      index?.IndexName,
      ...keys,
      ...carried,
    ])
  })

  it('names what each call consumes', async () => {
    const table = await freshTable()
    const consumed = watchCapacity(table.client)
    const store = createDynamoTokenStore(table)
    const secrets = createDynamoSecretStore(table)
    const secretKey = { partition: 'looker-secret#a', sort: 'looker-secret' }
    const secret = { frame: new Uint8Array(450), generation: 1 }
    const measured = new Map<string, Consumed>()
    let seen: TokenItem | undefined
    const measure = async (name: string, call: () => Promise<unknown>): Promise<void> => {
      consumed()
      await call()
      measured.set(name, consumed())
      seen = await store.read(key, { consistent: true })
    }
    const asWritten = ([name, call]: Call, as = name): Promise<void> =>
      measure(as, () => call(store, seen))

    await asWritten(take)
    await asWritten(publish(false), 'publish, first')
    await asWritten(['mark used', () => store.markUsed(key, 1)])
    await asWritten(['mark refused', () => store.markRefused(key, { ...mark, generation: 1 })])
    await asWritten(['mark revoked', () => store.markRevoked(key, 1)])
    await asWritten(take)
    await asWritten(publish(true), 'publish, next')
    await asWritten(take)
    await asWritten(release({ failure, ttlEpochSeconds: 100 }))
    await measure('read', () => store.read(key))
    await measure('read, consistent', () => store.read(key, { consistent: true }))
    await measure('list due, a page', () => store.listDue(9_000)[Symbol.asyncIterator]().next())
    await asWritten(['drop due', () => store.dropDue(key, 2, true)])
    await measure('write the secret', () => secrets.writeSecret(secretKey, secret, undefined))
    await measure('read the secret, or its version', () => secrets.readSecret(secretKey))

    const told = rowsOf('Capacity').map(([name, read, write, index]): [string, Consumed] => {
      const ofIndex = name === 'list due, a page'
      const total = Number(read) + Number(write)
      const consumption = ofIndex
        ? { table: 0, index: total }
        : { table: total, index: Number(index) }
      return [name ?? '', consumption]
    })
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(measured))
  })
})
