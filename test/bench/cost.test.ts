// What the broker costs at AWS, by count, and that docs/costs.md says so.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createBrokerDay } from './cost/broker-day.ts'
import { liveDay, usedByMillion } from './cost/day.ts'
import type { Day } from './cost/day.ts'
import { countDays, smallDay } from './cost/days.ts'
import { countEmbedCalls } from './cost/embed-calls.ts'
import type { EmbedCall } from './cost/embed-calls.ts'
import { tableUnder, words } from './cost/page.ts'
import { costOf } from './cost/prices.ts'
import { createTally, tallyTokens } from './cost/tally.ts'
import { tablesOf } from './cost/tables.ts'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'

let days: readonly Day[]
let embed: readonly EmbedCall[]

const adderOf = (name: string): number => {
  const day = days.find((one) => one.name === name)
  return day ? costOf(usedByMillion(day).bill) : Number.NaN
}

beforeAll(async () => {
  // Looker's SDK writes a line per request.
  vi.spyOn(console, 'debug').mockReturnValue()
  days = await countDays(smallDay)
  embed = await countEmbedCalls()
}, 100_000)

afterAll(() => void vi.restoreAllMocks())

describe('a million requests for tokens, one in a hundred cold', () => {
  it('add at most 5 cents to the bill of AWS', () => {
    expect(adderOf('broker')).toBeLessThanOrEqual(0.05)
  })

  it('cost a read and a KMS call a cold start, and at most 27 logins', () => {
    const [broker] = days

    expect(broker?.cold.bill).toMatchObject({ kmsCall: 200, readUnit: 100 })
    expect(broker?.warm.bill.kmsCall ?? 0).toBe(0)
    expect(broker && usedByMillion(broker).logins).toBeLessThanOrEqual(27)
  })

  it('would add more if every environment were cold', async () => {
    const plan = { requests: 2_000, coldStarts: 2_000 }
    const { cold } = await liveDay(await createBrokerDay(), plan)

    expect((costOf(cold.bill) / plan.requests) * 1_000_000).toBeGreaterThan(3)
  })

  it.each([
    ['Secrets Manager per read', 5],
    ['KMS per read', 3.125],
    ['write first', 0.625],
  ])('add by %s about %f dollars', (name, usd) => {
    expect(adderOf(name)).toBeCloseTo(usd, 2)
  })

  it("cost Looker a login for each cold start with Looker's own session", () => {
    const sdk = days.find(({ name }) => name === 'sdk-node per Lambda')

    expect(sdk && usedByMillion(sdk)).toMatchObject({ bill: {}, logins: 10_001 })
  })
})

describe('a tally', () => {
  it('puts each call on the bill with the units that docs/items.md says of it', async () => {
    const tally = createTally()
    const store = tallyTokens(createMemoryTokenStore(), tally)
    const key = { partition: 'api-token#a', sort: 'api-token' }

    await store.read(key)
    await store.read(key, { consistent: true })
    await store.release(key, { owner: 'owner', generation: 1 }, { ttlEpochSeconds: 1 })

    expect([tally.take(), tally.take()]).toEqual([{ readUnit: 1.5, writeUnit: 1 }, undefined])
  })
})

const whole = (count: number): string => Math.round(count).toLocaleString('en-US')

describe('docs/costs.md', () => {
  it.each([
    'A million requests for tokens',
    'Calls of embed sessions',
    'What stands costs by the month',
    'A month of three tenants',
    'Prices',
  ])('shows under "%s" what is counted (npm run bench:cost -- --quick --write)', (heading) => {
    const [broker] = days
    const tables = tablesOf(days, broker ? usedByMillion(broker).bill : {}, embed)

    expect(tableUnder(heading)).toEqual(tables[heading])
  })

  it('reckons in words what the first table shows', () => {
    const [broker] = days
    const { kmsCall = 0, readUnit = 0, writeUnit = 0 } = broker ? usedByMillion(broker).bill : {}

    expect(words()).toContain(
      `${whole(kmsCall)} KMS calls at $3 a million are $${((kmsCall * 3) / 1e6).toFixed(3)}, ` +
        `${whole(readUnit)} read units $${((readUnit * 0.125) / 1e6).toFixed(4)}, ` +
        `${whole(writeUnit)} write units $${((writeUnit * 0.625) / 1e6).toFixed(4)}`,
    )
  })
})

const used = v.looseObject({ bill: v.record(v.string(), v.number()), logins: v.number() })
const printed = v.strictObject({
  goal: v.strictObject({ at_most_usd: v.number(), reached_usd: v.number() }),
  results: v.array(
    v.strictObject({
      name: v.string(),
      warmGrows: v.string(),
      requests: v.number(),
      coldStarts: v.number(),
      cold: used,
      warm: used,
      schedule: used,
      million: used,
    }),
  ),
  embed: v.array(v.looseObject({ name: v.string(), looker: v.number() })),
  prices: v.record(v.string(), v.looseObject({ usd: v.number(), source: v.string() })),
})

describe('npm run bench:cost', () => {
  it('ends with one line of JSON that has the goal and everyone who is compared', async () => {
    const script = fileURLToPath(new URL('cost.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, '--json', '--quick'],
      { timeout: 100_000, killSignal: 'SIGKILL' },
    )

    const { goal, results } = v.parse(
      printed,
      JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''),
    )

    expect(goal.reached_usd).toBeLessThanOrEqual(goal.at_most_usd)
    expect(results.map(({ name }) => name)).toEqual([
      'broker',
      'Secrets Manager per read',
      'KMS per read',
      'write first',
      'sdk-node per Lambda',
    ])
  }, 120_000)
})
