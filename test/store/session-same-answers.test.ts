// Whatever is asked in whatever order, the two session stores give the same answers: the one in memory
// is the model of the one on DynamoDB.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import type { ItemKey } from '../../lib/store/token-store.ts'
import { bytes } from '../contracts/leases.ts'
import {
  acquireClaim,
  plainSession,
  replacement,
  sessionClaim,
  sessionPublication,
} from '../contracts/sessions.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'

const actors = ['owner-1', 'owner-2', 'owner-3'] as const
type Actor = (typeof actors)[number]

const actor = fc.constantFrom(...actors)
const nowAtMs = fc.integer({ min: 0, max: 12 }).map((value) => value * 2_500)
const frame = fc.constantFrom('frame-1', 'frame-2', 'frame-3').map(bytes)
const sessionId = fc.constantFrom('session-1', 'session-2', undefined)
const claimsAtMs = fc.integer({ min: 0, max: 3 })
const profileDigest = fc.constantFrom('profile-1', 'profile-2')
const dueAtMs = fc.integer({ min: 0, max: 30 }).map((value) => value * 1_000.5)

const step = fc.oneof(
  fc.record({ act: fc.constant('see'), actor }),
  fc.record({ act: fc.constant('take'), actor, nowAtMs, stalled: fc.boolean() }),
  fc.record({
    act: fc.constant('publish'),
    actor,
    frame,
    sessionId,
    claimsAtMs,
    profileDigest,
    dueAtMs,
  }),
  fc.record({
    act: fc.constant('replace'),
    actor,
    frame,
    sessionId,
    claimsAtMs,
    profileDigest,
    dueAtMs,
    nowAtMs,
  }),
  fc.record({
    act: fc.constant('count'),
    actor,
    nowAtMs,
    claimsAtMs: fc.option(claimsAtMs, { nil: undefined }),
  }),
  fc.record({
    act: fc.constant('release'),
    actor,
    retryAtMs: fc.option(nowAtMs, { nil: undefined }),
    failed: fc.boolean(),
  }),
  fc.record({
    act: fc.constant('end'),
    actor,
    atMs: nowAtMs,
    reason: fc.constantFrom('signed-out' as const, 'administrator' as const),
    needsSignIn: fc.boolean(),
  }),
  fc.record({ act: fc.constant('forget'), actor }),
  fc.record({ act: fc.constant('reschedule'), actor, dueAtMs }),
  fc.record({ act: fc.constant('list'), actor }),
  fc.record({ act: fc.constant('list due'), actor, dueAtMs }),
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** One store, what each actor saw in it, and the generation that it took. */
type World = {
  readonly store: SessionStore
  readonly key: ItemKey
  readonly seen: Map<Actor, SessionItem | undefined>
  readonly held: Map<Actor, number>
}

const worldOf = (store: SessionStore, key: ItemKey): World => ({
  store,
  key,
  seen: new Map(),
  held: new Map(),
})

const seenBy = async ({ store, key, seen }: World, who: Actor): Promise<unknown> => {
  const item = await store.read(key)
  seen.set(who, item)
  return plainSession(item)
}

type Outcome = { readonly item: SessionItem | undefined }

const plainOutcome = <T extends Outcome>({ item, ...rest }: T) => ({
  ...rest,
  item: plainSession(item),
})

const take = async (world: World, asked: Step & { act: 'take' }): Promise<unknown> => {
  const owner = asked.actor
  const seen = world.seen.get(owner)
  const generation = (seen?.generation ?? 0) + 1
  const stalled =
    asked.stalled && seen?.lease
      ? { stalled: { owner: seen.lease.owner, generation: seen.generation } }
      : {}
  const claim = sessionClaim({ ...stalled, seen, owner, generation, nowAtMs: asked.nowAtMs })
  const outcome = await world.store.takeLease(world.key, claim)
  if (outcome.applied) world.held.set(owner, outcome.item?.generation ?? 0)
  world.seen.set(owner, outcome.item)
  return plainOutcome(outcome)
}

const publish = async (world: World, asked: Step & { act: 'publish' }): Promise<unknown> => {
  const { actor: owner, act: _act, ...changes } = asked
  const holder = { owner, generation: world.held.get(owner) ?? 0 }
  const publication = sessionPublication(changes)
  const seen = world.seen.get(owner)
  return plainOutcome(await world.store.publish(world.key, holder, seen, publication))
}

const release = (world: World, asked: Step & { act: 'release' }): Promise<boolean> => {
  const { actor: owner, retryAtMs, failed } = asked
  const holder = { owner, generation: world.held.get(owner) ?? 0 }
  const failure = { reason: 'timeout', ...(retryAtMs === undefined ? {} : { retryAtMs }) }
  return world.store.release(world.key, holder, failed ? failure : undefined)
}

/** Calls about a session that was seen. */
const ofSeen = async ({ store, key }: World, seen: SessionItem, asked: Step): Promise<unknown> => {
  if (asked.act === 'replace') {
    const { act: _act, actor: _actor, ...changes } = asked
    const next = replacement({ ...changes, generation: seen.generation + 1 })
    return plainOutcome(await store.replace(key, seen, next))
  }
  if (asked.act === 'count') {
    const { nowAtMs: at, claimsAtMs: age } = asked
    const raised = age === undefined ? {} : { claimsAtMs: age }
    const claim = acquireClaim(seen, { nowAtMs: at, windowMs: 10_000, ...raised })
    return plainOutcome(await store.countAcquire(key, claim))
  }
  if (asked.act === 'end') {
    const { atMs, reason, needsSignIn } = asked
    const end = { atMs, reason, needsSignIn, ttlEpochSeconds: 9_000 }
    return plainOutcome(await store.end(key, seen, end))
  }
  if (asked.act === 'reschedule') return store.reschedule(key, seen, asked.dueAtMs)
  return store.forget(key, seen)
}

/** The table is of all runs. */
const dueOf = async ({ store, key }: World, beforeAtMs: number): Promise<unknown> => {
  const rows: unknown[] = []
  for await (const row of store.listDue(beforeAtMs)) {
    if (row.key.partition === key.partition) rows.push(row)
  }
  return rows
}

const answerOf = async (world: World, asked: Step): Promise<unknown> => {
  if (asked.act === 'see') return seenBy(world, asked.actor)
  if (asked.act === 'take') return take(world, asked)
  if (asked.act === 'publish') return publish(world, asked)
  if (asked.act === 'release') return release(world, asked)
  if (asked.act === 'list due') return dueOf(world, asked.dueAtMs)
  if (asked.act === 'list') {
    return (await world.store.listOfUser(world.key.partition)).map(plainSession)
  }
  const seen = world.seen.get(asked.actor)
  return seen ? ofSeen(world, seen, asked) : 'nothing seen'
}

describe.skipIf(!hasDynamoDb())('sessions in memory and on DynamoDB', () => {
  it('give the same answers to any sequence of calls', async () => {
    const onDynamoDb = createDynamoSessionStore(await freshTable())
    let runs = 0

    const agree = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      async (steps) => {
        const key = { partition: `embed-session#acme#${runs++}`, sort: 'device#1' }
        const model = worldOf(createMemorySessionStore(), key)
        const real = worldOf(onDynamoDb, key)
        for (const asked of steps) {
          const expected = await answerOf(model, asked)
          expect(await answerOf(real, asked)).toEqual(expected)
        }
        expect(await seenBy(real, 'owner-1')).toEqual(await seenBy(model, 'owner-1'))
      },
    )

    await fc.assert(agree, { numRuns: 100 })
  })
})
