// When a page that asks for its next tokens is told that its session is over.
import { describe, expect, it } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import { pageCaller } from './page-samples.ts'
import { living, tokensOf, withSession, type World } from './session-world.ts'

const generate = 'generate_tokens_for_cookieless_session'
const over = { session_reference_token_ttl: 0 }

const endUnconfirmed = async (world: World): Promise<void> => {
  world.looker.setFault('delete_embed_cookieless_session', { kind: 'status', status: 403 })
  await world.end()
  world.looker.clearFaults()
  expect((await world.itemOfAda())?.sealed).toBeDefined()
}

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
    ['a tombstone that Looker did not confirm', endUnconfirmed],
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
