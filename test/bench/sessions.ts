// What the list of all sessions costs: pages, calls, time and memory, with API tokens in the same table.
// Run: npm run bench:sessions [-- --json] [-- --quick]
import Table from 'cli-table3'
import { program } from 'commander'
import { createTable, localDynamoDbClient, startDynamoDb } from '../../local/dynamodb.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'
import { walk } from './sessions/walk.ts'
import type { Walk } from './sessions/walk.ts'

const { json, quick } = program
  .option('--json', 'end with one line of JSON')
  .option('--quick', 'few sessions, to see that it runs')
  .parse()
  .opts<{ json?: true; quick?: true }>()

const plans = quick
  ? [{ sessions: 250, tokens: 50 }]
  : [
      { sessions: 1_000, tokens: 10_000 },
      { sessions: 100_000, tokens: 10_000 },
    ]

const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))
const database = await startDynamoDb()
const walks: Walk[] = []
for (const [index, plan] of plans.entries()) {
  const tableName = `sessions-${index}`
  await createTable(localDynamoDbClient(database.endpoint), tableName, definition)
  walks.push(await walk(database.endpoint, tableName, plan))
}
await database.stop()

const style = { head: [], border: [], compact: true }
const table = new Table({
  head: [
    'sessions',
    'pages',
    'listed',
    'queries',
    'reads',
    'scans',
    'p50 ms',
    'p99 ms',
    'heap KiB',
  ],
  style,
})
for (const row of walks) {
  table.push([
    row.sessions,
    row.pages,
    row.listed,
    row.queries,
    row.reads,
    row.scans,
    row.pageP50Ms,
    row.pageP99Ms,
    row.heapGrowthKiB ?? '',
  ])
}
console.log(table.toString())
if (json) console.log(JSON.stringify({ walks }))
