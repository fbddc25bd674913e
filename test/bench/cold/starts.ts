// Cold starts of all programs, taking turns, each in a process of its own.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as v from 'valibot'
import type { Program } from './programs.ts'
import type { World } from './world.ts'

const script = fileURLToPath(new URL('cold-start.cjs', import.meta.url))

const span = v.object({ ms: v.number(), cpuMs: v.number() })
const told = v.object({
  load: span,
  read: v.optional(span),
  answer: v.optional(span),
  /** What the function answered. */
  said: v.optional(v.unknown()),
})

/** From before the bundle is loaded; `cpuMs` is the processor's time. `read` and `answer` for who comes that far. */
export type Start = v.InferOutput<typeof told>

export type Starts = { readonly program: Program; readonly starts: readonly Start[] }

export const measureStarts = async (
  programs: readonly Program[],
  world: Pick<World, 'environment'>,
  { node, rounds }: { readonly node: string; readonly rounds: number },
): Promise<readonly Starts[]> => {
  const entries = programs.map((program) => ({ program, starts: new Array<Start>() }))
  // One that is not counted, for the files to be read.
  for (let round = -1; round < rounds; round += 1) {
    for (const { program, starts } of entries) {
      const start = await startCold(program, world, node)
      if (round >= 0) starts.push(start)
    }
  }
  return entries
}

export const startCold = async (
  { path, entry, event, end }: Program,
  { environment }: Pick<World, 'environment'>,
  node: string,
): Promise<Start> => {
  const { stdout } = await promisify(execFile)(
    node,
    [script, JSON.stringify({ path, entry, event, end })],
    { env: environment, timeout: 30_000, killSignal: 'SIGKILL' },
  )
  return v.parse(told, JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''))
}
