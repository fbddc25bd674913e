// Rounds of one herd as one row: what the table shows, and what `--json` gives to scripts. Counts are
// those of the worst round, so a 1 means never more than 1; waits are those of all callers of all rounds.
import { quantile } from '../quantile.ts'
import type { Round } from './herd.ts'
import { throttlesOf } from './partition.ts'

export type Case = {
  readonly subject: string
  readonly mode: 'in-process' | 'processes'
  readonly n: number
  readonly table: 'empty' | 'expired' | 'none'
}

export type Row = Case & {
  readonly rounds: number
  readonly logins: number
  readonly served: number
  readonly distinctTokens: number
  /** Of the login time. */
  readonly waitP50: number
  readonly waitP99: number
  /** Means over all rounds. */
  readonly storeOps: number | undefined
  readonly leaseWrites: number | undefined
  /** In the worst round. */
  readonly throttles: number | undefined
  readonly kmsCalls: number | undefined
}

export const rowOf = (which: Case, rounds: readonly Round[], loginMs: number): Row => {
  const waits = rounds.flatMap(({ waitsMs }) => waitsMs)
  const callers = rounds.reduce((sum, round) => sum + round.callers, 0)
  const calls = rounds.flatMap(({ storeCalls }) => storeCalls ?? [])
  const hasStore = rounds.some(({ storeCalls }) => storeCalls !== undefined)
  const kms = rounds.flatMap(({ kmsCalls }) => kmsCalls ?? [])
  return {
    ...which,
    rounds: rounds.length,
    logins: Math.max(...rounds.map(({ logins }) => logins)),
    served: Math.min(...rounds.map(({ waitsMs }) => waitsMs.length)),
    distinctTokens: Math.max(...rounds.map(({ distinctTokens }) => distinctTokens)),
    waitP50: rounded(quantile(waits, 0.5) / loginMs),
    waitP99: rounded(quantile(waits, 0.99) / loginMs),
    storeOps: hasStore ? rounded(calls.length / callers) : undefined,
    leaseWrites: hasStore
      ? rounded(calls.filter(({ kind }) => kind === 'lease').length / callers)
      : undefined,
    throttles: hasStore
      ? Math.max(...rounds.map(({ storeCalls }) => throttlesOf(storeCalls ?? [])))
      : undefined,
    kmsCalls: kms.length > 0 ? Math.max(...kms) : undefined,
  }
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000

/** One entry of `results`; 0 where a subject has no table or no KMS to call. */
export const resultOf = (row: Row) => ({
  subject: row.subject,
  mode: row.mode,
  n: row.n,
  logins: row.logins,
  served: row.served,
  distinct_tokens: row.distinctTokens,
  wait_p50_ratio: row.waitP50,
  wait_p99_ratio: row.waitP99,
  store_ops_per_caller: row.storeOps ?? 0,
  kms_calls: row.kmsCalls ?? 0,
})

export const headings = [
  'subject',
  'mode',
  'table',
  'n',
  'rounds',
  'logins',
  'served',
  'tokens',
  'p50 x',
  'p99 x',
  'ops/caller',
  'lease/caller',
  'throttled',
  'KMS',
]

export const cellsOf = (row: Row): (string | number)[] => [
  row.subject,
  row.mode,
  row.table,
  row.n,
  row.rounds,
  row.logins,
  row.served,
  row.distinctTokens,
  row.waitP50.toFixed(2),
  row.waitP99.toFixed(2),
  row.storeOps?.toFixed(2) ?? '-',
  row.leaseWrites?.toFixed(2) ?? '-',
  row.throttles ?? '-',
  row.kmsCalls ?? '-',
]
