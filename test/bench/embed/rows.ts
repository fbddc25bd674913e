// What is printed: what each page waited beside the call at Looker alone, and the worst of some races.
import type { Race } from './race.ts'
import type { Times } from './turns.ts'
import type { WarmTimes } from './warm-pages.ts'

export type Row = {
  readonly call: 'acquire' | 'generate'
  readonly subject: string
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Milliseconds above Looker alone, quantile by quantile. */
  readonly overP50: number
  readonly overP99: number
  /** Of the medians. */
  readonly ratio: number
}

export const overheadsOf = ({ acquire, generate }: WarmTimes): readonly Row[] => [
  ...rowsOf('acquire', acquire),
  ...rowsOf('generate', generate),
]

const rowsOf = (call: Row['call'], [floor, ...others]: readonly Times[]): readonly Row[] => {
  if (floor === undefined) return []
  return [floor, ...others].map(({ name, p50, p99 }) => ({
    call,
    subject: name,
    p50: rounded(p50),
    p99: rounded(p99),
    overP50: rounded(p50 - floor.p50),
    overP99: rounded(p99 - floor.p99),
    ratio: rounded(p50 / floor.p50),
  }))
}

const rounded = (value: number): number => Math.round(value * 100) / 100

/** Of one subject; each count is that of the round in which it was worst. */
export const worstOf = (rounds: readonly Race[]): Race =>
  rounds.reduce((worst, { sessions, logins, answered, frames }) => ({
    ...worst,
    sessions: Math.max(worst.sessions, sessions),
    logins: Math.max(worst.logins, logins),
    answered: Math.min(worst.answered, answered),
    frames: Math.min(worst.frames, frames),
  }))
