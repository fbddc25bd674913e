// Cold starts of one Node as rows, each beside who is compared with it, and what the goals say of them.
import { quantile } from '../quantile.ts'
import { obviousStack, plainClients, uncut } from './programs.ts'
import type { Program } from './programs.ts'
import type { Start, Starts } from './starts.ts'

type Step = 'load' | 'read' | 'answer'

/** Milliseconds from before the bundle is loaded, and their ratio to the same step of another. */
type Times = {
  readonly p50: number
  readonly p99: number
  readonly ratio: number
  /** The same ratio in time of the processor. */
  readonly cpuRatio: number
}

export type Row = Pick<Program, 'name' | 'bytes' | 'gzipBytes'> & {
  readonly node: string
  /** Beside the obvious stack. */
  readonly load: Times
  /** With the first call to the table; beside plain clients, as the next. */
  readonly read: Times | null
  /** With the first call to KMS, and all that the function does. */
  readonly answer: Times | null
}

export const rowsOf = (node: string, measured: readonly Starts[]): readonly Row[] => {
  const startsOf = (name: string) =>
    measured.find(({ program }) => program.name === name)?.starts ?? []
  const obvious = startsOf(obviousStack)
  const plain = startsOf(plainClients)
  return measured.map(({ program: { name, bytes, gzipBytes }, starts }) => ({
    node,
    name,
    bytes,
    gzipBytes,
    load: stepOf('load', starts, obvious) ?? noTimes,
    read: stepOf('read', starts, plain),
    answer: stepOf('answer', starts, plain),
  }))
}

const noTimes: Times = { p50: Number.NaN, p99: Number.NaN, ratio: Number.NaN, cpuRatio: Number.NaN }

const stepOf = (step: Step, starts: readonly Start[], others: readonly Start[]): Times | null => {
  const own = spansOf(step, starts)
  if (own.ms.length === 0) return null
  const other = spansOf(step, others)
  const ratio = (a: readonly number[], b: readonly number[]) =>
    rounded(quantile(a, 0.5) / quantile(b, 0.5), 100)
  return {
    p50: rounded(quantile(own.ms, 0.5), 10),
    p99: rounded(quantile(own.ms, 0.99), 10),
    ratio: ratio(own.ms, other.ms),
    cpuRatio: ratio(own.cpuMs, other.cpuMs),
  }
}

const spansOf = (step: Step, starts: readonly Start[]) => {
  const spans = starts.flatMap((start) => start[step] ?? [])
  return { ms: spans.map(({ ms }) => ms), cpuMs: spans.map(({ cpuMs }) => cpuMs) }
}

const rounded = (value: number, parts: number): number => Math.round(value * parts) / parts

export type Goal = {
  readonly node: string
  readonly goal: string
  readonly atMost: number
  /** Of the worst of our functions, by the clock and by the processor. */
  readonly reached: number
  readonly reachedCpu: number
  /** Of the control, which must be above. */
  readonly control: number
  readonly met: boolean
}

const goals: readonly { readonly goal: string; readonly step: Step; readonly atMost: number }[] = [
  { goal: `load / that of ${obviousStack}`, step: 'load', atMost: 0.35 },
  { goal: `load and first read / those of ${plainClients}`, step: 'read', atMost: 0.8 },
  { goal: `load, read and KMS / those of ${plainClients}`, step: 'answer', atMost: 0.8 },
]

/** `ours`: the names of our functions. */
export const goalsOf = (rows: readonly Row[], ours: readonly string[]): readonly Goal[] =>
  [...new Set(rows.map(({ node }) => node))].flatMap((node) =>
    goals.map(({ goal, step, atMost }) => {
      const timesOf = (names: readonly string[]) =>
        rows
          .filter((row) => row.node === node && names.includes(row.name))
          .flatMap((row) => row[step] ?? [])
      const worst = timesOf(ours)
      const reached = Math.max(...worst.map(({ ratio }) => ratio))
      const reachedCpu = Math.max(...worst.map(({ cpuRatio }) => cpuRatio))
      const control = Math.max(...timesOf([uncut]).map(({ ratio }) => ratio))
      const met = reached <= atMost && control > atMost
      return { node, goal, atMost, reached, reachedCpu, control, met }
    }),
  )
