// Which herds one run lets loose, and how often.
import { hasJava, startDynamoDb } from '../../../local/dynamodb.ts'
import { createBentocacheHerd } from './bentocache-herd.ts'
import { createBrokerHerd } from './broker-herd.ts'
import { runHerd } from './herd.ts'
import type { Herd, Latency, Round } from './herd.ts'
import { subjects } from './messages.ts'
import { startProcessHerds } from './processes.ts'
import { rowOf } from './rows.ts'
import type { Case, Row } from './rows.ts'
import { createSdkHerd } from './sdk-herd.ts'

type Size = { readonly n: number; readonly rounds: number }

export type Plan = {
  readonly latency: Latency
  readonly inProcess: readonly Size[]
  readonly processes: Size & { readonly warmUps: number }
}

const usual: Latency = { loginMs: 400, hopMs: 5 }

export const fullPlan: Plan = {
  latency: usual,
  inProcess: [
    { n: 1, rounds: 15 },
    { n: 2, rounds: 15 },
    { n: 10, rounds: 15 },
    { n: 50, rounds: 15 },
    { n: 200, rounds: 5 },
    { n: 1000, rounds: 3 },
  ],
  processes: { n: 64, rounds: 15, warmUps: 1 },
}

/**
 * To see that everything runs: its times say nothing. Its logins are long, so that processes that a busy
 * machine lets loose late still find the first login under way.
 */
export const quickPlan: Plan = {
  latency: { ...usual, loginMs: 2_000 },
  inProcess: [{ n: 10, rounds: 1 }],
  processes: { n: 3, rounds: 1, warmUps: 0 },
}

type Contestant = Pick<Case, 'subject' | 'table'> & {
  readonly create: (n: number, latency: Latency) => Promise<Herd>
}

const contestants: readonly Contestant[] = [
  { subject: 'broker', table: 'empty', create: createBrokerHerd },
  {
    subject: 'broker',
    table: 'expired',
    create: (n, latency) => createBrokerHerd(n, latency, { table: 'expired' }),
  },
  {
    subject: 'lease-off',
    table: 'empty',
    create: (n, latency) => createBrokerHerd(n, latency, { leases: false }),
  },
  { subject: 'bentocache', table: 'empty', create: createBentocacheHerd },
  { subject: 'sdk-node', table: 'none', create: createSdkHerd },
]

/** The subjects take turns, so that a change of the machine's mood meets all of them. */
export const runInProcess = async (plan: Plan, { n, rounds }: Size): Promise<readonly Row[]> => {
  const done = contestants.map((contestant) => ({ contestant, rounds: new Array<Round>() }))
  for (let round = 0; round < rounds; round += 1) {
    for (const { contestant, rounds: those } of done) {
      those.push(await runHerd(await contestant.create(n, plan.latency)))
    }
  }
  return done.map(({ contestant: { subject, table }, rounds: those }) =>
    rowOf({ subject, table, mode: 'in-process', n }, those, plan.latency.loginMs),
  )
}

/** Empty without Java. `dynamoDbUrl`: a DynamoDB Local that runs already; default: one of our own. */
export const runProcesses = async (plan: Plan, dynamoDbUrl?: string): Promise<readonly Row[]> => {
  if (dynamoDbUrl !== undefined) return runProcessesAt(plan, dynamoDbUrl)
  if (!(await hasJava())) return []
  const database = await startDynamoDb()
  try {
    return await runProcessesAt(plan, database.endpoint)
  } finally {
    await database.stop()
  }
}

const runProcessesAt = async (
  { latency: { loginMs }, processes: { n, rounds, warmUps } }: Plan,
  dynamoDbUrl: string,
): Promise<readonly Row[]> => {
  const herds = await startProcessHerds(n, { loginMs, dynamoDbUrl })
  const done = subjects.map((subject) => ({ subject, rounds: new Array<Round>() }))
  try {
    // Not counted: connections are opened and code is compiled.
    for (let round = 0; round < warmUps; round += 1) {
      for (const subject of subjects) await herds.run(subject)
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const { subject, rounds: those } of done) those.push(await herds.run(subject))
    }
  } finally {
    await herds.stop()
  }
  return done.map(({ subject, rounds: those }) => {
    const table = subject === 'sdk-node' ? 'none' : 'empty'
    return rowOf({ subject, table, mode: 'processes', n }, those, loginMs)
  })
}
