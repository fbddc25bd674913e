// Many tabs of one user in the same browser ask at the same time, each at a process of its own; on DynamoDB
// Local, with the system's clock.
import { afterEach, describe, expect, test } from 'vitest'
import { acquireLimit } from '../../lib/embed/parts.ts'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { startScene } from '../bench/embed/scene.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { embeddingTenant, functionsOf, startAtMs, watchEmbedding } from './embed-stage.ts'

const ending: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()))
})

const createHerd = async () => {
  const table = await freshTable()
  const scene = await startScene({
    tenant: embeddingTenant('one'),
    slowly: true,
    tables: {
      tokens: createDynamoTokenStore(table),
      secrets: createDynamoSecretStore(table),
      sessions: createDynamoSessionStore(table),
    },
  })
  ending.push(scene.close, async () => table.client.destroy())
  const looker = watchEmbedding(scene.fleet.looker.state)
  const issuedAt = startAtMs / 1000
  const who = {
    signIn: { sub: 'ada', role: 'viewer', iat: issuedAt, auth_time: issuedAt },
    browser: { userAgent: 'Mozilla/5.0 Chrome/140', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
  } as const
  const acquires = (size: number) =>
    Promise.all(
      Array.from({ length: size }, () => functionsOf(scene.coldStart()).ask('acquire', who)),
    )
  return { looker, acquires, calls: () => scene.fleet.looker.counts().calls }
}

const tokenIn = (answer: unknown): string =>
  answer instanceof Object && 'authentication_token' in answer
    ? String(answer.authentication_token)
    : ''

describe.skipIf(!hasDynamoDb())('cold processes', () => {
  test.each([2, 5, 15, acquireLimit, 50])('%i at once start one session', async (size) => {
    const { looker, acquires, calls } = await createHerd()

    const replies = await acquires(size)

    expect(looker.started).toHaveLength(1)
    const served = replies.filter(({ status }) => status === 200)
    expect(served).toHaveLength(Math.min(size, acquireLimit))
    const limited = replies.filter(({ status }) => status === 429)
    expect(limited).toHaveLength(size - served.length)
    for (const { headers } of limited) expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    const tokens = served.map(({ answer }) => tokenIn(answer))
    expect(new Set(tokens).size).toBe(served.length)
    const owners = new Set(tokens.map((token) => looker.owners.get(token)?.id))
    expect(owners).toEqual(new Set([looker.started[0]?.session.id]))
    expect(calls().acquire_embed_cookieless_session).toBe(served.length)
    expect(calls().login).toBe(1)
  })
})
