// The command as a process, against `npm start`: what Looker still knows afterwards is asked of the simulator.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import * as v from 'valibot'
import { localKeys, loopback, secureLocalhost } from '../../local/addresses.ts'
import { createTable } from '../../local/dynamodb.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'
import { tableNameOf } from '../../cli/stage-names.ts'
import {
  endChild,
  pathWithoutJava,
  startBroker,
  startCommand,
  startScript,
} from '../local/processes.ts'
import type { Child } from '../local/processes.ts'
import { hasDynamoDb } from '../setup/table.ts'
import { bundleCommand } from './bundle-command.ts'
import type { BundledCommand } from './bundle-command.ts'

const longMs = 180_000

/** DynamoDB Local keeps a database for each access key. */
const tableOfItsOwn = async () => {
  const endpoint = inject('dynamoDbEndpoint')
  const credentials = { accessKeyId: 'tenantrevoke', secretAccessKey: 'none' }
  const database = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
  const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))
  await createTable(database, tableNameOf('local'), definition)
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
}

let command: BundledCommand
let broker: Child
let port = 0
let client: LambdaClient

beforeAll(async () => {
  command = await bundleCommand('cli/tenant-revoke.ts')
  const given = hasDynamoDb() ? await tableOfItsOwn() : { PATH: pathWithoutJava() }
  const started = await startBroker(/^Ready: /m, { env: given, withinMs: 400_000 })
  broker = started.child
  port = started.port
  const [credentials] = localKeys
  client = new LambdaClient({
    region: 'us-east-1',
    endpoint: loopback(port),
    ...(credentials === undefined ? {} : { credentials }),
  })
}, 150_000)

afterAll(async () => {
  command.remove()
  await endChild(broker)
})

const runBy = async (start: typeof startScript, file: string, ...args: string[]) => {
  const env = { PORT: String(port) }
  const child = start(file, { args: ['--stage', 'local', ...args], env, withinMs: 90_000 })
  return { exitCode: await child.ended, printed: child.printed() }
}

const run = (...args: string[]) => runBy(startCommand, command.path, ...args)
const runScript = (...args: string[]) => runBy(startScript, 'cli/tenant-revoke.ts', ...args)

const invoke = async (FunctionName: string, payload: object) => {
  const call = new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) })
  const { Payload } = await client.send(call)
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString('utf8'))
  return v.parse(v.record(v.string(), v.unknown()), answer)
}

/** A busy machine may need more than one attempt. */
const acquire = async (
  sub: string,
  signedInAtMs: number,
  attempts = 8,
): Promise<Record<string, unknown>> => {
  const answer = await acquireOnce(sub, signedInAtMs)
  const isPassing = Number(answer['status']) >= 409
  return isPassing && attempts > 1 ? acquire(sub, signedInAtMs, attempts - 1) : answer
}

const acquireOnce = (sub: string, signedInAtMs: number) => {
  const seconds = Math.floor(signedInAtMs / 1000)
  return invoke('acquireEmbedSessionDirect', {
    claims: { sub, role: 'viewer', iat: seconds, auth_time: seconds },
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36',
    embed_domain: secureLocalhost(port + 14),
  })
}

const looker = async (path = '', init: RequestInit = {}) => {
  const response = await fetch(`${loopback(port + 10)}/simulator${path}`, init)
  return v.parse(
    v.object({ live_tokens: v.number(), live_embed_sessions: v.number() }),
    await response.json(),
  )
}

const users = Array.from({ length: 50 }, (_, index) => `user-${index}`)

const tokens = [
  {},
  { workspace: 'dev' },
  { user_id: '1' },
  { user_id: '2' },
  { user_id: '3' },
  { user_id: '1', workspace: 'dev' },
]

describe('npm run tenant:revoke', () => {
  it(
    'leaves no session and no token at Looker, and nobody in without a new sign-in',
    { timeout: longMs },
    async () => {
      const signedInAtMs = Date.now() - 60_000
      for (let at = 0; at < users.length; at += 10) {
        await Promise.all(users.slice(at, at + 10).map((user) => acquire(user, signedInAtMs)))
      }
      for (const payload of tokens) await invoke('issueApiTokenDirect', payload)
      const before = await looker()

      const revoked = await runScript('--yes')
      const after = await looker()
      const reloaded = await acquire('user-7', signedInAtMs)
      const signedIn = await acquire('user-7', Date.now() + 1_000)

      expect(before).toMatchObject({ live_tokens: 6, live_embed_sessions: 50 })
      expect(revoked.printed).toMatch(/^Ended \d+ embed sessions, .*\nLogged out 6 API tokens /m)
      expect(revoked.exitCode).toBe(0)
      expect(after).toMatchObject({ live_tokens: 0, live_embed_sessions: 0 })
      expect(reloaded).toMatchObject({ type: expect.stringContaining(':sign-in-required') })
      expect(signedIn).toHaveProperty('authentication_token')
    },
  )

  it(
    'says what is left while Looker is away, and finishes when it is run again',
    { timeout: longMs },
    async () => {
      await acquire('grace', Date.now())
      const fault = { operation: 'every', fault: { kind: 'status', status: 503 } }
      await looker('/faults', { method: 'POST', body: JSON.stringify(fault) })

      const first = await run('--yes')
      await looker('/faults', { method: 'DELETE' })
      const second = await run('--yes')

      expect(first.exitCode).toBe(1)
      expect(first.printed).toMatch(/Left: at least \d+ embed sessions? that Looker has not/)
      expect(first.printed).toMatch(/Left: at least 1 API token that Looker has not/)
      expect(first.printed).toMatch(/--wait 10/)
      expect(second.exitCode).toBe(0)
      // The schedule may have logged in since, to end what was left.
      expect(await looker()).toMatchObject({ live_embed_sessions: 0 })
    },
  )

  it('does one part alone', { timeout: longMs }, async () => {
    await acquire('emmy', Date.now())

    const { exitCode, printed } = await run('--tokens', '--yes')

    expect(exitCode).toBe(0)
    expect(printed).toMatch(/^Logged out 1 API token /)
    expect(await looker()).toMatchObject({ live_embed_sessions: 1 })
  })

  it('does nothing where there is nobody to ask', { timeout: longMs }, async () => {
    const before = await looker()

    const { exitCode, printed } = await run()

    expect(exitCode).toBe(1)
    expect(printed).toBe('Nothing was done: there is nobody to ask. Add --yes.\n')
    expect(await looker()).toEqual(before)
  })

  it.each([[['--wait', 'x']], [['--all']], [['now']]])(
    'is told when it is called wrongly: %j',
    { timeout: longMs },
    async (args) => {
      expect(await run(...args)).toMatchObject({ exitCode: 2 })
    },
  )
})

describe('called wrongly', () => {
  it.each(['../acme', 'Acme', ''])('for the stage %j', { timeout: longMs }, async (stage) => {
    const child = startCommand(command.path, { args: ['--stage', stage, '--yes'] })

    expect(await child.ended).toBe(2)
  })
})
