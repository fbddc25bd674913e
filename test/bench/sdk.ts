// What a function pays for a session: the size of its bundle, the time to load it, and logins when many calls
// come at once; beside the session that Looker publishes. Run: npm run bench:sdk [-- --json] [-- --quick]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { program } from 'commander'
import { measureLoads } from './sdk/loads.ts'
import { countLogins } from './sdk/logins.ts'
import type { Logins } from './sdk/logins.ts'
import { bundleInto, programs } from './sdk/programs.ts'

const { json, quick } = program
  .option('--json', 'end with one line of JSON')
  .option('--quick', 'one round and few calls, to see that it runs')
  .parse()
  .opts<{ json?: true; quick?: true }>()

// Looker's SDK writes a line per request.
console.debug = () => undefined

const plan = quick
  ? { rounds: 1, calls: [2, 5], repeats: 1 }
  : { rounds: 15, calls: [2, 50, 1_000], repeats: 3 }

const folder = await mkdtemp(join(tmpdir(), 'looker-token-broker-bench-'))
const bundles = []
for (const one of programs) bundles.push(await bundleInto(folder, one))
const loads = await measureLoads(bundles, plan.rounds)
await rm(folder, { recursive: true })

/** Most logins, fewest answers. */
const worstOf = (rounds: readonly Logins[]): Logins[] => {
  const [first] = rounds
  if (first === undefined) return []
  const logins = Math.max(...rounds.map((round) => round.logins))
  const answered = Math.min(...rounds.map((round) => round.answered))
  return [{ ...first, logins, answered }]
}

const logins: Logins[] = []
for (const calls of plan.calls) {
  for (const subject of ['session', 'sdk-node'] as const) {
    const rounds: Logins[] = []
    while (rounds.length < plan.repeats) rounds.push(await countLogins(subject, calls))
    logins.push(...worstOf(rounds))
  }
}

/** Each of ours beside the one of Looker's that does the same. */
const beside: Readonly<Record<string, string>> = {
  'session, AWS client left out': 'sdk-node',
  session: 'sdk-node',
  'session, after its first token': 'sdk-node',
  'session with Looker40SDK, AWS client left out': 'sdk-node with Looker40SDK',
  'session with Looker40SDK': 'sdk-node with Looker40SDK',
}

const ratio = (own: number, other: number | undefined): number | null =>
  other === undefined ? null : Math.round((100 * own) / other) / 100

const results = loads.map((load) => {
  const other = loads.find(({ name }) => name === beside[load.name])
  return {
    ...load,
    bytesRatio: ratio(load.bytes, other?.bytes),
    loadRatio: ratio(load.p50Ms, other?.p50Ms),
  }
})

const style = { head: [], border: [], compact: true }
const sizes = new Table({
  head: ['bundle', 'bytes', 'gzip', 'load p50 ms', 'p99 ms', 'x bytes', 'x p50'],
  style,
})
for (const row of results) {
  sizes.push([
    row.name,
    row.bytes,
    row.gzipBytes,
    row.p50Ms,
    row.p99Ms,
    row.bytesRatio ?? '',
    row.loadRatio ?? '',
  ])
}
console.log(sizes.toString())
console.log('Loading is from the start of the process, less that of a program that loads nothing.')
const counts = new Table({ head: ['subject', 'calls at once', 'logins', 'answered'], style })
for (const row of logins) counts.push([row.subject, row.calls, row.logins, row.answered])
console.log(counts.toString())
if (json) console.log(JSON.stringify({ loads: results, logins }))
