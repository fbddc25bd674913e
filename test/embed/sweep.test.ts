// The scheduled run for embed sessions.
import { describe, expect, it } from 'vitest'
import { KeysError, LookerError } from '../../lib/errors.ts'
import { sessionKeyOf } from '../../lib/embed/session-key.ts'
import { instance } from '../scenarios/fleet.ts'
import {
  ada,
  createPolicyWorld,
  inBrowser,
  policyOf,
  signedInAt,
  startAtMs,
} from './policy-world.ts'
import { tokensOf } from './session-world.ts'

const minutes = (count: number) => count * 60_000
const many = { sessionsPerUser: 'many' } as const
const none = { due: 0, ended: 0, unconfirmed: 0, living: 0, failed: 0, left: 0, oldest_s: 0 }
const down = { kind: 'status', status: 503 } as const
const user = (index: number) => inBrowser('a', { user: { external_user_id: `user-${index}` } })
const calls = ({ looker }: Awaited<ReturnType<typeof createPolicyWorld>>) =>
  looker.counts().calls.delete_embed_cookieless_session ?? 0

describe('a run', () => {
  it('ends a session that nobody closes, at Looker and in the index', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    const atMs = Date.parse((await world.state()).ends_at ?? '')
    world.clock.skip(minutes(30))

    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })

    expect(world.live()).toBe(0)
    expect(await world.due()).toEqual([])
    const item = await world.itemOf()
    expect(item?.ended).toEqual({ atMs, reason: 'expired', needsSignIn: true })
    expect(item?.sealed).toBeUndefined()
    await expect(world.acquire()).rejects.toMatchObject({ code: 'sign-in-required' })
    expect(world.seen('session-ended')).toMatchObject([{ reason: 'expired' }])
    expect(world.seen('sweep-run')).toEqual([{ name: 'sweep-run', ...none, due: 1, ended: 1 }])
  })

  it('leaves a session whose time is not over', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(29))

    expect(await world.sweep()).toEqual(none)

    expect(world.live()).toBe(1)
  })

  it('asks Looker again every time until it confirms', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(31))
    world.looker.state.faults.set('delete_embed_cookieless_session', down)

    const first = await world.sweep()
    const buried = await world.itemOf()
    const second = await world.sweep()
    world.looker.state.faults.clear()
    const third = await world.sweep()

    expect(first).toMatchObject({ due: 1, ended: 0, unconfirmed: 1, living: 0, failed: 0 })
    expect(second).toEqual({ ...first, oldest_s: second.oldest_s })
    expect(buried).toMatchObject({ ended: { reason: 'expired', needsSignIn: true } })
    expect(third).toEqual({ ...none, due: 1, ended: 1 })
    expect(world.live()).toBe(0)
    expect(await world.due()).toEqual([])
    expect(await world.sweep()).toEqual(none)
    expect((await world.itemOf())?.ended).toEqual(buried?.ended)
    expect(world.seen('session-ended')).toHaveLength(1)
  })

  it('is not kept from the others by sessions that Looker does not end', async () => {
    const world = await createPolicyWorld(many)
    for (let index = 0; index < 12; index++) await world.acquire(user(index))
    world.clock.skip(minutes(31))
    const { looker } = world.partsOf()
    const stuck = new Set<string>()
    const end: typeof looker.end = async (base, reference, deadline) => {
      if (stuck.size < 4) stuck.add(reference.digest())
      if (!stuck.has(reference.digest())) return looker.end(base, reference, deadline)
      throw new LookerError('server-error', 'Looker fails', { status: 500 })
    }
    const shortly = () => world.sweep(7_000, { looker: { ...looker, end } })

    const first = await shortly()
    const second = await shortly()

    expect(first).toMatchObject({ ended: 0, unconfirmed: 4 })
    expect(second).toMatchObject({ ended: 8, unconfirmed: 4 })
    expect(await world.sweep()).toEqual({ ...none, due: 4, ended: 4 })
  })

  it('ends at Looker what an administrator ended while Looker was down', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.looker.state.faults.set('delete_embed_cookieless_session', down)
    const { sessions } = await world.administration.list({ limit: 1 }, world.within())
    await world.clock.run(world.administration.endOne(sessions[0]?.id ?? '', world.within()))
    const buried = await world.itemOf()
    world.looker.state.faults.clear()

    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })

    expect(world.live()).toBe(0)
    expect(await world.due()).toEqual([])
    expect((await world.itemOf())?.ended).toEqual(buried?.ended)
    expect(buried?.ended).toMatchObject({ reason: 'administrator', needsSignIn: true })
  })

  it('says since when the longest waits of those that it could not end', async () => {
    const world = await createPolicyWorld(many)
    await world.acquire(user(1))
    world.clock.skip(minutes(10))
    await world.acquire(user(2))
    world.clock.skip(minutes(45))
    world.looker.state.faults.set('delete_embed_cookieless_session', down)

    const hurried = await world.sweep(6_000)
    const away = await world.sweep()
    world.looker.state.faults.clear()
    const back = await world.sweep()

    expect(hurried).toMatchObject({ due: 2, left: 2 })
    expect(away).toMatchObject({ due: 2, unconfirmed: 2 })
    expect([hurried, away].map(({ oldest_s }) => Math.floor(oldest_s / 60))).toEqual([25, 25])
    expect(back).toEqual({ ...none, due: 2, ended: 2 })
  })

  it('says so for as long as Looker does not end it, however often it was asked', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(31))
    world.looker.state.faults.set('delete_embed_cookieless_session', down)

    const ages: number[] = []
    for (let minute = 1; minute <= 20; minute++) {
      const { oldest_s } = await world.sweep()
      ages.push(Math.floor(oldest_s / 60))
      world.clock.skip(minutes(minute + 31) - (world.clock.now() - startAtMs))
    }

    expect(ages).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
  })

  it('sees what the settings of now say, and puts off what lives on', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    const item = await world.itemOf()
    if (item) await world.sessions.reschedule(item.key, item, 0)

    expect(await world.sweep()).toEqual({ ...none, due: 1, living: 1 })

    expect((await world.itemOf())?.dueAtMs).toBe(item?.dueAtMs)
    expect(world.live()).toBe(1)
  })

  it('loses against an extension that comes meanwhile', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(29))
    const policy = policyOf({ session_duration: 1_700 })
    const item = await world.itemOf()
    if (item) await world.sessions.reschedule(item.key, item, 0)
    const act = () => world.process.extend(ada, world.within())
    world.table.meanwhile = { call: 'end', act }

    expect(await world.sweep(55_000, { policy })).toEqual({ ...none, due: 1, living: 1 })

    expect((await world.itemOf())?.ended).toBeUndefined()
    expect(world.live()).toBe(1)
  })

  it('does not end the newer session of another device, where Looker keeps one a user', async () => {
    const world = await createPolicyWorld()
    await world.acquire(ada)
    // The start on the other device cannot say here that it replaced this one.
    world.clock.skip(minutes(20))
    world.table.meanwhile = {
      call: 'publish',
      act: async () => void world.table.failing.set('end', 'unavailable'),
    }
    await world.acquire(signedInAt(startAtMs + minutes(20), 'b'))
    world.table.failing.clear()
    world.clock.skip(minutes(11))
    const before = calls(world)

    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })

    expect(calls(world)).toBe(before)
    expect(world.live()).toBe(1)
  })

  it('ends the newer session at Looker, though the clock was set back since the older one', async () => {
    const world = await createPolicyWorld()
    await world.acquire(ada, { staySignedIn: true })
    world.clock.jump(-2_000)
    await world.acquire(inBrowser('b'))
    world.clock.skip(minutes(31))

    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })

    expect(world.live()).toBe(0)
  })

  it('asks nothing of Looker for a session that has ended there by itself', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(60 * 13))

    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })

    expect(calls(world)).toBe(0)
  })

  it.each([
    [1, { living: 1 }, undefined],
    [0, { ended: 1 }, { reason: 'expired', needsSignIn: false }],
  ])('without a policy looks for the end at Looker: %i ms before it', async (ms, counts, end) => {
    const world = await createPolicyWorld({ policy: null })
    await world.acquire()
    const item = await world.itemOf()
    const atMs = item?.dueAtMs ?? 0
    if (item) await world.sessions.reschedule(item.key, item, 0)
    world.clock.skip(atMs - ms - world.clock.now())

    expect(await world.sweep()).toEqual({ ...none, due: 1, ...counts })

    expect((await world.itemOf())?.ended).toEqual(end && { ...end, atMs })
    expect(calls(world)).toBe(0)
  })

  it('passes over one whose due time was edited, which ends with the next call of its page', async () => {
    const world = await createPolicyWorld()
    const tokens = tokensOf(await world.acquire())
    const item = await world.itemOf()
    if (item) await world.sessions.reschedule(item.key, item, 4e12)
    world.clock.skip(minutes(31))

    expect(await world.sweep()).toEqual(none)

    expect(await world.generate(tokens)).toEqual({ session_reference_token_ttl: 0 })
    expect(world.live()).toBe(0)
  })

  it('waits while the user starts a session somewhere', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(31))
    const elsewhere = sessionKeyOf(instance, inBrowser('b'))
    const lease = { owner: 'b', generation: 1, nowAtMs: world.clock.now(), lengthMs: 5_500 }
    const acquires = { windowStartedAtMs: 0, count: 1 }
    const rest = { seen: undefined, skewMs: 500, acquires, ttlEpochSeconds: 9e9 }
    await world.sessions.takeLease(elsewhere, { ...lease, ...rest })

    const meanwhile = await world.sweep()
    const before = calls(world)
    world.clock.skip(6_000)

    expect(meanwhile).toEqual({ ...none, due: 1, unconfirmed: 1, oldest_s: 60 })
    expect(before).toBe(0)
    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })
    expect(world.live()).toBe(0)
  })

  it('gives up a record that does not open', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    const item = await world.itemOf()
    const replacement = { frame: new Uint8Array([1, 2]), generation: (item?.generation ?? 0) + 1 }
    const rest = { sessionId: undefined, claimsAtMs: 0, profileDigest: 'p', startMs: 0 }
    const times = { nowAtMs: world.clock.now(), dueAtMs: 0, ttlEpochSeconds: 9e9 }
    if (item) await world.sessions.replace(item.key, item, { ...replacement, ...rest, ...times })

    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })

    expect(await world.due()).toEqual([])
    expect((await world.itemOf())?.ended).toEqual({
      atMs: Math.round(world.clock.now()),
      reason: 'ended-at-looker',
      needsSignIn: false,
    })
    expect(world.seen('session-unreadable')).not.toEqual([])
  })

  it('of 300 sessions ends each', async () => {
    const world = await createPolicyWorld(many)
    for (let index = 0; index < 300; index++) await world.acquire(user(index))
    world.clock.skip(minutes(45))

    expect(await world.sweep()).toEqual({ ...none, due: 300, ended: 300 })

    expect(world.live()).toBe(0)
    expect(await world.due()).toEqual([])
  })

  it('leaves the rest to the next one when its time is over', async () => {
    const world = await createPolicyWorld(many)
    for (let index = 0; index < 6; index++) await world.acquire(user(index))
    world.clock.skip(minutes(31))

    expect(await world.sweep(6_000)).toMatchObject({ ended: 0, left: 4 })

    expect(await world.sweep()).toEqual({ ...none, due: 6, ended: 6 })
  })

  it.each([
    [6_499, { due: 4, left: 4, oldest_s: 60 }],
    [6_500, { due: 6, ended: 6 }],
  ])('begins none with less than 6.5 seconds left: %i ms', async (ms, counts) => {
    const world = await createPolicyWorld(many)
    for (let index = 0; index < 6; index++) await world.acquire(user(index))
    world.clock.skip(minutes(31))

    expect(await world.sweep(ms)).toEqual({ ...none, ...counts })
  })

  it('fails where the index cannot be read, and says so', async () => {
    const world = await createPolicyWorld()
    world.table.failing.set('listDue', 'throttled')

    await expect(world.sweep()).rejects.toMatchObject({ failure: 'throttled' })

    expect(world.seen('sweep-run')).toEqual([{ name: 'sweep-run', ...none }])
  })

  it('has nothing to do for one that was forgotten since the index was read', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(31))
    world.table.meanwhile = {
      call: 'read',
      act: async () => {
        const item = await world.sessions.read(sessionKeyOf(instance, ada))
        if (item) await world.sessions.forget(item.key, item)
      },
    }

    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })

    expect((await world.itemOf())?.ended).toBeUndefined()
    expect(calls(world)).toBe(0)
  })

  it('goes on where table or keys fail for one', async () => {
    const world = await createPolicyWorld(many)
    for (let index = 0; index < 3; index++) await world.acquire(user(index))
    world.clock.skip(minutes(31))
    const { sealer } = world.partsOf()
    let failures = 1
    const failing: typeof sealer = {
      ...sealer,
      open: (...args) => {
        if (failures-- > 0) throw new KeysError('KMS is down')
        return sealer.open(...args)
      },
    }

    expect(await world.sweep(55_000, { sealer: failing })).toEqual({
      ...none,
      due: 3,
      ended: 2,
      failed: 1,
      oldest_s: 60,
    })
    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })
  })

  it('keeps the time of a session that Looker lost, unlisted, until it is over', async () => {
    const world = await createPolicyWorld(many)
    const acquired = await world.acquire()
    world.clock.skip(minutes(10))
    world.looker.state.embed.sessions.endAll()
    await world.generate(tokensOf(acquired))

    await world.sweep()
    const listed = await world.administration.list({ limit: 25 }, world.within())
    const { session_reference_token_ttl: left } = await world.acquire()

    expect(listed.sessions).toEqual([])
    expect(left).toBeLessThanOrEqual(1_200)
  })

  it('asks for a sign-in once the time of a session that Looker lost is over', async () => {
    const world = await createPolicyWorld(many)
    const tokens = tokensOf(await world.acquire())
    world.looker.state.embed.sessions.endAll()
    await world.generate(tokens)
    await world.sweep()
    world.clock.skip(minutes(29))
    const before = await world.sweep()
    world.clock.skip(minutes(1))

    expect(await world.sweep()).toEqual({ ...none, due: 1, ended: 1 })

    const item = await world.itemOf()
    expect(before).toEqual(none)
    expect(item?.ended).toMatchObject({ reason: 'expired', needsSignIn: true })
    expect(item?.sealed).toBeUndefined()
    expect(await world.due()).toEqual([])
  })
})
