// One stage on DynamoDB Local, a simulated Looker and a KMS double, asked by processes that each start cold,
// and every call to table and key written down as IAM would see it.
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import * as v from 'valibot'
import type { Broker, EmbedServices, Services } from '../../lib/broker.ts'
import type { KmsPort } from '../../lib/crypto/keys.ts'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { createShiftableClock } from '../bench/herd/broker-herd.ts'
import { app } from '../functions/embed-calls.ts'
import { account } from '../functions/calls.ts'
import { createFleet, instance, tenantOf } from '../scenarios/fleet.ts'
import { freshTable } from '../setup/table.ts'
import type { Call } from './permission.ts'

export const sessionSeconds = 300

const tenant = tenantOf({
  origins: [app],
  api_tokens: {
    callers: [{ account, role: 'reports', service_account: true, users: 'any' }],
    direct: { service_account: true, users: 'any' },
  },
  identity: { jwt: { issuer: 'https://issuer.example.com', audience: ['broker'] } },
  embed: {
    direct: true,
    user: { external_user_id: { claim: 'sub' }, permissions: ['see_looks'] },
    session_policy: { session_duration: sessionSeconds },
  },
  admin: { iam: [{ account, role: 'reports' }], direct: true },
})

const commandInput = v.object({
  Key: v.optional(v.object({ pk: v.object({ S: v.string() }) })),
  Item: v.optional(v.object({ pk: v.object({ S: v.string() }) })),
  IndexName: v.optional(v.literal('due')),
  KeyConditionExpression: v.optional(v.string()),
  ExpressionAttributeValues: v.optional(v.record(v.string(), v.unknown()), {}),
})

/** The partition key comes first in our queries: `pk = :pk`, `kind = :kind and …`. */
const queriedKey = (expression: string, values: Readonly<Record<string, unknown>>): string => {
  const [, name = ''] = /^(?:pk|kind) = (:\w+)/.exec(expression) ?? []
  return v.parse(v.object({ S: v.string() }), values[name]).S
}

const callOf = (commandName: string, input: unknown): Call => {
  const asked = v.parse(commandInput, input)
  const { KeyConditionExpression: expression, ExpressionAttributeValues: values } = asked
  const key =
    expression === undefined ? (asked.Key ?? asked.Item)?.pk.S : queriedKey(expression, values)
  return {
    action: `dynamodb:${commandName.replace('Command', '')}`,
    resource: asked.IndexName ? 'index' : 'table',
    leadingKeys: key === undefined ? [] : [key],
  }
}

const recordTable = (client: DynamoDBClient, note: (call: Call) => void): void => {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        note(callOf(commandName, args.input))
        return next(args)
      },
    { step: 'initialize' },
  )
}

const recordKms = (kms: KmsPort, note: (call: Call) => void): KmsPort => ({
  generate: (context) => {
    note({ action: 'kms:GenerateDataKey', resource: 'key', encryptionContext: context })
    return kms.generate(context)
  },
  decrypt: (wrapped, context) => {
    note({ action: 'kms:Decrypt', resource: 'key', encryptionContext: context })
    return kms.decrypt(wrapped, context)
  },
})

/** What a cold process is made of. */
export type Cold = { readonly broker: Broker; readonly services: EmbedServices }

export type CalledStage = Awaited<ReturnType<typeof createCalledStage>>

export const createCalledStage = async () => {
  let calls: Call[] | undefined
  const note = (call: Call) => void calls?.push(call)
  const table = await freshTable()
  recordTable(table.client, note)
  let given: Services | undefined
  const clock = createShiftableClock()
  const fleet = await createFleet({
    clock,
    tenant,
    store: createDynamoTokenStore(table),
    secrets: createDynamoSecretStore(table),
    services: (services) => (given = { ...services, kms: recordKms(services.kms, note) }),
  })
  return {
    coldStart: (): Cold => {
      const broker = fleet.coldStart()
      if (!given) throw new Error('no services')
      return { broker, services: { ...given, sessions: createDynamoSessionStore(table) } }
    },
    /** The stage's first process finds the table so: nobody has logged in as who is named. */
    forgetLogins: async (who = ''): Promise<void> => {
      const { client, tableName: TableName } = table
      const { Items = [] } = await client.send(new ScanCommand({ TableName }))
      for (const { pk, sk } of Items) {
        if (!pk?.S?.startsWith('api-token#') || !pk.S.includes(who) || !sk) continue
        await client.send(new DeleteItemCommand({ TableName, Key: { pk, sk } }))
      }
    },
    shift: clock.shift,
    endAtLooker: () => fleet.looker.fetch(`${instance}/simulator/embed/expire`, { method: 'POST' }),
    /** The calls that are made meanwhile. */
    record: async (work: () => Promise<unknown>): Promise<readonly Call[]> => {
      const made: Call[] = []
      calls = made
      try {
        await work()
      } finally {
        calls = undefined
      }
      return made
    },
  }
}
