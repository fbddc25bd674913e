// The next tokens of a page, with the record in the table.
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../local/looker/faults.ts'
import { living, tokensOf, withSession } from './session-world.ts'

const generate = 'generate_tokens_for_cookieless_session'
const over = { session_reference_token_ttl: 0 }
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
