// Minutes of a stage in trouble: what its functions log, as CloudWatch would read it, and what Lambda counts of the
// scheduled ones.
import { create as createRenew } from '../../functions/renew-api-tokens.ts'
import type { Broker, Services } from '../../lib/broker.ts'
import { createLogReport } from '../../lib/log.ts'
import type { Clock } from '../../lib/time.ts'
import { context } from '../functions/calls.ts'
import { samplesOf } from './embedded-metrics.ts'
import type { Sample } from './embedded-metrics.ts'
import { alarmsIn, seriesOf } from './evaluator.ts'
import { stage, watched, whole } from './tenants.ts'

export const minuteMs = 60_000

export const createRecorder = () => {
  const samples: Sample[] = []
  const ofLambda = (functionKey: string, metric: string, atMs: number, value: number): void => {
    const dimensions = { FunctionName: `looker-token-broker-${stage}-${functionKey}` }
    samples.push({ namespace: 'AWS/Lambda', metric, dimensions, values: [value], atMs })
  }
  return {
    samples,
    /** Logs of one process. */
    logged: <S extends Services>(services: S): S => ({
      ...services,
      report: createLogReport({
        write: (line) => void samples.push(...samplesOf(line)),
        stage,
        clock: services.clock,
      }),
    }),
    /** A run of the schedule, which Lambda counts, and its failure too. */
    scheduled: async (
      functionKey: string,
      clock: Clock,
      work: () => Promise<unknown>,
    ): Promise<void> => {
      const failed = await work().then(
        () => 0,
        () => 1,
      )
      ofLambda(functionKey, 'Invocations', clock.now(), 1)
      ofLambda(functionKey, 'Errors', clock.now(), failed)
    },
  }
}

export const renewing = (broker: Broker) => {
  const { handler } = createRenew(() => broker)
  return () => handler({}, context)
}

/** The alarms that go off in that time; not asked in the first quarter of an hour, when a stage is new. */
export const alarmsOf = (
  samples: readonly Sample[],
  [fromMs, toMs]: readonly [number, number],
): readonly string[] => {
  const seen = seriesOf(samples)
  const alarms = alarmsIn(watched(whole))
  const off = new Set<string>()
  for (let atMs = fromMs + 15 * minuteMs; atMs <= toMs; atMs += minuteMs) {
    for (const alarm of alarms) {
      if (!off.has(alarm.name) && alarm.isOff(seen, atMs)) off.add(alarm.name)
    }
  }
  return [...off].map((name) => name.replace(`looker-token-broker-${stage}-`, '')).toSorted()
}
