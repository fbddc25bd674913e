// What the broker adds to Looker's own time when a page opens a frame or renews its tokens, and what many
// pages of one user at the same instant cost; beside an Express server as Looker's documentation shows it.
// Run: npm run bench:embed [-- --json] [-- --quick]
import Table from 'cli-table3'
import { program } from 'commander'
import { hasJava } from '../../local/dynamodb.ts'
import { raceBrokers, raceExpress } from './embed/race.ts'
import type { Race } from './embed/race.ts'
import { overheadsOf, worstOf } from './embed/rows.ts'
import { measureWarmPages } from './embed/warm-pages.ts'

const { json, quick } = program
  .option('--json', 'end with one line of JSON')
  .option('--quick', 'a few turns and one race, to see that it runs')
  .parse()
  .opts<{ json?: true; quick?: true }>()

// Looker's SDK writes a line per request.
console.debug = () => undefined

const plan = quick
  ? { turns: 15, warmUps: 2, races: 1, pages: 5, herds: [5], dynamoDb: false }
  : { turns: 300, warmUps: 50, races: 15, pages: 20, herds: [2, 20, 50], dynamoDb: await hasJava() }
if (!quick && !plan.dynamoDb) console.error('No Java 17 or newer: no broker with DynamoDB Local.')

const style = { head: [], border: [], compact: true }
const warm = overheadsOf(await measureWarmPages(plan))
const times = new Table({
  head: ['call', 'subject', 'p50 ms', 'p99 ms', 'over Looker p50 ms', 'p99 ms', 'x p50'],
  style,
})
for (const row of warm) {
  times.push([row.call, row.subject, row.p50, row.p99, row.overP50, row.overP99, row.ratio])
}
console.log(times.toString())

const rounds = async (race: () => Promise<Race>): Promise<Race> => {
  const done: Race[] = []
  for (let round = 0; round < plan.races; round += 1) done.push(await race())
  return worstOf(done)
}

const herds: Race[] = []
for (const pages of plan.herds) herds.push(await rounds(() => raceBrokers(pages)))
const races = [
  ...herds,
  await rounds(() => raceBrokers(plan.pages, { leases: false })),
  await rounds(() => raceExpress(plan.pages)),
]
const counts = new Table({
  head: ['subject', 'pages', 'new sessions', 'logins', 'answered', 'frames that open'],
  style,
})
for (const { subject, pages, sessions, logins, answered, frames } of races) {
  counts.push([subject, pages, sessions, logins, answered, frames])
}
console.log(counts.toString())
if (json) console.log(JSON.stringify({ warm, races }))
