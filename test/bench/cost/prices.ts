// What AWS asks in us-east-1, in dollars, without free tiers. The one place for it: docs/costs.md and every figure
// of npm run bench:cost follow from here.

type Price = {
  readonly usd: number
  /** Of what. */
  readonly unit: string
  readonly source: string
  /** When the source was last known to say so. */
  readonly asOf: string
}

const dynamoDb = 'aws.amazon.com/dynamodb/pricing/on-demand'
const lambda = 'aws.amazon.com/lambda/pricing'
const kms = 'aws.amazon.com/kms/pricing'
const cloudWatch = 'aws.amazon.com/cloudwatch/pricing'
const perMillion = (usd: number): number => usd / 1_000_000

export const prices = {
  readUnit: { usd: perMillion(0.125), unit: 'read unit', source: dynamoDb, asOf: '2024-11' },
  writeUnit: { usd: perMillion(0.625), unit: 'write unit', source: dynamoDb, asOf: '2024-11' },
  kmsCall: { usd: perMillion(3), unit: 'KMS call', source: kms, asOf: '2026-03' },
  kmsKey: { usd: 1, unit: 'KMS key and month', source: kms, asOf: '2026-03' },
  invocation: { usd: perMillion(0.2), unit: 'invocation', source: lambda, asOf: '2024' },
  gigabyteSecond: {
    usd: 0.0000133334,
    unit: 'GB-second of a function on arm64',
    source: lambda,
    asOf: '2024',
  },
  apiRequest: {
    usd: perMillion(1),
    unit: 'request of an HTTP API',
    source: 'aws.amazon.com/api-gateway/pricing',
    asOf: '2024',
  },
  logGigabyte: { usd: 0.5, unit: 'GB of log', source: cloudWatch, asOf: '2026-06' },
  trace: {
    usd: perMillion(5),
    unit: 'trace',
    source: 'aws.amazon.com/xray/pricing',
    asOf: 'undated',
  },
  metric: { usd: 0.3, unit: 'metric and month', source: cloudWatch, asOf: '2026-02' },
  alarm: { usd: 0.1, unit: 'metric of an alarm and month', source: cloudWatch, asOf: '2026-06' },
  dashboard: { usd: 3, unit: 'dashboard and month', source: cloudWatch, asOf: '2026-06' },
  secretCall: {
    usd: perMillion(5),
    unit: 'Secrets Manager call',
    source: 'aws.amazon.com/secrets-manager/pricing',
    asOf: '2024',
  },
} as const satisfies Record<string, Price>

export type Item = keyof typeof prices

const isItem = (name: string): name is Item => name in prices
const names = Object.keys(prices).filter(isItem)

/** How many of each. */
export type Bill = Readonly<Partial<Record<Item, number>>>

export const items = (bill: Bill): readonly [Item, number][] =>
  names.flatMap((item): [Item, number][] => {
    const count = bill[item]
    return count === undefined ? [] : [[item, count]]
  })

export const costOf = (bill: Bill): number =>
  items(bill).reduce((sum, [item, count]) => sum + count * prices[item].usd, 0)

export const times = (bill: Bill, factor: number): Bill =>
  Object.fromEntries(items(bill).map(([item, count]) => [item, count * factor]))

export const together = (bills: readonly Bill[]): Bill => {
  const sums: Partial<Record<Item, number>> = {}
  for (const [item, count] of bills.flatMap(items)) sums[item] = (sums[item] ?? 0) + count
  return sums
}
