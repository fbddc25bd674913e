// What a warm environment costs: the look-up, the whole function, and what it asks of others; and what a
// cold one costs that finds a token. Run: npm run bench:warm [-- --json]
import Table from 'cli-table3'
import { program } from 'commander'
import { withoutSdkNotice } from '../../cli/sdk-notice.ts'
import { hasJava } from '../../local/dynamodb.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { createLogReport } from '../../lib/log.ts'
import { createFleet } from '../scenarios/fleet.ts'
import { quantile } from './quantile.ts'
import { countRacingLookups, countWarmRequests, measureColdHit } from './warm/counts.ts'
import type { ColdHit } from './warm/counts.ts'
import {
  benchTenant,
  createRereadingRequest,
  createWarmRequest,
  measureRequests,
} from './warm/handler.ts'
import { measureLookups } from './warm/lookup.ts'
import { startLoopback } from './warm/loopback.ts'

withoutSdkNotice()

type Result = {
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** As text: a bound, or what it is compared with. */
  readonly goal?: string
}

const rounded = (value: number): number => Math.round(value * 100) / 100

const lookups = async (): Promise<Result[]> => {
  const figures = await measureLookups(200, 2_000)
  const [own, other] = figures
  if (!own || !other) throw new Error('nothing was measured')
  return [
    ...figures.flatMap(({ name, p50, p99 }) => [
      { figure: `${name} p50`, value: p50, unit: 'ns', ...(name === own.name && underOne) },
      { figure: `${name} p99`, value: p99, unit: 'ns' },
    ]),
    {
      figure: 'look-up / bentocache p50',
      value: rounded(own.p50 / other.p50),
      unit: 'x',
      goal: '<= 1',
    },
  ]
}

const underOne = { goal: '<= 1000' }

const functions = async (): Promise<Result[]> => {
  const fleet = await createFleet({
    tenant: benchTenant(),
    // The whole log but its writing.
    services: (services) => ({
      ...services,
      report: createLogReport({ write: () => undefined, stage: 'bench', clock: services.clock }),
    }),
  })
  const loopback = (await hasJava()) ? await startLoopback() : undefined
  const requests = [
    await createWarmRequest(fleet.coldStart()),
    await createRereadingRequest(fleet, createLocalKms(fleet.kms)),
    ...(loopback ? [loopback.request] : []),
  ]
  await requests[0]?.()
  const [warm, inMemory, overHttp] = await measureRequests(requests, {
    rounds: 2_000,
    warmUps: 1_000,
  })
  await loopback?.stop()
  if (!warm || !inMemory) throw new Error('nothing was measured')
  const rereading = [
    { where: 'table and KMS in this process', ...inMemory },
    ...(overHttp ? [{ where: 'over loopback', ...overHttp }] : []),
  ]
  return [
    { figure: 'warm function p50', value: rounded(warm.p50), unit: 'µs', goal: '<= 50' },
    { figure: 'warm function p99', value: rounded(warm.p99), unit: 'µs' },
    ...rereading.flatMap(({ where, p50 }) => [
      { figure: `re-reading function, ${where}, p50`, value: rounded(p50), unit: 'µs' },
      {
        figure: `re-reading / warm, ${where}`,
        value: rounded(p50 / warm.p50),
        unit: 'x',
        ...(where === 'over loopback' && { goal: '>= 5' }),
      },
    ]),
  ]
}

const counts = async (): Promise<Result[]> => {
  const { store, kms, looker } = await countWarmRequests(10_000)
  const racing = await countRacingLookups(100)
  const asked = 'by 10,000 warm requests'
  return [
    { figure: `table calls ${asked}`, value: store, unit: '', goal: '0' },
    { figure: `KMS calls ${asked}`, value: kms, unit: '', goal: '0' },
    { figure: `logins ${asked}`, value: looker, unit: '', goal: '0' },
    {
      figure: 'KMS calls of 100 racing first look-ups of one token',
      value: racing.one.kms,
      unit: '',
      goal: '1',
    },
    {
      figure: 'KMS calls of 100 racing first look-ups of 100 tokens',
      value: racing.each.kms,
      unit: '',
      goal: '1',
    },
  ]
}

const coldHits = async (): Promise<Result[]> => {
  const hits: ColdHit[] = []
  for (let round = 0; round < 15; round += 1) hits.push(await measureColdHit(50))
  const worst = (of: (hit: ColdHit) => number) => Math.max(...hits.map(of))
  const times = hits.map(({ time }) => time)
  return [
    {
      figure: 'table calls of a cold hit',
      value: worst(({ calls }) => calls.store),
      unit: '',
      goal: '1',
    },
    {
      figure: 'KMS calls of a cold hit',
      value: worst(({ calls }) => calls.kms),
      unit: '',
      goal: '1',
    },
    {
      figure: 'cold hit / hop of 50 ms p50',
      value: rounded(quantile(times, 0.5)),
      unit: 'x',
      goal: '<= 2.3',
    },
    { figure: 'cold hit / hop of 50 ms p99', value: rounded(quantile(times, 0.99)), unit: 'x' },
    {
      figure: 'KMS calls of its first login and write',
      value: worst(({ firstWrite }) => firstWrite.kms),
      unit: '',
      goal: '0',
    },
  ]
}

const { json } = program
  .option('--json', 'end with one line of JSON')
  .parse()
  .opts<{ json?: true }>()

const results = [
  ...(await lookups()),
  ...(await functions()),
  ...(await counts()),
  ...(await coldHits()),
]
const table = new Table({
  head: ['figure', 'value', 'unit', 'goal'],
  style: { head: [], border: [], compact: true },
})
for (const { figure, value, unit, goal = '' } of results) table.push([figure, value, unit, goal])
console.log(table.toString())
if (json) console.log(JSON.stringify({ results }))
