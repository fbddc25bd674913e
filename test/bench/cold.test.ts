// What cold starts ask of others, by count, and that the figures are there. Times are for `npm run bench:cold`.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { functionNames } from '../deploy/function-bundles.ts'
import { bundlePrograms, floor, obviousStack, plainClients, uncut } from './cold/programs.ts'
import type { Program } from './cold/programs.ts'
import { goalsOf, rowsOf } from './cold/rows.ts'
import { startCold } from './cold/starts.ts'
import { startWorld } from './cold/world.ts'
import type { World } from './cold/world.ts'

let world: World
let programs: readonly Program[]

beforeAll(async () => {
  world = await startWorld()
  programs = await bundlePrograms(world)
})

afterAll(() => world.close())

const programOf = (name: string): Program => {
  const program = programs.find((one) => one.name === name)
  if (!program) throw new Error(`there is no ${name}`)
  return program
}

const start = (name: string) => startCold(programOf(name), world, process.execPath)

describe('a cold start', () => {
  it('of every function comes to its first call, and of health only to its load', async () => {
    const ends = []
    for (const name of functionNames) {
      const { read } = await start(name)
      ends.push([name, read !== undefined])
    }

    expect(ends).toEqual(functionNames.map((name) => [name, name !== 'health']))
  })

  it.each([['issue-api-token'], [uncut]])(
    'of %s hands out the token of the table',
    async (name) => {
      const { said } = await start(name)

      expect(said).toMatchObject({ token_type: 'Bearer', workspace: 'production' })
    },
  )

  it.each([[plainClients], [obviousStack]])(
    'of %s reads the item and decrypts a key',
    async (name) => {
      const { said } = await start(name)

      expect(said).toEqual({ sealed: expect.any(Number), key: 32 })
    },
  )

  it("is compared with bundles that hold all of the clients, and of Looker's SDK", () => {
    const [plain, obvious, control] = [plainClients, obviousStack, uncut].map(
      (name) => programOf(name).bytes,
    )

    expect(plain).toBeGreaterThan(300_000)
    expect(obvious).toBeGreaterThan(600_000)
    expect(control).toBeGreaterThan(programOf('issue-api-token').bytes * 2)
  })
})

const span = (ms: number) => ({ ms, cpuMs: ms / 2 })

const startsOf = (name: string, load: number, read: number) => ({
  program: { name, path: '', bytes: 1, gzipBytes: 1, entry: '', event: {}, end: 'read' as const },
  starts: [{ load: span(load), read: span(read), answer: span(read) }],
})

describe('a goal', () => {
  it.each([
    ['is met where the worst function keeps to it and the control does not', 34, 50, true],
    ['is missed where the worst function is slower', 36, 50, false],
    ['is missed where the control keeps to it too', 34, 30, false],
  ])('%s', (_, own, control, met) => {
    const rows = rowsOf('v0', [
      startsOf('ours', own, 70),
      startsOf(uncut, control, 90),
      startsOf(plainClients, 60, 100),
      startsOf(obviousStack, 100, 150),
    ])

    const [load] = goalsOf(rows, ['ours'])

    expect(load).toMatchObject({ reached: own / 100, control: control / 100, met })
  })
})

const times = v.nullable(
  v.strictObject({ p50: v.number(), p99: v.number(), ratio: v.number(), cpuRatio: v.number() }),
)
const printed = v.strictObject({
  rounds: v.literal(1),
  results: v.array(
    v.strictObject({
      node: v.literal(process.version),
      name: v.string(),
      bytes: v.number(),
      gzipBytes: v.number(),
      load: times,
      read: times,
      answer: times,
    }),
  ),
  goals: v.array(v.looseObject({ atMost: v.number(), reached: v.number(), met: v.boolean() })),
})

describe('npm run bench:cold', () => {
  it('ends with one line of JSON that has every function and everyone who is compared', async () => {
    const script = fileURLToPath(new URL('cold.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, '--json', '--quick'],
      { timeout: 100_000, killSignal: 'SIGKILL' },
    )

    const { results, goals } = v.parse(
      printed,
      JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''),
    )

    expect(results.map(({ name }) => name)).toEqual([
      ...functionNames,
      uncut,
      plainClients,
      obviousStack,
      floor,
    ])
    expect(goals.map(({ atMost }) => atMost)).toEqual([0.35, 0.8, 0.8])
  }, 120_000)
})
