// The next tokens of a page, with the record in the table.
import { describe, expect, it } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import type { PageTokens } from '../../lib/embed/service.ts'
import type { Fault } from '../../local/looker/faults.ts'
import { startAtMs } from '../scenarios/virtual-fleet.ts'
import { pageCaller, pageToken } from './page-samples.ts'
import { createWorld, living, tokensOf, type World } from './session-world.ts'

const generate = 'generate_tokens_for_cookieless_session'
const over = { session_reference_token_ttl: 0 }

const withSession = async () => {
  const world = await createWorld()
  const acquired = await world.acquire()
  world.table.calls = {}
  world.kms.resetCounts()
  world.looker.state.counter.reset()
  return { ...world, acquired, tokens: tokensOf(acquired) }
}

const reply = (body: object): Fault => ({ kind: 'status', status: 200, body: JSON.stringify(body) })
const away: Fault = { kind: 'status', status: 503 }

describe('a warm generate', () => {
  it('costs one read, one call of Looker, no write and no key', async () => {
    const { table, lookerCalls, kmsCalls, ...world } = await withSession()
    await world.clock.advance(60_000)
    const answer = living(await world.generate(world.tokens))
    expect(answer).toMatchObject({
      navigation_token_ttl: 600,
      api_token_ttl: 600,
      session_reference_token_ttl: 43_140,
    })
    expect(answer.api_token).not.toBe(world.acquired.api_token)
    expect(table.calls).toEqual({ read: 1 })
    expect([lookerCalls(), kmsCalls()]).toEqual([1, 0])
  })

  it('goes on with its own answer, again and again', async () => {
    const { generate: next, ...world } = await withSession()
    let { tokens } = world
    for (let minute = 0; minute < 30; minute += 8) {
      await world.clock.advance(480_000)
      tokens = tokensOf(living(await next(tokens)))
    }
    expect(world.looker.counts().embedTokensGenerated).toBe(4)
  })
})

describe('a session that is over for the page, without a call of Looker', () => {
  const table: readonly [
    string,
    (world: World) => Promise<unknown>,
    Parameters<typeof pageCaller>[0]?,
  ][] = [
    ['a user without a record', async () => undefined, { user: { external_user_id: 'bob' } }],
    ['another user agent', async () => undefined, { page: { userAgent: 'Browser/2' } }],
    [
      'a device that the page makes up',
      async () => undefined,
      { page: { deviceKey: new Secret('x') } },
    ],
    ['a tombstone', (world) => world.end()],
    ['a record past its end', async ({ clock }) => clock.advance(43_199_500)],
  ]

  it.each(table)('is told for %s', async (_name, prepare, changes) => {
    const world = await withSession()
    await prepare(world)
    const standing = await world.itemOfAda()
    const before = world.lookerCalls()
    expect(await world.generate(world.tokens, pageCaller(changes))).toEqual(over)
    expect(world.lookerCalls()).toBe(before)
    expect(await world.itemOfAda()).toEqual(standing)
  })

  it("is told for another user's tokens, and for tokens of an older session", async () => {
    const world = await withSession()
    const bob = pageCaller({ user: { external_user_id: 'bob' } })
    const ofBob = tokensOf(await world.acquire(bob))
    world.looker.state.counter.reset()
    expect(await world.generate(ofBob)).toEqual(over)
    expect(await world.generate({ ...world.tokens, apiToken: ofBob.apiToken })).toEqual(over)
    expect(world.lookerCalls()).toBe(0)
    await world.end()
    const renewed = tokensOf(await world.acquire())
    world.looker.state.counter.reset()
    expect(await world.generate(world.tokens)).toEqual(over)
    expect(world.lookerCalls()).toBe(0)
    expect(living(await world.generate(renewed)).api_token_ttl).toBe(600)
  })
})

describe('Looker saying that it is over', () => {
  it.each([
    { after: 60_000, reason: 'ended-at-looker' },
    { after: 43_141_000, reason: 'expired' },
  ])('makes a tombstone: $reason after $after ms', async ({ after, reason }) => {
    const world = await withSession()
    await world.clock.advance(after)
    world.looker.state.embed.sessions.endAll()
    expect(await world.generate(world.tokens)).toEqual(over)
    expect((await world.itemOfAda())?.ended).toMatchObject({ reason, needsSignIn: false })
    expect(world.seen('session-ended')).toMatchObject([{ reason }])
    expect(world.table.calls).toEqual({ read: 1, end: 1 })
  })

  it('is told although the table cannot be', async () => {
    const world = await withSession()
    world.looker.state.embed.sessions.endAll()
    world.table.failing.set('end', 'unavailable')
    expect(await world.generate(world.tokens)).toEqual(over)
    expect(world.seen('tokens-returned')).toEqual([])
  })

  it.each([400, 422])('by a %i ends the record too', async (status) => {
    const world = await withSession()
    world.looker.setFault(generate, { kind: 'status', status })
    expect(await world.generate(world.tokens)).toEqual(over)
    expect((await world.itemOfAda())?.ended?.reason).toBe('ended-at-looker')
    expect(world.lookerCalls()).toBe(1)
  })

  it('by a 400 leaves a record alone that was started meanwhile', async () => {
    const world = await withSession()
    world.looker.queueFaults(generate, { kind: 'status', status: 400 })
    let started: Awaited<ReturnType<World['acquire']>> | undefined
    const act = async () => {
      const { process, ada, within } = world
      await process.end(ada, { by: 'user' }, within())
      started = await process.acquire(ada, {}, within())
    }
    world.table.meanwhile = { call: 'end', act }
    expect(await world.generate(world.tokens)).toEqual(over)
    expect(world.seen('session-ended')).toMatchObject([{ reason: 'signed-out' }])
    expect((await world.itemOfAda())?.ended).toBeUndefined()
    if (!started) throw new Error('Nothing was started.')
    expect(living(await world.generate(tokensOf(started))).api_token_ttl).toBe(600)
  })
})

const answerWith = (world: Awaited<ReturnType<typeof withSession>>, sub: string) => ({
  navigation_token: pageToken({ sub }, 'new').reveal(),
  navigation_token_ttl: 600,
  api_token: pageToken({ sub }, 'new too').reveal(),
  api_token_ttl: 600,
  session_reference_token: 'another-reference',
  session_reference_token_ttl: Math.floor((startAtMs + 43_200_000 - world.clock.now()) / 1000),
})

const idOf = async (world: World): Promise<string> => (await world.itemOfAda())?.sessionId ?? ''

describe('a new reference token', () => {
  it('of the same session is kept in one write, and used from then on', async () => {
    const world = await withSession()
    const answer = answerWith(world, await idOf(world))
    world.looker.queueFaults(generate, reply(answer))
    const next = living(await world.generate(world.tokens))
    expect(next.api_token).toBe(answer.api_token)
    expect(world.table.calls).toEqual({ read: 1, replace: 1 })
    expect(world.kmsCalls()).toBe(0)
    // The simulator does not know it: that it says so shows that it was sent.
    expect(await world.generate(tokensOf(next))).toEqual(over)
  })

  it('that cannot be written does not keep the tokens from the page', async () => {
    const world = await withSession()
    const answer = answerWith(world, await idOf(world))
    world.looker.queueFaults(generate, reply(answer))
    world.table.failing.set('replace', 'unavailable')
    expect(living(await world.generate(world.tokens)).api_token).toBe(answer.api_token)
  })

  it('of the same session gives nothing after a sign-out meanwhile', async () => {
    const world = await withSession()
    world.looker.queueFaults(generate, reply(answerWith(world, await idOf(world))))
    const act = () => world.process.end(world.ada, { by: 'user' }, world.within())
    world.table.meanwhile = { call: 'replace', act }
    expect(await world.generate(world.tokens)).toEqual(over)
    expect((await world.itemOfAda())?.ended?.reason).toBe('signed-out')
  })

  it('of the same session gives nothing when another session stands there meanwhile', async () => {
    const world = await withSession()
    world.looker.queueFaults(generate, reply(answerWith(world, await idOf(world))))
    const act = async () => {
      const { process, ada, within } = world
      await process.end(ada, { by: 'user' }, within())
      await process.acquire(ada, {}, within())
    }
    world.table.meanwhile = { call: 'replace', act }
    expect(await world.generate(world.tokens)).toEqual(over)
    expect(world.seen('session-started')).toHaveLength(2)
  })

  it('of the same session is as good when another process kept one first', async () => {
    const world = await withSession()
    const answer = answerWith(world, await idOf(world))
    const replies = [reply(answer), reply({ ...answer, session_reference_token: 'a-third' })]
    world.looker.queueFaults(generate, ...replies)
    const act = () => world.coldStart().generate(world.ada, world.tokens, world.within())
    world.table.meanwhile = { call: 'replace', act }
    expect(living(await world.generate(world.tokens)).api_token).toBe(answer.api_token)
    expect(world.table.calls.replace).toBe(2)
  })

  it('gives nothing after a sign-out that Looker did not confirm yet', async () => {
    const world = await withSession()
    world.looker.queueFaults(generate, reply(answerWith(world, await idOf(world))))
    world.looker.setFault('delete_embed_cookieless_session', { kind: 'status', status: 403 })
    const act = () => world.process.end(world.ada, { by: 'user' }, world.within())
    world.table.meanwhile = { call: 'replace', act }
    expect(await world.generate(world.tokens)).toEqual(over)
    expect((await world.itemOfAda())?.sealed).toBeDefined()
    expect(await world.generate(world.tokens)).toEqual(over)
  })
})

describe('tokens of another session', () => {
  it.each(['the same', 'another'])('are never given, with %s reference token', async (which) => {
    const world = await withSession()
    const standing = await world.itemOfAda()
    const { session_reference_token, ...answer } = answerWith(world, 'another-session')
    const body = which === 'another' ? { ...answer, session_reference_token } : answer
    world.looker.queueFaults(generate, reply(body))
    expect(await world.generate(world.tokens)).toEqual(over)
    expect(await world.itemOfAda()).toEqual(standing)
    expect(world.table.calls).toEqual({ read: 1 })
    expect(world.looker.counts().calls).not.toHaveProperty('delete_embed_cookieless_session')
    await world.clock.advance(5_000)
    expect(living(await world.generate(world.tokens)).api_token_ttl).toBe(600)
  })
})

describe('identical generates', () => {
  it('at once and within 5 s make one call of Looker, whose lives count down', async () => {
    const world = await withSession()
    const ask = () => world.process.generate(world.ada, world.tokens, world.within())
    const [first, second] = await world.clock.run(Promise.all([ask(), ask()]))
    expect(second).toEqual(first)
    await world.clock.advance(4_000)
    expect(await world.generate(world.tokens)).toEqual({
      ...first,
      navigation_token_ttl: 596,
      api_token_ttl: 596,
      session_reference_token_ttl: living(first).session_reference_token_ttl - 4,
    })
    expect(world.lookerCalls()).toBe(1)
    await world.clock.advance(1_001)
    await world.generate(world.tokens)
    expect(world.lookerCalls()).toBe(2)
  })

  it('are of one session and one browser', async () => {
    const world = await withSession()
    await world.generate(world.tokens)
    await world.end()
    expect(await world.generate(world.tokens)).toEqual(over)
  })

  it('are not kept when they failed', async () => {
    const world = await withSession()
    world.looker.setFault(generate, away)
    expect(living(await world.generate(world.tokens)).api_token).toBe(world.acquired.api_token)
    world.looker.clearFaults()
    const next = living(await world.generate(world.tokens))
    expect(next.api_token).not.toBe(world.acquired.api_token)
  })
})

describe('lives', () => {
  it("never pass the record's end, and are never 0", async () => {
    const world = await withSession()
    await world.clock.advance(43_100_000)
    const next = living(await world.generate(world.tokens))
    const told = [next.navigation_token_ttl, next.api_token_ttl, next.session_reference_token_ttl]
    expect(new Set(told).size).toBe(1)
    expect(told[0]).toBeLessThan(101)
    await world.clock.advance((living(next).api_token_ttl - 1) * 1000)
    const last = await world.generate(tokensOf(next))
    expect(Object.values(last)).not.toContain(0)
  })
})

const newestOf = async (world: World, times: number, tokens: PageTokens) => {
  let newest = tokens
  for (let call = 0; call < times; call++) newest = tokensOf(living(await world.generate(newest)))
  return newest
}

describe('a page that always shows its newest tokens', () => {
  it('makes at most 30 calls of Looker a minute, and then is given its own back', async () => {
    const world = await withSession()
    const newest = await newestOf(world, 30, world.tokens)
    expect(world.seen('tokens-returned')).toEqual([])
    const answer = living(await world.generate(newest))
    expect(tokensOf(answer).apiToken.reveal()).toBe(newest.apiToken.reveal())
    expect(answer.navigation_token).toBe(newest.navigationToken.reveal())
    expect(world.lookerCalls()).toBe(30)
    expect(world.seen('tokens-returned')).toMatchObject([
      { why: 'limit', code: 'too-many-requests' },
    ])
    await world.clock.advance(59_999)
    await world.generate(newest)
    expect(world.lookerCalls()).toBe(30)
    await world.clock.advance(1)
    expect(living(await world.generate(newest)).api_token_ttl).toBe(600)
  })

  it('is limited alone, and by answers of Looker alone', async () => {
    const world = await withSession()
    const bob = pageCaller({ user: { external_user_id: 'bob' } })
    const ofBob = tokensOf(await world.acquire(bob))
    const newest = await newestOf(world, 29, world.tokens)
    for (let call = 0; call < 40; call++) await world.generate(newest)
    expect(world.seen('tokens-returned')).toEqual([])
    await newestOf(world, 10, newest)
    expect(world.seen('tokens-returned').length).toBeGreaterThan(0)
    expect(living(await world.generate(ofBob, bob)).api_token).not.toBe(ofBob.apiToken.reveal())
    expect(living(await world.generate(newest, world.ada, world.coldStart())).api_token).not.toBe(
      newest.apiToken.reveal(),
    )
  })

  it('hears of an end all the same', async () => {
    const world = await withSession()
    const newest = await newestOf(world, 31, world.tokens)
    await world.end()
    expect(await world.generate(newest)).toEqual(over)
  })
})
