// The whole function behind `POST /api-token`, warm, beside the same function reading the table and
// asking KMS for every request.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { create } from '../../../functions/issue-api-token.ts'
import type { Broker } from '../../../lib/broker.ts'
import { createKeys } from '../../../lib/crypto/keys.ts'
import type { KmsPort } from '../../../lib/crypto/keys.ts'
import { createSealer } from '../../../lib/crypto/sealer.ts'
import { createIssueApiToken } from '../../../lib/tokens/api-token.ts'
import { itemKeyOf } from '../../../lib/tokens/principal.ts'
import { tokenKind } from '../../../lib/tokens/reader.ts'
import type { GetToken } from '../../../lib/tokens/get-token.ts'
import { decodeTokenRecord } from '../../../lib/tokens/token-record.ts'
import { clientId, instance, stage, tableName, tenantOf } from '../../scenarios/fleet.ts'
import type { Fleet } from '../../scenarios/fleet.ts'
import { quantile } from '../quantile.ts'

/** Answers one request; throws unless it is a 200. */
export type Request = () => Promise<void>

const account = '123456789012'
const role = 'bench-caller'

/** Lets the role of the event have what it asks for. */
export const benchTenant = () =>
  tenantOf({ api_tokens: { callers: [{ account, role, service_account: true }] } })

export const createWarmRequest = async (broker: Broker): Promise<Request> => {
  const event = await readEvent()
  const { handler } = create(() => broker)
  const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 15_000 }
  return async () => {
    const { statusCode } = await handler(event, context)
    if (statusCode !== 200) throw new Error(`the function answered ${statusCode}`)
  }
}

/** The same function without memory. The table must hold the token. */
export const createRereadingRequest = (fleet: Fleet, kms: KmsPort): Promise<Request> => {
  const { clock } = fleet
  const getToken = rereading(fleet, kms)
  const issueApiToken = createIssueApiToken({ getToken, client: { instance, clientId }, clock })
  return createWarmRequest({ ...fleet.coldStart(), getToken, issueApiToken })
}

const rereading =
  ({ store, clock }: Fleet, kms: KmsPort): GetToken =>
  async (principal) => {
    const key = itemKeyOf(principal)
    const item = await store.read(key)
    if (!item?.sealed) throw new Error('the table holds no token')
    const sealer = createSealer({
      keys: createKeys({ kms, stage, table: tableName, clock }),
      table: tableName,
      random: randomBytes,
      now: clock.now,
      keyMaxAgeSeconds: 86_400,
    })
    const { frame, generation } = item.sealed
    const opened = await sealer.open(frame, { key, kind: tokenKind, generation })
    return decodeTokenRecord(opened, generation).token
  }

/** AWS's example of an event, as the gateway sends it after it checked an IAM signature. */
const readEvent = async (): Promise<unknown> => {
  const path = new URL('../../fixtures/http-api-event-2.0.json', import.meta.url)
  const example: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (typeof example !== 'object' || example === null || !('requestContext' in example)) {
    throw new Error('the example is no event')
  }
  const iam = {
    accessKey: 'AKIAIOSFODNN7EXAMPLE',
    accountId: account,
    callerId: 'AROAEXAMPLE:session',
    cognitoIdentity: null,
    principalOrgId: 'o-example',
    userArn: `arn:aws:sts::${account}:assumed-role/${role}/session`,
    userId: 'AROAEXAMPLE:session',
  }
  const requestContext = { ...Object(example.requestContext), authorizer: { iam } }
  const body = '{"workspace":"production"}'
  return { ...example, routeKey: 'POST /api-token', rawQueryString: '', requestContext, body }
}

export type Microseconds = { readonly p50: number; readonly p99: number }

/** Per request, the requests taking turns. */
export const measureRequests = async (
  requests: readonly Request[],
  { rounds, warmUps }: { readonly rounds: number; readonly warmUps: number },
): Promise<readonly Microseconds[]> => {
  const entries = requests.map((request) => ({ request, samples: new Array<number>() }))
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const { request, samples } of entries) {
      const startedMs = performance.now()
      await request()
      if (round >= 0) samples.push((performance.now() - startedMs) * 1000)
    }
  }
  return entries.map(({ samples }) => ({
    p50: quantile(samples, 0.5),
    p99: quantile(samples, 0.99),
  }))
}
