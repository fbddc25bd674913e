// Sessions that only their pages keep, sealed.
import { describe, expect, it } from 'vitest'
import { KeysError } from '../../lib/errors.ts'
import { createLookerEmbedClient } from '../../lib/looker/embed-client.ts'
import type { LookerEmbedClient } from '../../lib/looker/embed-client.ts'
import { Secret } from '../../lib/secret.ts'
import { instance } from '../scenarios/fleet.ts'
import { pageCaller, pageToken } from './page-samples.ts'
import { createWorld, heldOf, living, pageOf, tokensOf } from './session-world.ts'

const acquire = 'acquire_embed_cookieless_session'
const generate = 'generate_tokens_for_cookieless_session'
const remove = 'delete_embed_cookieless_session'
const over = { session_reference_token_ttl: 0 }

const withSession = async () => {
  const world = await createWorld('client')
  const acquired = await world.acquire()
  world.kms.resetCounts()
  world.looker.state.counter.reset()
  return { ...world, acquired, held: heldOf(acquired), tokens: pageOf(acquired) }
}

describe('a page that keeps its session', () => {
  it('joins it, without the table, by one call of Looker and no key', async () => {
    const world = await withSession()
    const joined = await world.acquire(world.ada, world.held)
    expect(joined.session).toBe(world.acquired.session)
    expect(joined.authentication_token).not.toBe(world.acquired.authentication_token)
    expect([world.lookerCalls(), world.kmsCalls(), world.tableCalls()]).toEqual([1, 0, 0])
    expect(world.looker.counts().embedSessionsJoined).toBe(1)
    expect(world.seen('session-joined')).toHaveLength(1)
  })

  it('is given tokens by one call of Looker, one for identical ones', async () => {
    const world = await withSession()
    const [first, second] = await world.clock.run(
      Promise.all(
        [0, 1].map(() => world.process.generate(world.ada, world.tokens, world.within())),
      ),
    )
    expect(second).toEqual(first)
    expect(first).not.toHaveProperty('session')
    expect([world.lookerCalls(), world.kmsCalls(), world.tableCalls()]).toEqual([1, 0, 0])
  })

  it('hears what its state is', async () => {
    const world = await withSession()
    expect(await world.state(world.ada, world.held)).toMatchObject({
      state: 'active',
      ends_in: 43_200,
    })
    expect(await world.state()).toMatchObject({ state: 'none' })
    await world.clock.advance(43_200_000)
    expect(await world.state(world.ada, world.held)).toMatchObject({ reason: 'expired' })
  })

  it('ends it at Looker, as far as Looker confirms', async () => {
    const world = await withSession()
    world.looker.setFault(remove, { kind: 'status', status: 503 })
    expect(await world.end('user', world.ada, world.held)).toMatchObject({ confirmed: false })
    expect(world.seen('session-ended')).toEqual([])
    world.looker.clearFaults()
    expect(await world.end('user', world.ada, world.held)).toMatchObject({ confirmed: true })
    expect(world.seen('session-ended')).toMatchObject([{ reason: 'signed-out' }])
    expect(world.looker.counts().embedSessionsEnded).toBe(1)
    expect(await world.end()).toEqual({ ended: true, confirmed: true })
    expect(await world.generate(world.tokens)).toEqual(over)
  })

  it('needs the key to do so', async () => {
    const world = await withSession()
    world.kms.disable()
    const cold = world.coldStart()
    const ended = cold.end(world.ada, { ...world.held, by: 'user' }, world.within())
    await expect(world.clock.run(ended)).rejects.toMatchObject({ code: 'keys-unavailable' })
    await expect(world.acquire(world.ada, world.held, cold)).rejects.toMatchObject({
      code: 'keys-unavailable',
    })
    const answer = living(await world.generate(world.tokens, world.ada, cold))
    expect(answer.api_token).toBe(world.acquired.api_token)
  })

  it('is given its own tokens back while Looker is away', async () => {
    const world = await withSession()
    world.looker.setFault(generate, { kind: 'status', status: 503 })
    const answer = living(await world.generate(world.tokens))
    expect(answer.api_token).toBe(world.acquired.api_token)
    expect(world.seen('tokens-returned')).toMatchObject([{ why: 'looker' }])
  })

  it('is told when Looker ended it', async () => {
    const world = await withSession()
    world.looker.state.embed.sessions.endAll()
    expect(await world.generate(world.tokens)).toEqual(over)
    expect(world.seen('session-ended')).toMatchObject([{ reason: 'ended-at-looker' }])
  })

  it('is given another sealed session with another reference token', async () => {
    const world = await withSession()
    const session = world.looker.state.embed.sessions
    const { sub } = JSON.parse(
      Buffer.from(world.acquired.api_token.split('.')[1] ?? '', 'base64url').toString(),
    )
    const body = JSON.stringify({
      navigation_token: pageToken({ sub }).reveal(),
      navigation_token_ttl: 600,
      api_token: pageToken({ sub }).reveal(),
      api_token_ttl: 600,
      session_reference_token: 'another-reference',
      session_reference_token_ttl: 43_000,
    })
    world.looker.queueFaults(generate, { kind: 'status', status: 200, body })
    const next = living(await world.generate(world.tokens))
    expect(next.session).toBeDefined()
    expect(next.session).not.toBe(world.acquired.session)
    expect(session.countLive()).toBe(1)
    // The simulator does not know the reference: that it ends shows that it was sent.
    expect(await world.generate({ ...tokensOf(next), ...heldOf(next) })).toEqual(over)
  })

  it('makes at most 30 calls of Looker a minute with its newest tokens', async () => {
    const world = await withSession()
    let { tokens } = world
    for (let call = 0; call < 31; call++) {
      tokens = { ...tokens, ...tokensOf(living(await world.generate(tokens))) }
    }
    expect(world.lookerCalls()).toBe(30)
    expect(world.seen('tokens-returned')).toMatchObject([{ why: 'limit' }])
  })
})

const start = async (
  changes: Parameters<typeof pageCaller>[0],
  prepare: (world: Awaited<ReturnType<typeof withSession>>) => unknown = () => undefined,
) => {
  const world = await withSession()
  await prepare(world)
  const answer = await world.acquire(pageCaller(changes), world.held)
  expect(answer.session).not.toBe(world.acquired.session)
  expect(world.looker.counts().embedSessionsStarted).toBe(1)
  return world.seen('session-started').at(-1)
}

const noKey = () => Promise.reject(new KeysError(''))
const withoutKeys = { currentKey: noKey, open: noKey, seal: () => new Uint8Array() }

describe('an acquire starts a session', () => {
  it('in another browser, or of another user', async () => {
    const agent = { page: { userAgent: 'Browser/2' } }
    expect(await start(agent)).toMatchObject({ after: 'nothing' })
    const bob = { user: { external_user_id: 'bob' } }
    expect(await start(bob)).toMatchObject({ after: 'nothing' })
  })

  it('with another profile', async () => {
    const profile = { user: { permissions: ['see_looks'] } }
    expect(await start(profile)).toMatchObject({ after: 'other-profile' })
  })

  it.each(['one', 'many'] as const)(
    'with another profile after the end of the one before, where Looker keeps %s a user',
    async (sessionsPerUser) => {
      const world = await withSession()
      world.looker.state.embed.settings.sessionsPerUser = sessionsPerUser
      const calls: string[] = []
      const client = createLookerEmbedClient({
        baseUrl: instance,
        fetch: world.looker.fetch,
        now: world.clock.now,
      })
      const looker: LookerEmbedClient = {
        ...client,
        acquire: (...request) => {
          calls.push('acquire')
          return client.acquire(...request)
        },
        end: (...request) => {
          calls.push('end')
          return client.end(...request)
        },
      }
      const demoted = pageCaller({ user: { permissions: ['see_looks'] } })
      const next = await world.acquire(demoted, world.held, world.coldStart({ looker }))
      expect(calls).toEqual(['end', 'acquire'])
      expect(world.looker.state.embed.sessions.countLive()).toBe(1)
      expect(await world.generate(world.tokens)).toEqual(over)
      expect(living(await world.generate(pageOf(next), demoted)).api_token_ttl).toBe(600)
    },
  )

  it('with another profile although Looker does not confirm the end, soon', async () => {
    const world = await withSession()
    world.looker.setFault(remove, { kind: 'status', status: 503 })
    const startedMs = world.clock.monotonic()
    const profile = { user: { permissions: ['see_looks'] } }
    const { session } = await world.acquire(pageCaller(profile), world.held)
    expect(session).not.toBe(world.acquired.session)
    expect(world.clock.monotonic() - startedMs).toBeLessThanOrEqual(1_000)
    expect(world.seen('end-not-confirmed')).toHaveLength(1)
  })

  it.each([
    { ms: 43_169_000, after: undefined },
    { ms: 43_170_000, after: 'near-end' },
    { ms: 43_200_000, after: 'end' },
  ])('$ms ms later: $after', async ({ ms, after }) => {
    const world = await withSession()
    await world.clock.advance(ms)
    await world.acquire(world.ada, world.held)
    expect(world.seen('session-started').slice(1)).toMatchObject(after ? [{ after }] : [])
  })

  it('when Looker forgot the one it has', async () => {
    expect(await start({}, ({ looker }) => looker.state.embed.sessions.endAll())).toMatchObject({
      after: 'lost',
    })
  })

  it('when Looker lets nobody join it, once', async () => {
    const refused = { kind: 'status', status: 404 } as const
    expect(await start({}, ({ looker }) => looker.queueFaults(acquire, refused))).toMatchObject({
      after: 'lost',
    })
    const world = await withSession()
    world.looker.setFault(acquire, refused)
    await expect(world.acquire(world.ada, world.held)).rejects.toMatchObject({
      code: 'looker-refused-embed',
    })
    expect(world.lookerCalls()).toBe(2)
    world.looker.setFault(acquire, { kind: 'status', status: 403 })
    await world.acquire(world.ada, world.held).catch(() => undefined)
    expect(world.lookerCalls()).toBe(3)
  })

  it('whatever device the page names, the same session is joined', async () => {
    const world = await withSession()
    const device = { deviceKey: new Secret('device') }
    const caller = pageCaller({ page: device, visitor: { deviceClaim: 'sid' } })
    await world.acquire(caller, world.held)
    expect(world.looker.counts().embedSessionsJoined).toBe(1)
  })

  it('not for claims older than the session, whatever their profile', async () => {
    const world = await createWorld('client')
    const newer = pageCaller({ visitor: { issuedAtMs: 2_000 } })
    const older = pageCaller({
      visitor: { issuedAtMs: 1_000 },
      user: { permissions: ['see_everything'] },
    })
    const acquired = await world.acquire(newer)
    await world.acquire(older, heldOf(acquired))
    expect(world.looker.counts().embedSessionsJoined).toBe(1)
    await world.acquire(older)
    expect(world.looker.counts().embedSessionsStarted).toBe(2)
  })

  it('and ends it when it cannot be sealed', async () => {
    const world = await createWorld('client')
    const process = world.coldStart({ sealer: withoutKeys })
    await expect(world.acquire(world.ada, {}, process)).rejects.toMatchObject({
      code: 'keys-unavailable',
    })
    expect(world.looker.counts()).toMatchObject({ embedSessionsStarted: 1, embedSessionsEnded: 1 })
  })
})
