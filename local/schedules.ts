// The scheduled functions, run by a timer as EventBridge would.
import type { RunOutcome } from './gateway/function-runner.ts'
import type { Schedule } from './serverless-config.ts'

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Milliseconds of `rate(1 minute)`, `rate(5 minutes)`, … Errors: `Error` for any other form. */
export const rateMs = (rate: string): number => {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(rate) ?? []
  const unitMs = units[unit]
  if (!Number(count) || unitMs === undefined) throw new Error(`not a rate: ${rate}`)
  return Number(count) * unitMs
}

export type ScheduleOptions = {
  readonly invoke: (functionName: string, payload: unknown) => Promise<RunOutcome>
  /** Told of every run that did not return. */
  readonly onFailure: (functionName: string, outcome: RunOutcome) => void
}

/** Returns what ends them. Errors: `Error` for a rate that is none, before any timer runs. */
export const startSchedules = (
  schedules: readonly Schedule[],
  { invoke, onFailure }: ScheduleOptions,
): (() => Promise<void>) => {
  const run = async (functionName: string): Promise<void> => {
    const outcome = await invoke(functionName, { source: 'aws.events' }).catch(
      (error: unknown): RunOutcome => ({ kind: 'threw', error }),
    )
    if (outcome.kind !== 'returned') onFailure(functionName, outcome)
  }
  const timers = schedules
    .map(({ functionName, rate }) => ({ functionName, ms: rateMs(rate) }))
    .map(({ functionName, ms }) => setInterval(() => void run(functionName), ms))
  return async () => timers.forEach((timer) => clearInterval(timer))
}
