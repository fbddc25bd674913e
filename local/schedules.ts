// The scheduled functions, run by a timer as EventBridge would.
import type { RunOutcome } from './gateway/function-runner.ts'
import type { Schedule } from './serverless-config.ts'

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Milliseconds of `rate(1 minute)`, `rate(5 minutes)`, … Errors: `Error` for any other form. */
export const rateMs = (rate: string): number => {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(rate) ?? []
  const unitMs = units[unit]
  if (count === undefined || unitMs === undefined) throw new Error(`not a rate: ${rate}`)
  return Number(count) * unitMs
}

/** Returns what ends them. */
export const startSchedules = (
  schedules: readonly Schedule[],
  invoke: (functionName: string, payload: unknown) => Promise<RunOutcome>,
): (() => Promise<void>) => {
  const timers = schedules.map(({ functionName, rate }) =>
    setInterval(() => void invoke(functionName, { source: 'aws.events' }), rateMs(rate)),
  )
  return async () => timers.forEach((timer) => clearInterval(timer))
}
