// Tokens that come with a new reference token, or of another session.
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../local/looker/faults.ts'
import { startAtMs } from '../scenarios/virtual-fleet.ts'
import { pageToken } from './page-samples.ts'
import { living, tokensOf, withSession, type World } from './session-world.ts'

const generate = 'generate_tokens_for_cookieless_session'
const over = { session_reference_token_ttl: 0 }

const reply = (body: object): Fault => ({ kind: 'status', status: 200, body: JSON.stringify(body) })

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
