// A herd of real processes over real HTTP: a simulated Looker, a KMS double and DynamoDB Local, all on
// loopback. The processes are started once and become cold environments anew for each herd.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { createKeys } from '../../../lib/crypto/keys.ts'
import { createSealer } from '../../../lib/crypto/sealer.ts'
import { Secret } from '../../../lib/secret.ts'
import { createDynamoSecretStore } from '../../../lib/store/dynamo-token-store.ts'
import { systemClock } from '../../../lib/system.ts'
import { secretKeyOf, writeClientSecret } from '../../../lib/tokens/client-secret.ts'
import { createTable, localDynamoDbClient } from '../../../local/dynamodb.ts'
import { createLocalKms } from '../../../local/kms/port.ts'
import { startKmsDouble } from '../../../local/kms/server.ts'
import type { KmsDouble } from '../../../local/kms/double.ts'
import { createLookerSimulator } from '../../../local/looker/server.ts'
import { readTableDefinition } from '../../../local/serverless-config.ts'
import { roundOf } from './herd.ts'
import type { Round } from './herd.ts'
import { parseReply } from './messages.ts'
import type { Done, Order, Preparation, Reply } from './messages.ts'
import { credentials, keyId, principalAt, stageName } from './stage.ts'

/** Between the order and the instant, so that every process has heard it. */
const orderAheadMs = (n: number): number => 100 + 8 * n

export type ProcessHerds = {
  readonly run: (subject: Preparation['subject']) => Promise<Round>
  readonly stop: () => Promise<void>
}

export const startProcessHerds = async (
  n: number,
  { loginMs, dynamoDbUrl }: { readonly loginMs: number; readonly dynamoDbUrl: string },
): Promise<ProcessHerds> => {
  const looker = createLookerSimulator({
    clientId: credentials.client_id,
    clientSecret: credentials.client_secret,
    loginLatencyMs: loginMs,
  })
  const server = await looker.listen()
  const kms = await startKmsDouble()
  const services = { lookerUrl: server.url, kmsUrl: kms.url, dynamoDbUrl }
  const processes = await startProcesses(n)

  const run = async (subject: Preparation['subject']): Promise<Round> => {
    const tableName = await freshTable(services, kms.double)
    const prepare: Order = { do: 'prepare', subject, tableName, ...services }
    await Promise.all(processes.map((child) => tell(child, prepare)))
    looker.state.counter.reset()
    kms.double.resetCounts()
    const ask: Order = { do: 'ask', atMs: Date.now() + orderAheadMs(n) }
    const answers = (await Promise.all(processes.map((child) => tell(child, ask)))).filter(
      (answer): answer is Done => answer.is === 'done',
    )
    const ours = subject !== 'sdk-node'
    const { Decrypt, GenerateDataKey } = kms.double.counts()
    return roundOf(
      answers.map(({ outcome }) => outcome),
      {
        logins: looker.counts().logins,
        storeCalls: ours ? answers.flatMap(({ storeCalls }) => storeCalls) : undefined,
        kmsCalls: ours ? Decrypt + GenerateDataKey : undefined,
      },
    )
  }

  const stop = async (): Promise<void> => {
    await Promise.all(processes.map(end))
    await Promise.all([server.close(), kms.close()])
  }
  return { run, stop }
}

// Compiled once: 64 processes that each compile the source would be busy with that alone.
const startProcesses = async (n: number): Promise<readonly ChildProcess[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'herd-'))
  const outfile = join(folder, 'environment.cjs')
  await build({
    entryPoints: [fileURLToPath(new URL('environment.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  })
  const started = Array.from({ length: n }, () =>
    fork(outfile, {
      execArgv: [],
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  )
  process.once('exit', () => started.forEach((child) => child.kill('SIGKILL')))
  await Promise.all(started.map((child) => replyOf(child)))
  await rm(folder, { recursive: true })
  return started
}

const tell = (child: ChildProcess, order: Order): Promise<Reply> => {
  child.send(order)
  return replyOf(child)
}

const replyOf = (child: ChildProcess): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const ended = () => reject(new Error('a process of the herd ended'))
    child.once('exit', ended)
    child.once('message', (unverified) => {
      child.off('exit', ended)
      resolve(parseReply(unverified))
    })
  })

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}

const definition = readTableDefinition(new URL('../../../serverless.yml', import.meta.url))

/** An empty table but for the sealed client secret. */
const freshTable = async (
  { dynamoDbUrl, lookerUrl }: Pick<Preparation, 'dynamoDbUrl' | 'lookerUrl'>,
  double: KmsDouble,
): Promise<string> => {
  const tableName = `herd-${randomUUID()}`
  const client = localDynamoDbClient(dynamoDbUrl)
  await createTable(client, tableName, definition)
  const kms = createLocalKms(double, keyId)
  const sealer = createSealer({
    keys: createKeys({ kms, stage: stageName, table: tableName, clock: systemClock }),
    table: tableName,
    random: randomBytes,
    now: Date.now,
    keyMaxAgeSeconds: 86_400,
  })
  const store = createDynamoSecretStore({ client, tableName })
  const key = secretKeyOf(principalAt(lookerUrl))
  const secret = new Secret(credentials.client_secret)
  await writeClientSecret({ store, sealer, key, clock: systemClock }, secret)
  client.destroy()
  return tableName
}
