// N cold environments want a token at the same instant: what it costs Looker, the table and KMS, and how
// long they wait. Run: npm run bench:herd [-- --json] [-- --quick]
import Table from 'cli-table3'
import { program } from 'commander'
import { fullPlan, quickPlan, runInProcess, runProcesses } from './herd/plan.ts'
import { cellsOf, headings, resultOf } from './herd/rows.ts'
import type { Row } from './herd/rows.ts'

type Options = { json?: true; quick?: true; dynamodb?: string }

const options = program
  .option('--json', 'end with one line of JSON (herds on an empty table)')
  .option('--quick', 'a few small herds, to see that it runs')
  .option('--dynamodb <endpoint>', 'a DynamoDB Local that is running; default: starts one')
  .parse()
  .opts<Options>()

// Looker's SDK writes a line per request.
console.debug = () => undefined

const plan = options.quick ? quickPlan : fullPlan
const rows: Row[] = []
for (const size of plan.inProcess) rows.push(...(await runInProcess(plan, size)))
const processRows = await runProcesses(plan, options.dynamodb)
if (processRows.length === 0) console.error('No Java 17 or newer: no herd of processes.')
rows.push(...processRows)

const table = new Table({ head: headings, style: { head: [], border: [], compact: true } })
for (const row of rows) table.push(cellsOf(row))
console.log(table.toString())
console.log(
  `x: times the login of ${plan.latency.loginMs} ms. In one process each call to table or KMS takes ` +
    `${plan.latency.hopMs} ms more.\nCounts are of the worst round. Throttled: by a partition of 1,000 ` +
    'writes and 3,000 reads a second.',
)
if (options.json) {
  // bentocache and the hourly herd are for readers of the table alone.
  const results = rows
    .filter(({ table: found, subject }) => found !== 'expired' && subject !== 'bentocache')
    .map(resultOf)
  console.log(JSON.stringify({ results }))
}
