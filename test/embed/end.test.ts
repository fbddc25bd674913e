// The end of a session, and what a page may know of its state.
import { describe, expect, it } from 'vitest'
import { BrokerError, SealError } from '../../lib/errors.ts'
import { Secret } from '../../lib/secret.ts'
import { startAtMs } from '../scenarios/virtual-fleet.ts'
import { pageCaller } from './page-samples.ts'
import { createWorld, tokensOf } from './session-world.ts'

const remove = 'delete_embed_cookieless_session'
const over = { session_reference_token_ttl: 0 }
const none = {
  state: 'none',
  ends_at: null,
  ends_in: 0,
  ended_at: null,
  reason: null,
  sign_in_required: false,
  warn_at: null,
  warns: null,
  may_extend: false,
  extends_to: null,
  idle_ends_at: null,
  stays_signed_in: false,
}

const withSession = async () => {
  const world = await createWorld()
  const acquired = await world.acquire()
  world.table.calls = {}
  return { ...world, tokens: tokensOf(acquired), live: world.looker.state.embed.sessions.countLive }
}

const noLogin = () => Promise.reject(new BrokerError('secret-missing', ''))
const noOpening = () => Promise.reject(new SealError(''))
const unsealed = { currentKey: noOpening, open: noOpening, seal: () => new Uint8Array() }

describe('an end', () => {
  it.each([
    { by: 'user', reason: 'signed-out', needsSignIn: false },
    { by: 'administrator', reason: 'administrator', needsSignIn: true },
  ] as const)('by $by is a tombstone, then the end at Looker', async (row) => {
    const world = await withSession()
    expect(await world.end(row.by)).toEqual({ ended: true, confirmed: true })
    const item = await world.itemOfAda()
    expect(item?.ended).toEqual({
      atMs: world.clock.now(),
      reason: row.reason,
      needsSignIn: row.needsSignIn,
    })
    expect(item?.sealed).toBeUndefined()
    expect(world.live()).toBe(0)
    expect(world.table.calls).toMatchObject({ read: 1, end: 1, forget: 1 })
    expect(world.seen('session-ended')).toMatchObject([{ reason: row.reason }])
    expect(await world.generate(world.tokens)).toEqual(over)
  })

  it("keeps the tombstone an hour past the session's end, an administrator's for 30 days", async () => {
    const world = await withSession()
    await world.end()
    const hourPastEnd = Math.ceil(startAtMs / 1000) + 43_200 + 3_600
    expect((await world.itemOfAda())?.ttlEpochSeconds).toBeGreaterThanOrEqual(hourPastEnd)
    const other = await withSession()
    await other.end('administrator')
    const monthLater = startAtMs / 1000 + 30 * 86_400
    expect((await other.itemOfAda())?.ttlEpochSeconds).toBeGreaterThanOrEqual(monthLater)
  })

  it('is success twice, and where nothing is', async () => {
    const world = await withSession()
    await world.end()
    const calls = world.lookerCalls()
    expect(await world.end()).toEqual({ ended: true, confirmed: true })
    const nobody = pageCaller({ user: { external_user_id: 'bob' } })
    expect(await world.end('administrator', nobody)).toEqual({ ended: true, confirmed: true })
    expect(world.lookerCalls()).toBe(calls)
    expect(world.table.calls).toEqual({ read: 2, end: 1, forget: 1, listOfUser: 1 })
  })

  it('that Looker cannot confirm gives no tokens either, and is tried again the next time', async () => {
    const world = await withSession()
    world.looker.setFault(remove, { kind: 'status', status: 503 })
    const startedMs = world.clock.monotonic()
    expect(await world.end()).toEqual({ ended: true, confirmed: false })
    expect(world.clock.monotonic() - startedMs).toBeLessThanOrEqual(6_000)
    expect(world.seen('end-not-confirmed')).toMatchObject([{ reason: 'server-error' }])
    expect(world.live()).toBe(1)
    expect(await world.generate(world.tokens)).toEqual(over)
    world.looker.clearFaults()
    expect(await world.end()).toEqual({ ended: true, confirmed: true })
    expect(world.live()).toBe(0)
    expect((await world.itemOfAda())?.sealed).toBeUndefined()
    expect(world.seen('session-ended')).toHaveLength(1)
    expect(world.table.calls.end).toBe(1)
  })

  it('that a process without the key cannot confirm', async () => {
    const world = await withSession()
    world.kms.disable()
    const cold = world.coldStart()
    const ended = cold.end(world.ada, { by: 'user' }, world.within())
    expect(await world.clock.run(ended)).toEqual({ ended: true, confirmed: false })
    expect(world.seen('end-not-confirmed')).toMatchObject([{ reason: 'keys' }])
    expect((await world.itemOfAda())?.ended?.reason).toBe('signed-out')
  })

  it.each(['login', 'unreadable'])('that cannot be confirmed: %s', async (reason) => {
    const world = await withSession()
    const process = world.coldStart(
      reason === 'login' ? { getToken: noLogin } : { sealer: unsealed },
    )
    const ended = process.end(world.ada, { by: 'user' }, world.within())
    expect(await world.clock.run(ended)).toEqual({ ended: true, confirmed: false })
    expect(world.seen('end-not-confirmed')).toMatchObject([{ reason }])
  })

  it('is not lost when the table cannot forget', async () => {
    const world = await withSession()
    world.table.failing.set('forget', 'unavailable')
    expect(await world.end()).toEqual({ ended: true, confirmed: true })
  })

  it.each([
    { failing: 'unavailable', code: 'table-unavailable' },
    { failing: 'refused', code: 'misconfigured' },
  ] as const)('fails as $code when the tombstone cannot be written', async ({ failing, code }) => {
    const world = await withSession()
    world.table.failing.set('end', failing)
    const startedMs = world.clock.monotonic()
    await expect(world.end()).rejects.toMatchObject({ code })
    expect(world.clock.monotonic() - startedMs).toBeLessThanOrEqual(5_000)
    expect(world.live()).toBe(1)
  })

  it('is also of the session that was started meanwhile', async () => {
    const world = await withSession()
    world.table.meanwhile = {
      call: 'end',
      act: async () => {
        const other = world.coldStart()
        const newer = pageCaller({ user: { permissions: ['see_looks'] } })
        await other.acquire(newer, {}, world.within())
      },
    }
    expect(await world.end()).toEqual({ ended: true, confirmed: true })
    expect(world.looker.counts().embedSessionsStarted).toBe(2)
    expect(world.live()).toBe(0)
    expect(world.table.calls.end).toBe(2)
    expect(world.seen('session-ended')).toMatchObject([{ reason: 'signed-out' }])
  })

  it('stops a start that is under way', async () => {
    const world = await createWorld()
    world.table.meanwhile = {
      call: 'publish',
      act: () => world.coldStart().end(world.ada, { by: 'administrator' }, world.within()),
    }
    await expect(world.acquire()).rejects.toMatchObject({ code: 'sign-in-required' })
    expect(world.looker.state.embed.sessions.countLive()).toBe(0)
  })

  it('after a start that failed has nothing to end', async () => {
    const world = await createWorld()
    world.looker.setFault('acquire_embed_cookieless_session', { kind: 'status', status: 403 })
    await world.acquire().catch(() => undefined)
    expect(await world.itemOfAda()).toBeDefined()
    expect(await world.end('administrator')).toEqual({ ended: true, confirmed: true })
    expect(world.table.calls.end).toBeUndefined()
  })

  it('gives up against starts without end', async () => {
    const world = await withSession()
    const wanted = ['a', 'b', 'c', 'd'].map((permission) =>
      pageCaller({ user: { permissions: [permission] } }),
    )
    const act = async (): Promise<void> => {
      const next = wanted.shift()
      if (next) await world.coldStart().acquire(next, {}, world.within())
      world.table.meanwhile = { call: 'end', act }
    }
    world.table.meanwhile = { call: 'end', act }
    await expect(world.end()).rejects.toMatchObject({ code: 'session-in-progress' })
    expect(wanted).toHaveLength(1)
  })
})

describe('the state', () => {
  it('of no session is none', async () => {
    const world = await createWorld()
    expect(await world.state()).toEqual(none)
  })

  it('of a living one is when it ends', async () => {
    const world = await withSession()
    await world.clock.advance(1_500)
    expect(await world.state()).toEqual({
      ...none,
      state: 'active',
      ends_at: new Date(startAtMs + world.looker.state.loginLatencyMs + 43_200_000).toISOString(),
      ends_in: Math.floor(43_200 - 1.5),
    })
    expect(world.table.calls).toEqual({ read: 1 })
  })

  it('of another browser is none', async () => {
    const world = await withSession()
    const device = { deviceKey: new Secret('device') }
    await world.acquire(pageCaller({ page: device }))
    const updated = pageCaller({ page: { ...device, userAgent: 'Browser/2' } })
    expect(await world.state(updated)).toEqual(none)
  })

  it('of one past its end is expired, without a write', async () => {
    const world = await withSession()
    await world.clock.advance(43_200_000)
    expect(await world.state()).toMatchObject({
      state: 'ended',
      reason: 'expired',
      ended_at: new Date(startAtMs + world.looker.state.loginLatencyMs + 43_200_000).toISOString(),
      sign_in_required: false,
    })
    expect(world.table.calls).toEqual({ read: 1 })
  })

  it.each([
    { by: 'user', signedIn: undefined, required: false },
    { by: 'administrator', signedIn: undefined, required: true },
    { by: 'administrator', signedIn: 0, required: true },
    { by: 'administrator', signedIn: 1, required: false },
  ] as const)(
    'after an end by $by, signed in $signedIn ms after: $required',
    async ({ by, signedIn, required }) => {
      const world = await withSession()
      await world.end(by)
      const endedAtMs = world.clock.now()
      const signedInAtMs = signedIn === undefined ? undefined : endedAtMs + signedIn
      expect(await world.state(pageCaller({ visitor: { signedInAtMs } }))).toEqual({
        ...none,
        state: 'ended',
        ended_at: new Date(endedAtMs).toISOString(),
        reason: by === 'user' ? 'signed-out' : 'administrator',
        sign_in_required: required,
      })
    },
  )

  it('is not known while the table is away', async () => {
    const world = await withSession()
    world.table.failing.set('read', 'unavailable')
    const startedMs = world.clock.monotonic()
    await expect(world.state()).rejects.toMatchObject({ code: 'table-unavailable' })
    expect(world.clock.monotonic() - startedMs).toBeLessThanOrEqual(2_000)
  })
})
