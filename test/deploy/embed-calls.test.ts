// Each function of embed sessions makes just the calls that its role allows: all of them, and no other.
// Run on DynamoDB Local, from processes that start cold, over all that a session goes through.
import { readFileSync } from 'node:fs'
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { create as createAcquire } from '../../functions/acquire-embed-session.ts'
import { create as createSession } from '../../functions/embed-session.ts'
import { create as createGenerate } from '../../functions/generate-embed-tokens.ts'
import type { Services } from '../../lib/broker.ts'
import { withEmbed } from '../../lib/embed-broker.ts'
import type { EmbedBroker } from '../../lib/embed-broker.ts'
import { everything } from '../../lib/embed/composition.ts'
import type { KmsPort } from '../../lib/crypto/keys.ts'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { context } from '../functions/calls.ts'
import { createShiftableClock } from '../bench/herd/broker-herd.ts'
import { app, userAgent } from '../functions/embed-calls.ts'
import { createFleet, instance, tenantOf } from '../scenarios/fleet.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { root } from './service-copy.ts'

const tenant = tenantOf({
  origins: [app],
  identity: { jwt: { issuer: 'https://issuer.example.com', audience: ['broker'] } },
  embed: {
    direct: true,
    user: { external_user_id: { claim: 'sub' }, permissions: ['see_looks'] },
    session_policy: { session_duration: 300 },
  },
})

type Context = typeof context
type Answer = (event: unknown, given: Context) => Promise<unknown>
type CreateFunction = (source: () => EmbedBroker) => { readonly direct: Answer }

/** A call as a statement would allow it: `dynamodb:GetItem api-token`, `kms:Decrypt`. */
type Calls = Set<string>

const recordTable = (client: DynamoDBClient, calls: () => Calls): void => {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const [, kind] =
          /"((?:api-token|embed-session|looker-secret))#/.exec(JSON.stringify(args.input)) ?? []
        calls().add(`dynamodb:${commandName.replace('Command', '')} ${kind}`)
        return next(args)
      },
    { step: 'initialize' },
  )
}

const recordKms = (kms: KmsPort, calls: () => Calls): KmsPort => ({
  generate: (...given) => {
    calls().add('kms:GenerateDataKey')
    return kms.generate(...given)
  },
  decrypt: (...given) => {
    calls().add('kms:Decrypt')
    return kms.decrypt(...given)
  },
})

const statement = v.looseObject({
  Action: v.array(v.string()),
  Condition: v.optional(v.record(v.string(), v.record(v.string(), v.unknown()))),
})

const statements = v.object({
  Properties: v.object({ PolicyDocument: v.object({ Statement: v.array(statement) }) }),
})

const resources = v.object({
  resources: v.tuple([v.looseObject({ Resources: v.record(v.string(), v.unknown()) })]),
})

const { Resources } = v.parse(resources, parseYaml(readFileSync(`${root}/serverless.yml`, 'utf8')))
  .resources[0]

/** What the role of a function may do, without its log. */
const allowedTo = (name: string): Calls => {
  const { Statement } = v.parse(statements, Resources[`${name}Policy`]).Properties.PolicyDocument
  return new Set(
    Statement.flatMap(({ Action, Condition }) => {
      const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']
      const kinds = v.parse(v.optional(v.array(v.string()), []), keys)
      return Action.filter((action) => !action.startsWith('logs:')).map((action) =>
        [action, ...kinds.map((kind) => kind.replace('#*', ''))].join(' '),
      )
    }),
  )
}

/** One table and one Looker, asked by processes that each start cold. */
const createWorld = async () => {
  let calls: Calls = new Set()
  const table = await freshTable()
  recordTable(table.client, () => calls)
  let services: Services | undefined
  const clock = createShiftableClock()
  const fleet = await createFleet({
    clock,
    tenant,
    store: createDynamoTokenStore(table),
    secrets: createDynamoSecretStore(table),
    services: (given) => (services = { ...given, kms: recordKms(given.kms, () => calls) }),
  })
  const coldStart = (): EmbedBroker => {
    const broker = fleet.coldStart()
    if (!services) throw new Error('no services')
    const sessions = createDynamoSessionStore(table)
    return withEmbed(broker, { ...services, sessions }, everything)
  }
  const page = { claims: { sub: 'ada' }, user_agent: userAgent, embed_domain: app }
  const ask = async (create: CreateFunction, payload: object = {}) => {
    const answer = await create(coldStart).direct({ ...page, ...payload }, context)
    return v.parse(v.record(v.string(), v.unknown()), answer)
  }
  /** As the first process of the stage finds the table: nobody has logged in yet. */
  const forgetLogins = async (): Promise<void> => {
    const { client, tableName: TableName } = table
    const { Items = [] } = await client.send(new ScanCommand({ TableName }))
    for (const { pk, sk } of Items) {
      if (!pk?.S?.startsWith('api-token#') || !sk) continue
      await client.send(new DeleteItemCommand({ TableName, Key: { pk, sk } }))
    }
  }
  return {
    ask,
    forgetLogins,
    /** Past the end that the policy sets. */
    outliveSession: () => clock.shift(301_000),
    endAtLooker: () => fleet.looker.fetch(`${instance}/simulator/embed/expire`, { method: 'POST' }),
    /** What is called from now on. */
    record: (): Calls => (calls = new Set()),
  }
}

const tokensOf = (answer: Readonly<Record<string, unknown>>) => ({
  api_token: answer['api_token'],
  navigation_token: answer['navigation_token'],
})

const otherDevice = { device: 'n4bQgYhMfWWaL-qgxVrQ_A' }

const runs: Readonly<Record<string, () => Promise<Calls>>> = {
  AcquireEmbedSession: async () => {
    const { ask, record } = await createWorld()
    const seen = record()
    await ask(createAcquire)
    await ask(createAcquire)
    const replaced = await ask(createAcquire, otherDevice)
    expect(replaced).toHaveProperty('authentication_token')
    return seen
  },
  GenerateEmbedTokens: async () => {
    const { ask, record, forgetLogins, endAtLooker } = await createWorld()
    const first = await ask(createAcquire)
    await forgetLogins()
    const seen = record()
    const next = await ask(createGenerate, tokensOf(first))
    await endAtLooker()
    const over = await ask(createGenerate, tokensOf(next))
    expect(next).toHaveProperty('navigation_token')
    expect(over).toEqual({ session_reference_token_ttl: 0 })
    return new Set([...seen, ...(await afterItsEnd(createGenerate, tokensOf))])
  },
  EmbedSession: async () =>
    new Set([
      ...(await endedBy('user')),
      ...(await afterItsEnd(createSession, () => ({ action: 'extend' }))),
    ]),
  EmbedSessionDirect: () => endedBy('administrator'),
}

/** Whoever finds the session over by the policy ends it, and looks whether that would end a newer one at Looker. */
const afterItsEnd = async (
  create: CreateFunction,
  payloadOf: (answer: Readonly<Record<string, unknown>>) => object,
): Promise<Calls> => {
  const { ask, record, outliveSession } = await createWorld()
  const first = await ask(createAcquire)
  outliveSession()
  const seen = record()
  await ask(create, payloadOf(first))
  expect(await ask(createSession, { action: 'state' })).toMatchObject({ reason: 'expired' })
  return seen
}

const endedBy = async (by: 'user' | 'administrator'): Promise<Calls> => {
  const { ask, record, forgetLogins } = await createWorld()
  await ask(createAcquire)
  await forgetLogins()
  const seen = record()
  expect(await ask(createSession, { action: 'state' })).toMatchObject({ state: 'active' })
  const ended = await ask(createSession, { action: 'end', by })
  expect(ended).toEqual({ ended: true, confirmed: true })
  return seen
}

describe.skipIf(!hasDynamoDb())('the calls of a function', { timeout: 60_000 }, () => {
  it.each(Object.entries(runs))('%s are those that its role allows', async (name, run) => {
    const seen = await run()

    expect([...seen].toSorted(byText)).toEqual([...allowedTo(name)].toSorted(byText))
  })

  it.each(['AcquireEmbedSession', 'GenerateEmbedTokens'])(
    '%s has a twin that may do the same',
    (name) => {
      expect(allowedTo(`${name}Direct`)).toEqual(allowedTo(name))
    },
  )
})

const byText = (a: string, b: string): number => (a < b ? -1 : 1)
