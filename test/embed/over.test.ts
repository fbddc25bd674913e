// The end that the policy brings: beside an end that stands, and at Looker when a page's call finds it.
import { describe, expect, it } from 'vitest'
import { endByPolicy } from '../../lib/embed/over.ts'
import { sessionKeyOf } from '../../lib/embed/session-key.ts'
import { underPolicy } from '../../lib/embed/under-policy.ts'
import type { SessionEnd, SessionItem } from '../../lib/store/session-store.ts'
import { instance } from '../scenarios/fleet.ts'
import { pageRecord } from './page-samples.ts'
import { ada, createPolicyWorld, inBrowser, policyOf } from './policy-world.ts'
import { tokensOf } from './session-world.ts'

const over = { over: true, atMs: 5_000, reason: 'inactive' } as const
const itemOf = (ended?: SessionEnd): SessionItem => ({
  key: { partition: 'embed-session#looker#ada', sort: 'device#1' },
  generation: 1,
  ttlEpochSeconds: 0,
  ...(ended ? { ended } : {}),
})
const endedAt = (atMs: number, needsSignIn: boolean) =>
  itemOf({ atMs, reason: 'ended-at-looker', needsSignIn })

describe('the end by the policy', () => {
  it('is dated to the instant at which the session was over, and asks for a sign-in', () => {
    const end = endByPolicy(itemOf(), pageRecord({ stand: over }))

    expect(end).toEqual({ atMs: 5_000, reason: 'inactive', needsSignIn: true })
  })

  it.each([
    [4_998, 5_000],
    [4_999, 5_000],
    [5_000, 5_001],
    [9_000, 9_001],
  ])('comes over an end of %i that asks for no sign-in, later than it', (endedAtMs, atMs) => {
    const end = endByPolicy(endedAt(endedAtMs, false), pageRecord({ stand: over }))

    expect(end).toEqual({ atMs, reason: 'inactive', needsSignIn: true })
  })

  it.each([4_000, 6_000])('leaves an end of %i that asks for one', (endedAtMs) => {
    const end = endByPolicy(endedAt(endedAtMs, true), pageRecord({ stand: over }))

    expect(end).toBeUndefined()
  })

  it('is none of a session that lives, has no rule or does not open', () => {
    const lives = underPolicy(policyOf(), pageRecord(), 0)
    const free = pageRecord()

    const ends = [lives, free, undefined].map((record) => endByPolicy(itemOf(), record))

    expect(lives.stand?.over).toBe(false)
    expect(ends).toEqual([undefined, undefined, undefined])
  })
})

const minuteMs = 60_000
const refused = { code: 'sign-in-required' }

const overSession = async () => {
  const world = await createPolicyWorld()
  const tokens = tokensOf(await world.acquire())
  world.clock.skip(31 * minuteMs)
  const ends = () => world.looker.counts().calls.delete_embed_cookieless_session ?? 0
  return { ...world, tokens, ends }
}

describe('a call that finds a session over', () => {
  it('leaves it to the schedule while Looker is down', async () => {
    const world = await overSession()
    const down = { kind: 'status', status: 503 } as const
    world.looker.state.faults.set('delete_embed_cookieless_session', down)

    const answer = await world.generate(world.tokens)

    const item = await world.itemOf()
    world.looker.state.faults.clear()
    expect(answer).toEqual({ session_reference_token_ttl: 0 })
    expect(item?.ended).toMatchObject({ reason: 'expired', needsSignIn: true })
    expect(item?.sealed).toBeDefined()
    expect(world.live()).toBe(1)
    expect(await world.sweep()).toMatchObject({ due: 1, ended: 1 })
    expect(world.live()).toBe(0)
  })

  it('says and asks nothing once more where another was first', async () => {
    const world = await overSession()
    const act = () => world.coldStart().generate(ada, world.tokens, world.within())
    world.table.meanwhile = { call: 'end', act }

    await expect(world.acquire()).rejects.toMatchObject(refused)

    expect(world.seen('session-ended')).toHaveLength(1)
    expect(world.ends()).toBe(1)
    expect((await world.itemOf())?.sealed).toBeUndefined()
  })

  it('leaves another end that was first, though Looker has not confirmed it', async () => {
    const world = await overSession()
    const down = { kind: 'status', status: 503 } as const
    world.looker.state.faults.set('delete_embed_cookieless_session', down)
    let asked = 0
    const act = async () => {
      await world.coldStart().end(ada, { by: 'administrator' }, world.within())
      asked = world.ends()
    }
    world.table.meanwhile = { call: 'end', act }

    await expect(world.acquire()).rejects.toMatchObject(refused)

    expect(world.seen('session-ended')).toMatchObject([{ reason: 'administrator' }])
    expect((await world.itemOf())?.ended).toMatchObject({ reason: 'administrator' })
    expect(world.ends()).toBe(asked)
  })

  it('does not end the newer session of another device, where Looker keeps one a user', async () => {
    const world = await createPolicyWorld()
    await world.acquire(ada)
    world.clock.skip(20 * minuteMs)
    // The start on the other device cannot say here that it replaced this one.
    const act = async () => void world.table.failing.set('end', 'unavailable')
    world.table.meanwhile = { call: 'publish', act }
    await world.acquire(inBrowser('b'))
    world.table.failing.clear()
    world.clock.skip(11 * minuteMs)
    const asked = world.lookerCalls()

    await expect(world.acquire(ada)).rejects.toMatchObject(refused)

    expect(world.lookerCalls()).toBe(asked)
    expect(world.live()).toBe(1)
    expect((await world.itemOf())?.sealed).toBeUndefined()
  })

  it('asks nothing of Looker while the user starts a session somewhere', async () => {
    const world = await overSession()
    const nowAtMs = world.clock.now()
    await world.sessions.takeLease(sessionKeyOf(instance, inBrowser('b')), {
      seen: undefined,
      owner: 'b',
      generation: 1,
      nowAtMs,
      lengthMs: 5_500,
      skewMs: 500,
      acquires: { windowStartedAtMs: nowAtMs, count: 1 },
      ttlEpochSeconds: 9e9,
    })

    await world.generate(world.tokens)

    const item = await world.itemOf()
    expect(item?.ended).toMatchObject({ reason: 'expired', needsSignIn: true })
    expect(item?.sealed).toBeDefined()
    expect(world.ends()).toBe(0)
  })
})
