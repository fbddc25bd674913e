// What a cold start costs: loading each function's bundle, its first call to the table, its first to KMS; beside
// what one would bundle in its place. Run: npm run bench:cold [-- --json] [-- --quick] [-- --node <path>]
import Table from 'cli-table3'
import { program } from 'commander'
import { functionNames } from '../deploy/function-bundles.ts'
import { findNode } from './cold/nodes.ts'
import type { Node } from './cold/nodes.ts'
import { bundlePrograms } from './cold/programs.ts'
import { goalsOf, rowsOf } from './cold/rows.ts'
import type { Row } from './cold/rows.ts'
import { measureStarts } from './cold/starts.ts'
import { startWorld } from './cold/world.ts'

const { json, quick, ...options } = program
  .option('--json', 'end with one line of JSON')
  .option('--quick', 'one round, to see that it runs')
  .option('--rounds <number>', 'starts of each program', '15')
  .option(
    '--node <which...>',
    'paths of Nodes, or major versions to fetch from npm; default: this one and 24',
  )
  .parse()
  .opts<{ json?: true; quick?: true; rounds: string; node?: string[] }>()

const rounds = quick ? 1 : Number(options.rounds)
const wanted = options.node ?? (quick ? [process.execPath] : [process.execPath, '24'])

const world = await startWorld()
const programs = await bundlePrograms(world)
const nodes: Node[] = []
for (const which of wanted) {
  const node = await findNode(which, world.folder)
  if (node) nodes.push(node)
  else console.error(`No Node ${which}: left out.`)
}
const rows: Row[] = []
for (const { version, path } of nodes) {
  rows.push(...rowsOf(version, await measureStarts(programs, world, { node: path, rounds })))
}
await world.close()
const goals = goalsOf(rows, functionNames)

const style = { head: [], border: [], compact: true }
const times = (of: Row['read']) => (of ? [of.p50, of.p99, of.ratio, of.cpuRatio] : ['', '', '', ''])
const steps = ['load', '+ read', '+ KMS'].flatMap((step) => [`${step} p50`, 'p99', 'x', 'cpu x'])
const starts = new Table({ head: ['node', 'bundle', 'bytes', 'gzip', ...steps], style })
for (const { node, name, bytes, gzipBytes, load, read, answer } of rows) {
  starts.push([node, name, bytes, gzipBytes, ...times(load), ...times(read), ...times(answer)])
}
console.log(starts.toString())
console.log(
  'Milliseconds. x: to the load of the obvious stack, to read and KMS of plain clients; cpu x: the same in\n' +
    'time of the processor.',
)
const reached = new Table({
  head: ['node', 'goal', 'at most', 'worst', 'cpu', 'control', ''],
  style,
})
for (const { node, goal, atMost, reached: worst, reachedCpu, control, met } of goals) {
  reached.push([node, goal, atMost, worst, reachedCpu, control, met ? 'met' : 'missed'])
}
console.log(reached.toString())
if (json) console.log(JSON.stringify({ rounds, results: rows, goals }))
