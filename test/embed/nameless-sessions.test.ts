// The next tokens of pages whose session Looker gives no id: only the record tells them apart.
import { expect, it } from 'vitest'
import { createLookerEmbedClient } from '../../lib/looker/embed-client.ts'
import type { LookerEmbedClient } from '../../lib/looker/embed-client.ts'
import { instance } from '../scenarios/fleet.ts'
import { pageCaller, pageToken } from './page-samples.ts'
import { createWorld, living, tokensOf, type World } from './session-world.ts'

const generate = 'generate_tokens_for_cookieless_session'
const over = { session_reference_token_ttl: 0 }

const namelessLooker = ({ looker, clock }: World): LookerEmbedClient => {
  const client = createLookerEmbedClient({
    baseUrl: instance,
    fetch: looker.fetch,
    now: clock.now,
  })
  return {
    ...client,
    acquire: async (...request) => ({
      ...(await client.acquire(...request)),
      unverifiedSessionId: undefined,
    }),
  }
}

const nameless = async () => {
  const world = await createWorld()
  const coldStart = () => world.coldStart({ looker: namelessLooker(world) })
  return { ...world, coldStart, process: coldStart() }
}

it('tokens that are just kept for their own page are given to no other user who shows the same', async () => {
  const world = await nameless()
  const bob = pageCaller({ user: { external_user_id: 'bob' } })
  const tokens = tokensOf(await world.acquire(world.ada, {}, world.process))
  await world.acquire(bob, {}, world.process)
  living(await world.generate(tokens, world.ada, world.process))
  const before = world.lookerCalls()

  const answer = await world.generate(tokens, bob, world.process)

  expect(answer).toEqual(over)
  expect(world.lookerCalls()).toBe(before + 1)
})

const startedWith = (reference: string) => ({
  kind: 'status' as const,
  status: 200,
  body: JSON.stringify({
    navigation_token: pageToken({}, `navigation of ${reference}`).reveal(),
    navigation_token_ttl: 600,
    api_token: pageToken({}, `api of ${reference}`).reveal(),
    api_token_ttl: 600,
    session_reference_token: reference,
    session_reference_token_ttl: 43_000,
  }),
})

it('another reference token without ids may be of anybody', async () => {
  const world = await nameless()
  const tokens = tokensOf(await world.acquire(world.ada, {}, world.process))
  const standing = await world.itemOfAda()
  world.looker.queueFaults(generate, startedWith('theirs'))

  const answer = await world.generate(tokens, world.ada, world.process)

  expect(answer).toEqual(over)
  expect(await world.itemOfAda()).toEqual(standing)
  expect(world.table.calls.replace).toBeUndefined()
  expect(world.looker.counts().embedSessionsEnded).toBe(0)
})
