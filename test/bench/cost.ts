// What the broker costs at AWS: a day of requests for tokens beside what one would do in its place, the calls of
// embed sessions, and months of three tenants. Run: npm run bench:cost [-- --json] [-- --quick] [-- --write]
import Table from 'cli-table3'
import { program } from 'commander'
import { million, usedByMillion } from './cost/day.ts'
import { countDays, smallDay } from './cost/days.ts'
import { countEmbedCalls } from './cost/embed-calls.ts'
import { writeTables } from './cost/page.ts'
import { costOf, prices } from './cost/prices.ts'
import { tablesOf } from './cost/tables.ts'

const { json, quick, write } = program
  .option('--json', 'end with one line of JSON')
  .option('--quick', 'a fiftieth of the day, made a whole one by multiplication')
  .option('--write', 'write the tables into docs/costs.md, which holds those of --quick')
  .parse()
  .opts<{ json?: true; quick?: true; write?: true }>()

// Looker's SDK writes a line per request.
console.debug = () => undefined

const days = await countDays(quick ? smallDay : million)
const embed = await countEmbedCalls()
const [broker] = days
if (!broker) throw new Error('nothing was counted')
const { bill } = usedByMillion(broker)
const goal = { at_most_usd: 0.05, reached_usd: costOf(bill) }
const tables = tablesOf(days, bill, embed)

for (const { name, requests, coldStarts } of days) {
  console.log(`${name}: counted over ${requests} requests, ${coldStarts} cold starts`)
}
for (const [heading, [head = [], ...rows]] of Object.entries(tables)) {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } })
  for (const row of rows) table.push([...row])
  console.log(`\n${heading}\n${table.toString()}`)
}
console.log(
  `A million requests, 1 % cold: $${goal.reached_usd.toFixed(4)}; goal: at most $${goal.at_most_usd}.`,
)
if (write) writeTables(tables)
if (json) {
  const results = days.map((day) => {
    const used = usedByMillion(day)
    return { ...day, million: { ...used, usd: costOf(used.bill) } }
  })
  console.log(JSON.stringify({ goal, results, embed, prices }))
}
