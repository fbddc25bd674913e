// Ten thousand sessions ended by the command: page by page, over as many invocations as the function's time asks for.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { createRevoke } from '../../cli/revoke-calls.ts'
import { revokeEverything } from '../../cli/revoke.ts'
import { create } from '../../functions/revoke-everything.ts'
import type { EmbedParts } from '../../lib/embed/parts.ts'
import { createRevokeSessions } from '../../lib/embed/revocation.ts'
import { partitionOf, sessionKind } from '../../lib/embed/session-key.ts'
import { encodeSessionRecord } from '../../lib/embed/session-record.ts'
import { LookerError } from '../../lib/errors.ts'
import { Secret } from '../../lib/secret.ts'
import { mostPaged } from '../../lib/store/session-store.ts'
import type { SessionStore } from '../../lib/store/session-store.ts'
import { rimBroker } from '../functions/calls.ts'
import { embedTenant } from '../functions/embed-calls.ts'
import { instance } from '../scenarios/fleet.ts'
import { pageRecord } from './page-samples.ts'
import { createPolicyWorld, startAtMs } from './policy-world.ts'

/** What Looker takes to end one. */
const lookerMs = 150
/** Of the function, in serverless.yml. */
const functionMs = 120_000

type Options = {
  readonly sessions: number
  /** The first time that Looker is asked for this one it does not end it. */
  readonly isStubborn?: (reference: string) => boolean
  /** What the table takes to end one. */
  readonly endMs?: number
}

const createThousands = async ({ sessions, isStubborn = () => false, endMs = 1 }: Options) => {
  const world = await createPolicyWorld({ policy: null, sessionsPerUser: 'many' })
  const { clock } = world
  await seed(world, sessions)

  const asked = new Map<string, number>()
  const looker: EmbedParts['looker'] = {
    ...world.partsOf().looker,
    end: async (_token, reference) => {
      await clock.sleep(lookerMs)
      const name = reference.reveal()
      const times = (asked.get(name) ?? 0) + 1
      asked.set(name, times)
      if (times === 1 && isStubborn(name)) throw new LookerError('refused-user', 'not now')
    },
  }
  const { store, most } = watchHands(world.watched, () => clock.skip(endMs))
  const tookMs: number[] = []
  const answers: unknown[] = []
  /** By a process of its own. */
  const invoke = async (payload: unknown): Promise<unknown> => {
    const { broker } = rimBroker({ tenant: embedTenant(), clock })
    const { direct } = create(() => ({
      ...broker,
      clock,
      revokeTokens: () => Promise.reject(new Error('not asked for')),
      revokeSessions: createRevokeSessions(world.partsOf({ store, looker })),
    }))
    const startedMs = clock.monotonic()
    const left = () => functionMs - (clock.monotonic() - startedMs)
    const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: left }
    const answer = await clock.run(direct(payload, context))
    tookMs.push(clock.monotonic() - startedMs)
    answers.push(answer)
    return answer
  }
  const lambda = new LambdaClient({ region: 'eu-central-1' })
  const payloads: unknown[] = []
  mockClient(lambda)
    .on(InvokeCommand)
    .callsFake(async ({ Payload }: { Payload: string }) => {
      payloads.push(JSON.parse(Payload))
      return { Payload: Buffer.from(JSON.stringify(await invoke(JSON.parse(Payload)))) }
    })
  const lines: string[] = []
  const command = () =>
    revokeEverything({
      revoke: createRevoke(lambda, 'acme'),
      what: ['sessions'],
      waitMs: 0,
      clock: { now: clock.now, sleep: clock.advance },
      tell: (line) => lines.push(line),
    })
  return { ...world, command, lines, payloads, answers, tookMs, asked, most }
}

const seed = async (
  { partsOf, sessions: store, clock }: Awaited<ReturnType<typeof createPolicyWorld>>,
  count: number,
): Promise<void> => {
  const { sealer } = partsOf()
  const dataKey = await sealer.currentKey(undefined)
  const nowAtMs = clock.now()
  const expiresAtMs = nowAtMs + 43_200_000
  for (let index = 0; index < count; index += 1) {
    const name = String(index).padStart(5, '0')
    const key = { partition: partitionOf(instance, `user-${name}`), sort: 'device#1' }
    const reference = new Secret(`reference-${name}`)
    const record = pageRecord({ reference, expiresAtMs, startedAtMs: nowAtMs })
    const generation = 1
    const frame = sealer.seal(
      { plaintext: encodeSessionRecord(record), expiresAtMs },
      { key, kind: sessionKind, generation },
      dataKey,
    )
    const ttlEpochSeconds = expiresAtMs / 1000
    const holder = { owner: 'seed', generation }
    const lease = { ...holder, seen: undefined, nowAtMs, lengthMs: 5_000, skewMs: 500 }
    const acquires = { windowStartedAtMs: nowAtMs, count: 1 }
    await store.takeLease(key, { ...lease, acquires, ttlEpochSeconds })
    const { sessionId, claimsAtMs, profileDigest } = record
    await store.publish(key, holder, undefined, {
      frame,
      sessionId,
      claimsAtMs,
      profileDigest,
      startMs: 400,
      dueAtMs: expiresAtMs + index,
      ttlEpochSeconds,
    })
  }
}

/** At most: of a page, at work at the same time, and still at work when the next page was asked for. */
const watchHands = (store: SessionStore, takeTime: () => void) => {
  const most = { page: 0, atOnce: 0, atNextPage: 0 }
  let working = 0
  const during = async <T>(call: () => Promise<T>): Promise<T> => {
    working += 1
    most.atOnce = Math.max(most.atOnce, working)
    try {
      return await call()
    } finally {
      working -= 1
    }
  }
  const watched: SessionStore = {
    ...store,
    read: (...args) => during(() => store.read(...args)),
    end: (...args) => {
      takeTime()
      return during(() => store.end(...args))
    },
    forget: (...args) => during(() => store.forget(...args)),
    listPage: async (question) => {
      most.page = Math.max(most.page, question.limit)
      most.atNextPage = Math.max(most.atNextPage, working)
      return store.listPage(question)
    },
  }
  return { store: watched, most }
}

const answersOf = ({ answers }: { readonly answers: readonly unknown[] }) =>
  answers.map((answer) => v.parse(counts, answer))
const counts = v.object({ ended: v.number(), left: v.number(), buried: v.number() })

describe('ten thousand sessions', () => {
  it('end, over as many invocations as it takes and a page at a time', async () => {
    const world = await createThousands({ sessions: 10_000 })

    const left = await world.command()

    expect(left).toBe(0)
    expect(world.lines).toEqual([
      'Ended 10000 embed sessions, here and at Looker. Their users need a new sign-in.',
    ])
    expect(world.asked.size).toBe(10_000)
    expect(new Set(world.asked.values())).toEqual(new Set([1]))
    expect(await world.due()).toEqual([])
    // 375 s at Looker, of four at a time.
    expect(world.tookMs).toHaveLength(4)
    expect(Math.max(...world.tookMs)).toBeLessThan(functionMs)
    const later = { what: 'sessions', begun_at_ms: startAtMs }
    expect(world.payloads).toEqual([{ what: 'sessions' }, later, later, later])
    expect(world.most).toEqual({ page: mostPaged, atOnce: 10, atNextPage: 0 })
  })
})

const isStubborn = (reference: string): boolean => reference.endsWith('0')

describe('of thousands', () => {
  it('those that Looker does not end at once are counted once a call, and asked again by the next', async () => {
    const world = await createThousands({ sessions: 1_000, isStubborn })

    const left = await world.command()

    expect(left).toBe(0)
    expect(answersOf(world)).toEqual([
      { ended: 900, left: 100, buried: 1_000 },
      { ended: 100, left: 0, buried: 0 },
    ])
    for (const [reference, times] of world.asked) expect(times).toBe(isStubborn(reference) ? 2 : 1)
  })

  it('all end though a slow table takes longer than one invocation to lock them out', async () => {
    const world = await createThousands({ sessions: 1_500, endMs: 100 })

    const left = await world.command()

    expect(left).toBe(0)
    expect(answersOf(world)[0]).toMatchObject({ ended: 0, left: 100, buried: 1_200 })
    expect(world.asked.size).toBe(1_500)
    expect(world.lines).toHaveLength(1)
  })

  it('each is counted once while Looker is away', async () => {
    const world = await createThousands({ sessions: 1_000, isStubborn: () => true })

    const left = await world.command()

    expect(left).toBe(1_000)
    // In each of two calls it counts as away after eight, of four at a time.
    expect(world.asked.size).toBe(22)
  })
})
