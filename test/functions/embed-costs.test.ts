// What a page's request costs: calls to the table, to KMS and to Looker, counted through the functions. The
// table is asked by the AWS client as it is deployed, and every attempt on the wire counts.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { createBrokerContestant } from '../bench/embed/broker-page.ts'
import { createPage } from '../bench/embed/page.ts'
import { origin, startScene, userAgent } from '../bench/embed/scene.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'

const acquired = { acquire_embed_cookieless_session: 1 }
const generated = { generate_tokens_for_cookieless_session: 1 }

const ending: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()))
})

const recordCommands = (client: DynamoDBClient): string[] => {
  const commands: string[] = []
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        commands.push(commandName ?? 'unknown')
        return next(args)
      },
    // Within the client's retries.
    { step: 'deserialize' },
  )
  return commands
}

/** A page whose session lives, at a process that started it; and what everything costs from then on. */
const openPage = async () => {
  const table = await freshTable()
  const commands = recordCommands(table.client)
  const scene = await startScene({
    tables: {
      tokens: createDynamoTokenStore(table),
      secrets: createDynamoSecretStore(table),
      sessions: createDynamoSessionStore(table),
    },
  })
  ending.push(scene.close, async () => table.client.destroy())
  const { looker, kms } = scene.fleet
  const contestant = () =>
    createBrokerContestant('page', scene.coldStart(), { origin, userAgent, user: 'ada' })
  const page = await createPage(contestant())
  const costOf = async (act: () => Promise<unknown>) => {
    commands.length = 0
    kms.resetCounts()
    looker.state.counter.reset()
    await act()
    return { table: [...commands], kms: kms.counts(), looker: looker.counts().calls }
  }
  return { page, coldContestant: contestant, costOf }
}

describe.skipIf(!hasDynamoDb())('with DynamoDB Local', () => {
  it('a warm acquire asks Looker once, reads once, writes once and asks KMS for nothing', async () => {
    const { page, costOf } = await openPage()

    const cost = await costOf(page.acquire)

    expect(cost).toEqual({
      table: ['GetItemCommand', 'UpdateItemCommand'],
      kms: { GenerateDataKey: 0, Decrypt: 0 },
      looker: acquired,
    })
  })

  it('a warm generate asks Looker once, reads once, writes nothing and asks KMS for nothing', async () => {
    const { page, costOf } = await openPage()

    const cost = await costOf(page.generate)

    expect(cost).toEqual({
      table: ['GetItemCommand'],
      kms: { GenerateDataKey: 0, Decrypt: 0 },
      looker: generated,
    })
  })

  it('stays warm over twenty turns', async () => {
    const { page, costOf } = await openPage()

    const cost = await costOf(async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        await page.acquire()
        await page.generate()
      }
    })

    expect(cost.table.filter((name) => name === 'GetItemCommand')).toHaveLength(40)
    expect(cost.table.filter((name) => name === 'UpdateItemCommand')).toHaveLength(20)
    expect(cost.table).toHaveLength(60)
    expect(cost.kms).toEqual({ GenerateDataKey: 0, Decrypt: 0 })
    expect(cost.looker).toEqual({
      acquire_embed_cookieless_session: 20,
      generate_tokens_for_cookieless_session: 20,
    })
  })

  it('a cold process that finds the session also reads the API token, and decrypts one key', async () => {
    const { coldContestant, costOf } = await openPage()
    const cold = coldContestant()

    const cost = await costOf(cold.acquire)

    expect(cost.table.toSorted()).toEqual(['GetItemCommand', 'GetItemCommand', 'UpdateItemCommand'])
    expect(cost.kms).toEqual({ GenerateDataKey: 0, Decrypt: 1 })
    expect(cost.looker).toEqual(acquired)
  })
})
