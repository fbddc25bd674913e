// What herds cost, by count. Times are for `npm run bench:herd`; here they decide nothing.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { createBentocacheHerd } from './herd/bentocache-herd.ts'
import { createBrokerHerd } from './herd/broker-herd.ts'
import { runHerd } from './herd/herd.ts'
import { throttlesOf } from './herd/partition.ts'
import { resultOf, rowOf } from './herd/rows.ts'
import { createSdkHerd } from './herd/sdk-herd.ts'
import type { StoreCall } from './herd/store-calls.ts'

const latency = { loginMs: 40, hopMs: 1 }

const leasesIn = (calls: readonly StoreCall[] | undefined): number =>
  (calls ?? []).filter(({ kind }) => kind === 'lease').length

describe('a herd of brokers', () => {
  it.each(['empty', 'expired'] as const)(
    'makes one login for twenty environments that find the table %s',
    async (table) => {
      const herd = await createBrokerHerd(20, latency, { table })

      const round = await runHerd(herd)

      expect(round.logins).toBe(1)
      expect(round.waitsMs).toHaveLength(20)
      expect(round.distinctTokens).toBe(1)
      expect(leasesIn(round.storeCalls)).toBeLessThanOrEqual(20)
    },
  )

  it('asks the table four times for one environment and KMS twice', async () => {
    const herd = await createBrokerHerd(1, latency)

    const round = await runHerd(herd)

    expect(round.storeCalls?.map(({ kind }) => kind)).toEqual([
      'read',
      'lease',
      'consistent-read',
      'write',
    ])
    expect(round.kmsCalls).toBe(2)
  })

  it('asks the table about three times an environment', async () => {
    const herd = await createBrokerHerd(20, { loginMs: 200, hopMs: 1 })

    const round = await runHerd(herd)

    // One more look each for those whom a busy machine lets look too early.
    expect(round.storeCalls?.length).toBeLessThanOrEqual(20 * 4 + 1)
  })

  it('makes a login for each environment when every claim to the lease is granted', async () => {
    const herd = await createBrokerHerd(20, latency, { leases: false })

    const round = await runHerd(herd)

    expect(round.logins).toBe(20)
    expect(round.waitsMs).toHaveLength(20)
  })
})

describe('what it is compared with', () => {
  // Looker's SDK writes a line per request.
  beforeEach(() => void vi.spyOn(console, 'debug').mockReturnValue())
  afterEach(() => void vi.restoreAllMocks())

  it("logs in with Looker's SDK once for each environment", async () => {
    const herd = await createSdkHerd(5, latency)

    const round = await runHerd(herd)

    expect(round.logins).toBe(5)
    expect(round.distinctTokens).toBe(5)
  })

  it('logs in with bentocache once for each environment, over a layer that all share', async () => {
    const herd = await createBentocacheHerd(5, latency)

    const round = await runHerd(herd)

    expect(round.logins).toBe(5)
    expect(round.storeCalls).toHaveLength(10)
  })

  it('counts a caller that fails as not served', async () => {
    const herd = await createSdkHerd(1, latency)
    await herd.close()

    const round = await runHerd({ ...herd, close: async () => undefined })

    expect(round.waitsMs).toEqual([])
    expect(round.callers).toBe(1)
  })
})

const atOnce = (kind: StoreCall['kind'], times: number): StoreCall[] =>
  Array.from({ length: times }, () => ({ kind, atMs: 0 }))

describe('the partition model', () => {
  it.each([
    { kind: 'write', fits: 1_000 },
    { kind: 'lease', fits: 1_000 },
    { kind: 'consistent-read', fits: 3_000 },
    { kind: 'read', fits: 6_000 },
  ] as const)(
    'takes $fits calls of the kind $kind at once, and refuses one more',
    ({ kind, fits }) => {
      const within = throttlesOf(atOnce(kind, fits))
      const beyond = throttlesOf(atOnce(kind, fits + 1))

      expect(within).toBe(0)
      expect(beyond).toBe(1)
    },
  )

  it('has room for half as many again after half a second', () => {
    const half = Array.from({ length: 501 }, (): StoreCall => ({ kind: 'write', atMs: 500 }))

    const throttles = throttlesOf([...half, ...atOnce('write', 1_000)])

    expect(throttles).toBe(1)
  })
})

describe('a row', () => {
  it('has the counts of the worst round and the waits of all callers', () => {
    const round = { callers: 2, kmsCalls: 3, storeCalls: [{ kind: 'read', atMs: 0 } as const] }
    const good = { ...round, waitsMs: [400, 400], logins: 1, distinctTokens: 1 }
    const bad = { ...round, waitsMs: [800], logins: 2, distinctTokens: 1, kmsCalls: 4 }

    const row = rowOf(
      { subject: 'broker', mode: 'in-process', n: 2, table: 'empty' },
      [good, bad],
      400,
    )

    expect(resultOf(row)).toEqual({
      subject: 'broker',
      mode: 'in-process',
      n: 2,
      logins: 2,
      served: 1,
      distinct_tokens: 1,
      wait_p50_ratio: 1,
      wait_p99_ratio: 2,
      store_ops_per_caller: 0.5,
      kms_calls: 4,
    })
  })
})

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const result = v.strictObject({
  subject: v.picklist(['broker', 'lease-off', 'sdk-node']),
  mode: v.picklist(['in-process', 'processes']),
  n: count,
  logins: count,
  served: count,
  distinct_tokens: count,
  wait_p50_ratio: v.number(),
  wait_p99_ratio: v.number(),
  store_ops_per_caller: v.number(),
  kms_calls: count,
})
const printed = v.strictObject({ results: v.array(result) })

const lastLineOf = async (args: readonly string[]): Promise<string> => {
  const script = fileURLToPath(new URL('herd.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, ...args],
    { timeout: 100_000, killSignal: 'SIGKILL' },
  )
  return stdout.trimEnd().split('\n').at(-1) ?? ''
}

describe('npm run bench:herd', () => {
  it('ends with one line of JSON that shows one login with the lease and more without', async () => {
    const endpoint = inject('dynamoDbEndpoint')
    const database = endpoint === '' ? [] : ['--dynamodb', endpoint]

    const { results } = v.parse(
      printed,
      JSON.parse(await lastLineOf(['--json', '--quick', ...database])),
    )

    const modes = endpoint === '' ? ['in-process'] : ['in-process', 'processes']
    for (const mode of modes) {
      const of = (subject: string) =>
        results.find((one) => one.mode === mode && one.subject === subject)
      expect(of('broker')).toMatchObject({ logins: 1, distinct_tokens: 1 })
      expect(of('broker')?.served).toBe(of('broker')?.n)
      expect(of('lease-off')?.logins).toBeGreaterThan(1)
      expect(of('sdk-node')?.logins).toBe(of('sdk-node')?.n)
    }
    expect(results.map(({ mode }) => mode)).toEqual(expect.arrayContaining(modes))
  }, 120_000)
})
