// Whatever is asked in whatever order, the two stores give the same answers: the one in memory is the
// model of the one on DynamoDB.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDynamoTokenStore } from '../../lib/store/dynamo-token-store.ts'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import type { DueToken, ItemKey, TokenItem, TokenStore } from '../../lib/store/token-store.ts'
import { bytes, plain, publication } from '../contracts/leases.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'

const actors = ['owner-1', 'owner-2', 'owner-3'] as const
type Actor = (typeof actors)[number]

const actor = fc.constantFrom(...actors)
const second = fc.integer({ min: 0, max: 30 }).map((value) => value * 1_000)
const small = fc.integer({ min: 1, max: 4 })
const failure = fc.record(
  {
    reason: fc.constantFrom('timeout', 'x'),
    count: small,
    notBeforeAtMs: second,
    secretVersion: small,
  },
  { requiredKeys: ['reason', 'count', 'notBeforeAtMs'] },
)

const step = fc.oneof(
  fc.record({ act: fc.constant('see'), actor }),
  fc.record({
    act: fc.constant('take'),
    actor,
    nowAtMs: second,
    lengthMs: second,
    stalled: fc.boolean(),
    pastNotBefore: fc.boolean(),
  }),
  fc.record({
    act: fc.constant('publish'),
    actor,
    frame: fc.constantFrom('frame-1', 'frame-2'),
    dueAtMs: second,
    used: fc.boolean(),
  }),
  fc.record({
    act: fc.constant('release'),
    actor,
    failure: fc.option(failure, { nil: undefined }),
  }),
  fc.record({ act: fc.constant('refuse'), actor, notBeforeAtMs: second, nowAtMs: second }),
  fc.record({ act: fc.constant('use'), actor }),
  fc.record({ act: fc.constant('drop'), actor }),
  fc.record({ act: fc.constant('list'), actor, beforeAtMs: second }),
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** One store, and what each actor saw and took in it. */
type World = {
  readonly store: TokenStore
  readonly key: ItemKey
  readonly seen: Map<Actor, TokenItem | undefined>
  readonly held: Map<Actor, number>
}

const worldOf = (store: TokenStore, key: ItemKey): World => ({
  store,
  key,
  seen: new Map(),
  held: new Map(),
})

const seenBy = async ({ store, key, seen }: World, who: Actor): Promise<unknown> => {
  const item = await store.read(key, { consistent: true })
  seen.set(who, item)
  return plain(item)
}

const take = async (world: World, { actor: owner, ...asked }: Step & { act: 'take' }) => {
  const seen = world.seen.get(owner)
  const generation = Math.max((seen?.generation ?? 0) + 1, asked.nowAtMs / 1_000)
  const { nowAtMs, lengthMs, pastNotBefore } = asked
  const stalled =
    asked.stalled && seen?.lease
      ? { stalled: { owner: seen.lease.owner, generation: seen.generation } }
      : {}
  const { taken, item } = await world.store.takeLease(world.key, {
    ...stalled,
    seen,
    owner,
    generation,
    nowAtMs,
    lengthMs,
    pastNotBefore,
    skewMs: 500,
    ttlEpochSeconds: 3_600,
  })
  if (taken) world.held.set(owner, item?.generation ?? 0)
  world.seen.set(owner, item)
  return { taken, item: plain(item) }
}

const listed = async ({ store, key }: World, beforeAtMs: number): Promise<DueToken[]> => {
  const rows: DueToken[] = []
  for await (const row of store.listDue(beforeAtMs)) {
    if (row.key.partition === key.partition) rows.push(row)
  }
  return rows
}

const answerOf = async (world: World, asked: Step): Promise<unknown> => {
  const { store, key } = world
  const holder = { owner: asked.actor, generation: world.held.get(asked.actor) ?? 0 }
  const tokenGeneration = world.seen.get(asked.actor)?.sealed?.generation ?? 0
  if (asked.act === 'see') return seenBy(world, asked.actor)
  if (asked.act === 'take') return take(world, asked)
  if (asked.act === 'publish') {
    const { frame, dueAtMs, used } = asked
    const published = publication({ frame: bytes(frame), dueAtMs, used })
    const { applied, item } = await store.publish(key, holder, published)
    return { applied, item: plain(item) }
  }
  if (asked.act === 'release') {
    const end = asked.failure ? { failure: asked.failure } : {}
    return store.release(key, holder, { ...end, ttlEpochSeconds: 3_800 })
  }
  if (asked.act === 'refuse') {
    const { notBeforeAtMs, nowAtMs } = asked
    const refused = { generation: tokenGeneration, count: 1, notBeforeAtMs, nowAtMs }
    const { applied, item } = await store.markRefused(key, refused)
    return { applied, item: plain(item) }
  }
  if (asked.act === 'use') return store.markUsed(key, tokenGeneration)
  if (asked.act === 'drop') return store.dropDue(key, tokenGeneration)
  return listed(world, asked.beforeAtMs)
}

describe.skipIf(!hasDynamoDb())('memory and DynamoDB', () => {
  it('give the same answers to any sequence of calls', async () => {
    const onDynamoDb = createDynamoTokenStore(await freshTable())
    let runs = 0

    const agree = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      async (steps) => {
        const key = { partition: `api-token#${runs++}`, sort: 'api-token' }
        const model = worldOf(createMemoryTokenStore(), key)
        const real = worldOf(onDynamoDb, key)
        for (const asked of steps) {
          const expected = await answerOf(model, asked)
          expect(await answerOf(real, asked)).toEqual(expected)
        }
        expect(await seenBy(real, 'owner-1')).toEqual(await seenBy(model, 'owner-1'))
      },
    )

    await fc.assert(agree, { numRuns: 60 })
  })
})
