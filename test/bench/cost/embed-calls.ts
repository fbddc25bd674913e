// What each call of an embed session uses: the real functions, with tables and KMS that count.
import { create as createAcquire } from '../../../functions/acquire-embed-session.ts'
import { create as createSession } from '../../../functions/embed-session.ts'
import { create as createGenerate } from '../../../functions/generate-embed-tokens.ts'
import * as v from 'valibot'
import type { EmbedBroker } from '../../../lib/embed-broker.ts'
import { createMemorySessionStore } from '../../../lib/store/memory-session-store.ts'
import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../../lib/store/memory-token-store.ts'
import { tenantOf } from '../../scenarios/fleet.ts'
import { origin, startScene, userAgent } from '../embed/scene.ts'
import type { Bill } from './prices.ts'
import { createTally, tallySecrets, tallySessions, tallyTokens } from './tally.ts'

export type EmbedCall = { readonly name: string; readonly bill: Bill; readonly looker: number }

const tenant = tenantOf({
  origins: [origin],
  identity: { jwt: { issuer: 'https://login.customer.example', audience: ['looker'] } },
  embed: { direct: true, user: { external_user_id: { claim: 'sub' } } },
})

const page = { claims: { sub: 'ada' }, user_agent: userAgent, embed_domain: origin }
const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 15_000 }
const held = v.object({ api_token: v.string(), navigation_token: v.string() })

export const countEmbedCalls = async (): Promise<readonly EmbedCall[]> => {
  const tally = createTally()
  const scene = await startScene({
    tenant,
    tables: {
      tokens: tallyTokens(createMemoryTokenStore(), tally),
      secrets: tallySecrets(createMemorySecretStore(), tally),
      sessions: tallySessions(createMemorySessionStore(), tally),
    },
  })
  const { kms, looker } = scene.fleet
  const used = async (name: string, act: () => Promise<unknown>) => {
    tally.take()
    kms.resetCounts()
    looker.state.counter.reset()
    const answer = await act()
    const { Decrypt, GenerateDataKey } = kms.counts()
    const calls = Object.values(looker.counts().calls)
    return {
      answer,
      call: {
        name,
        bill: { ...tally.take(), kmsCall: Decrypt + GenerateDataKey },
        looker: calls.reduce((sum, count) => sum + count, 0),
      },
    }
  }
  const acquire = (broker: EmbedBroker) => createAcquire(() => broker).direct(page, context)
  const generate = (broker: EmbedBroker, answer: unknown) =>
    createGenerate(() => broker).direct({ ...page, ...v.parse(held, answer) }, context)
  const end = (broker: EmbedBroker) =>
    createSession(() => broker).direct({ ...page, action: 'end' }, context)

  const warm = scene.coldStart()
  // Another user's, so that the API token is in memory.
  await createAcquire(() => warm).direct({ ...page, claims: { sub: 'eve' } }, context)
  const started = await used('acquire that starts a session', () => acquire(warm))
  const joined = await used('acquire that joins it', () => acquire(warm))
  const generated = await used('generate', () => generate(warm, joined.answer))
  const cold = await used('acquire in a cold process', () => acquire(scene.coldStart()))
  const coldGenerated = await used('generate in a cold process', () =>
    generate(scene.coldStart(), cold.answer),
  )
  const ended = await used('end', () => end(warm))
  await scene.close()
  return [started, joined, generated, cold, coldGenerated, ended].map(({ call }) => call)
}
