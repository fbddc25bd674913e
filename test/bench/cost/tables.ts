// What npm run bench:cost prints and docs/costs.md shows, as rows of texts; the first is the head.
import type { EmbedCall } from './embed-calls.ts'
import { usedByMillion } from './day.ts'
import type { Day } from './day.ts'
import { monthOf, standing, sumOf } from './month.ts'
import { costOf, items, prices } from './prices.ts'
import type { Bill } from './prices.ts'
import { tenants } from './usage.ts'

export type Rows = readonly (readonly string[])[]

const whole = (count: number): string => Math.round(count).toLocaleString('en-US')
const dollars = (usd: number): string => (usd === 0 ? 'none' : `$${usd.toFixed(3)}`)
const cents = (usd: number): string => (usd > 0 && usd < 0.005 ? '< $0.01' : `$${usd.toFixed(2)}`)

/** Days as they are; a smaller one is made a million first. */
const millionRows = (days: readonly Day[]): Rows => [
  ['For each request', 'Read units', 'Write units', 'KMS', 'Secrets Manager', 'AWS', 'Logins'],
  ...days.map((day) => {
    const { bill, logins } = usedByMillion(day)
    const { readUnit = 0, writeUnit = 0, kmsCall = 0, secretCall = 0 } = bill
    const counts = [readUnit, writeUnit, kmsCall, secretCall].map(whole)
    return [day.name, ...counts, dollars(costOf(bill)), whole(logins)]
  }),
]

const embedRows = (calls: readonly EmbedCall[]): Rows => [
  ['Call', 'Looker', 'Read units', 'Write units', 'KMS', 'AWS, a million of them'],
  ...calls.map(({ name, looker, bill }) => {
    const { readUnit = 0, writeUnit = 0, kmsCall = 0 } = bill
    return [name, ...[looker, readUnit, writeUnit, kmsCall].map(String), cents(costOf(bill) * 1e6)]
  }),
]

const monthRows = (tokens: Bill, embed: readonly EmbedCall[]): Rows => {
  const months = tenants.map((tenant) => monthOf(tenant, { tokens, embed }))
  const names = months[0]?.map(({ name }) => name) ?? []
  return [
    ['A month', ...tenants.map(({ name }) => name)],
    ['Requests for tokens', ...tenants.map(({ tokenRequests }) => whole(tokenRequests))],
    ['Visits of pages', ...tenants.map(({ visits }) => whole(visits))],
    ...names.map((name, index) => [
      name,
      ...months.map((lines) => cents(costOf(lines[index]?.bill ?? {}))),
    ]),
    ['Together', ...months.map((lines) => cents(sumOf(lines)))],
  ]
}

const standingRows = (): Rows => [
  ['Standing', 'How many', 'A month'],
  ...items(standing()).map(([item, count]) => [
    prices[item].unit.replace(' and month', ''),
    String(count),
    cents(costOf({ [item]: count })),
  ]),
]

const isSmall = (usd: number): boolean => usd < 0.00001

const priceRows = (): Rows => [
  ['What', 'Price', 'Source', 'As of'],
  ...Object.values(prices).map(({ usd, unit, source, asOf }) => [
    unit,
    isSmall(usd) ? `$${(usd * 1e6).toFixed(3)} a million` : `$${usd}`,
    source,
    asOf,
  ]),
]

/** By heading of docs/costs.md. */
export const tablesOf = (
  days: readonly Day[],
  tokens: Bill,
  embed: readonly EmbedCall[],
): Readonly<Record<string, Rows>> => ({
  'A million requests for tokens': millionRows(days),
  'Calls of embed sessions': embedRows(embed),
  'What stands costs by the month': standingRows(),
  'A month of three tenants': monthRows(tokens, embed),
  Prices: priceRows(),
})
