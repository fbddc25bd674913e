// Asks AWS what table and key of a stage are like, and the stage's function what needs its rights.
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
} from '@aws-sdk/client-kms'
import * as v from 'valibot'
import { aheadMsOf } from '../../lib/doctor/clock-difference.ts'
import { checkNames } from '../../lib/doctor/finding.ts'
import { codeOf } from '../../lib/errors.ts'
import type { FunctionCall } from '../function-call.ts'
import { Remedy } from '../remedy.ts'
import type { Asked, Facts, KeyFacts, TableFacts } from './facts.ts'

type AwsFacts = Pick<Facts, 'table' | 'ttl' | 'key' | 'rotates' | 'policy' | 'awsAheadMs'>

export type AwsClients = { readonly table: DynamoDBClient; readonly keys: KMSClient }

export const gatherAws = async (
  clients: AwsClients,
  { tableName, keyId }: Pick<Facts, 'tableName' | 'keyId'>,
): Promise<AwsFacts> => {
  let awsAheadMs: number | undefined
  const watch = (aheadMs: number | undefined) => void (awsAheadMs = aheadMs ?? awsAheadMs)
  clients.table.middlewareStack.add(watching(watch), nextToWire)
  clients.keys.middlewareStack.add(watching(watch), nextToWire)
  const table = await gatherTable(clients.table, tableName)
  const key = await gatherKey(clients.keys, keyId)
  return { ...table, ...key, awsAheadMs }
}

const gatherTable = async (
  client: DynamoDBClient,
  TableName: string,
): Promise<Pick<Facts, 'table' | 'ttl'>> => {
  const table = await ask<TableFacts>(async () => {
    const { Table = {} } = await client.send(new DescribeTableCommand({ TableName }))
    return Table
  })
  if (!table.ok) return { table }
  const ttl = await ask(async () => {
    const answer = await client.send(new DescribeTimeToLiveCommand({ TableName }))
    const { AttributeName, TimeToLiveStatus = '' } = answer.TimeToLiveDescription ?? {}
    return TimeToLiveStatus.startsWith('ENABL') ? AttributeName : undefined
  })
  return { table, ttl }
}

const gatherKey = async (
  client: KMSClient,
  keyId: string,
): Promise<Pick<Facts, 'key' | 'rotates' | 'policy'>> => {
  const key = await ask<KeyFacts>(async () => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: keyId }))
    return { state: KeyMetadata?.KeyState ?? 'unknown', arn: KeyMetadata?.Arn ?? keyId }
  })
  if (!key.ok) return { key }
  // By its ARN: these two take no alias.
  const { arn: KeyId } = key.value
  const rotates = await ask(async () => {
    const answer = await client.send(new GetKeyRotationStatusCommand({ KeyId }))
    return answer.KeyRotationEnabled === true
  })
  const policy = await ask(async () => {
    const answer = await client.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
    return answer.Policy ?? ''
  })
  return { key, rotates, policy }
}

const ask = async <T>(call: () => Promise<T>): Promise<Asked<T>> => {
  try {
    return { ok: true, value: await call() }
  } catch (error) {
    return { ok: false, code: codeOf(error) }
  }
}

const withDate = v.object({ headers: v.object({ date: v.string() }) })

/** Compares the `Date` of every answer, also of a refusal, with our clock. */
const watching =
  (watch: (aheadMs: number | undefined) => void) =>
  <Args, Result extends { readonly response: unknown }>(next: (args: Args) => Promise<Result>) =>
  async (args: Args): Promise<Result> => {
    const sentAtMs = Date.now()
    const result = await next(args)
    const answer = v.safeParse(withDate, result.response)
    const date = answer.success ? answer.output.headers.date : undefined
    watch(aheadMsOf(date, { sentAtMs, receivedAtMs: Date.now() }))
    return result
  }

/** The next to the wire: others throw at a refusal. */
const nextToWire = { step: 'deserialize', priority: 'low' } as const

const answerOfFunction = v.object({
  settings: v.optional(v.string()),
  findings: v.array(
    v.object({
      check: v.picklist(checkNames),
      standing: v.picklist(['ok', 'warning', 'failed', 'skipped']),
      what: v.string(),
      remedy: v.nullable(v.string()),
    }),
  ),
})

export const askFunction = async (
  callFunction: FunctionCall,
): Promise<NonNullable<Facts['answer']>> => {
  try {
    const answer = await callFunction({})
    const parsed = v.safeParse(answerOfFunction, answer)
    return parsed.success
      ? { ok: true, findings: parsed.output.findings, settings: parsed.output.settings }
      : { ok: false, why: 'It answers otherwise than this doctor expects. Deploy the stage again.' }
  } catch (error) {
    if (error instanceof Remedy) return { ok: false, why: error.message }
    throw error
  }
}
