// The calls of Looker that a page can cause by always asking with its newest tokens.
import { describe, expect, it } from 'vitest'
import type { PageTokens } from '../../lib/embed/service.ts'
import { pageCaller } from './page-samples.ts'
import { living, tokensOf, withSession, type World } from './session-world.ts'

const over = { session_reference_token_ttl: 0 }

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
