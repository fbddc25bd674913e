import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { createKeys } from '../../lib/crypto/keys.ts'
import { createSealer } from '../../lib/crypto/sealer.ts'
import { Secret } from '../../lib/secret.ts'
import { systemClock } from '../../lib/system.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { secretKeyOf, writeClientSecret } from '../../lib/tokens/client-secret.ts'
import { itemKeyOf } from '../../lib/tokens/principal.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { startKmsDouble } from '../../local/kms/server.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'

const keyId = 'alias/processes'
const credentials = { clientId: 'process-client', clientSecret: 'process-secret-0001' }
/** Many times the login below: who logs in on a starved machine keeps the lease. */
const loginSeconds = 6
const leaseMs = loginSeconds * 1_000 + 250

type Answer = { readonly code: string; readonly digest?: string; readonly generation?: number }

const cleanUp: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step()
})

/** Table, keys and Looker as servers on loopback, and the client secret in the table. */
const createWorld = async () => {
  const { client, tableName } = await freshTable()
  const kms = await startKmsDouble()
  const looker = createLookerSimulator({ ...credentials, loginLatencyMs: 0 })
  const listening = await looker.listen()
  cleanUp.push(() => client.destroy(), kms.close, listening.close)
  const lookerUrl = listening.url
  const { clientId } = credentials
  const order = { stage: 'test', tableName, keyId, lookerUrl, clientId, loginSeconds }
  const keys = createKeys({
    kms: createLocalKms(kms.double, keyId),
    stage: 'test',
    table: tableName,
    clock: systemClock,
  })
  const sealer = createSealer({
    keys,
    table: tableName,
    random: randomBytes,
    now: systemClock.now,
    keyMaxAgeSeconds: 86_400,
  })
  const instance = { instance: lookerUrl, clientId }
  await writeClientSecret(
    {
      store: createDynamoSecretStore({ client, tableName }),
      sealer,
      key: secretKeyOf(instance),
      clock: systemClock,
    },
    new Secret(credentials.clientSecret),
  )
  const store = createDynamoTokenStore({ client, tableName })
  const itemOf = () =>
    store.read(itemKeyOf({ ...instance, workspace: 'production' }), { consistent: true })
  return { looker, itemOf, start: () => startEnvironment(order, kms.url) }
}

const startEnvironment = async (order: object, kmsUrl: string) => {
  const script = fileURLToPath(new URL('environment-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      NODE_NO_WARNINGS: '1',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: inject('dynamoDbEndpoint'),
      AWS_ENDPOINT_URL_KMS: kmsUrl,
    },
  })
  cleanUp.push(() => void child.kill('SIGKILL'))
  const next = answersOf(child)
  await next()
  return {
    child,
    ask: (workspace: 'production' | 'dev'): Promise<Answer> => {
      child.stdin.write(`${workspace}\n`)
      return next()
    },
  }
}

const answersOf = (child: ChildProcess): (() => Promise<Answer>) => {
  if (!child.stdout) throw new Error('the process has no output')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async () => {
    const line = await lines.next()
    if (line.done === true) throw new Error('the process ended')
    const answer: Answer = JSON.parse(line.value)
    return answer
  }
}

/** Three environments that have their connections, their key and the secret; one of them is logging in. */
const loggingIn = async () => {
  const world = await createWorld()
  const [leader, second, third] = await Promise.all([world.start(), world.start(), world.start()])
  await leader.ask('dev')
  await Promise.all([second.ask('dev'), third.ask('dev')])
  const loginsBefore = world.looker.counts().calls.login ?? 0
  world.looker.state.loginLatencyMs = 500
  const answer = leader.ask('production')
  answer.catch(() => undefined)
  while ((world.looker.counts().calls.login ?? 0) === loginsBefore) await sleep(5)
  const logins = () => (world.looker.counts().calls.login ?? 0) - loginsBefore
  return { ...world, leader, second, third, answer, logins }
}

describe.skipIf(!hasDynamoDb())('environments as processes, on DynamoDB Local', () => {
  test('when the process that logs in is killed, the others take over with one login and share its token', async () => {
    const { leader, second, third, logins, itemOf } = await loggingIn()

    leader.child.kill('SIGKILL')
    const answers = await Promise.all([second.ask('production'), third.ask('production')])

    expect(answers.map(({ code }) => code)).toEqual(['ok', 'ok'])
    expect(answers[0]).toEqual(answers[1])
    expect((await itemOf())?.sealed?.generation).toBe(answers[0]?.generation)
    expect(logins()).toBe(2)
  }, 120_000)

  test('a process stopped for two leases while it logs in publishes nothing, and answers with the newer token', async () => {
    const { leader, second, answer, logins, itemOf } = await loggingIn()

    leader.child.kill('SIGSTOP')
    const successor = await second.ask('production')
    const published = await itemOf()
    await sleep(2 * leaseMs)
    leader.child.kill('SIGCONT')
    const late = await answer

    expect(successor.code).toBe('ok')
    expect(late).toEqual(successor)
    expect(await itemOf()).toEqual(published)
    expect(logins()).toBe(2)
  }, 120_000)
})
