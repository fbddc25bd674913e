// What CloudWatch would do with the alarms of a template, minute by minute, as far as these alarms need it.
import {
  array,
  check,
  looseObject,
  number,
  object,
  optional,
  parse,
  picklist,
  pipe,
  string,
} from 'valibot'
import type { InferOutput } from 'valibot'
import type { Resources } from '../../cli/watch/alarm-resources.ts'
import type { Sample } from './embedded-metrics.ts'

const named = object({
  Namespace: string(),
  MetricName: string(),
  Dimensions: array(object({ Name: string(), Value: string() })),
})

const statistic = picklist(['Sum', 'SampleCount', 'Maximum'])

const alarm = looseObject({
  AlarmName: string(),
  AlarmDescription: string(),
  ComparisonOperator: picklist([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanThreshold',
  ]),
  Threshold: number(),
  EvaluationPeriods: pipe(
    number(),
    check((value) => value === 1, 'one period is all that is known here'),
  ),
  TreatMissingData: picklist(['breaching', 'notBreaching']),
  Namespace: optional(string()),
  MetricName: optional(string()),
  Dimensions: optional(named.entries.Dimensions),
  Statistic: optional(statistic),
  Period: optional(number()),
  Metrics: optional(
    array(
      looseObject({
        Id: string(),
        Expression: optional(string()),
        MetricStat: optional(object({ Metric: named, Stat: statistic, Period: number() })),
      }),
    ),
  ),
})

type Alarm = InferOutput<typeof alarm>
type Watched = { readonly series: string; readonly statistic: InferOutput<typeof statistic> }

export type Evaluated = {
  readonly name: string
  readonly description: string
  readonly missing: Alarm['TreatMissingData']
  readonly metrics: readonly InferOutput<typeof named>[]
  /** Whether it is in alarm at that time. */
  readonly isOff: (seen: Series, atMs: number) => boolean
}

/** Samples by metric, in order of time. */
export type Series = ReadonlyMap<string, readonly Sample[]>

export const alarmsIn = (resources: Resources): readonly Evaluated[] =>
  Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => evaluated(parse(alarm, Properties)))

export const seriesOf = (samples: readonly Sample[]): Series => {
  const series = new Map<string, Sample[]>()
  for (const sample of samples) {
    const { namespace, metric, dimensions } = sample
    const name = nameOf(namespace, metric, dimensions)
    series.set(name, [...(series.get(name) ?? []), sample])
  }
  return series
}

const nameOf = (
  namespace: string,
  metric: string,
  dimensions: Readonly<Record<string, string>>,
): string => {
  const pairs = Object.entries(dimensions).map(([name, value]) => `${name}=${value}`)
  return [namespace, metric, ...pairs.toSorted()].join(' ')
}

const seriesNameOf = ({ Namespace, MetricName, Dimensions }: InferOutput<typeof named>): string =>
  nameOf(
    Namespace,
    MetricName,
    Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  )

const evaluated = (one: Alarm): Evaluated => {
  const { metrics, periodMs, valueOf } = watchedBy(one)
  return {
    name: one.AlarmName,
    description: one.AlarmDescription,
    missing: one.TreatMissingData,
    metrics,
    isOff: (seen, atMs) => {
      const value = valueOf((watched) => statisticOf(seen, watched, [atMs - periodMs, atMs]))
      return value === undefined ? one.TreatMissingData === 'breaching' : isBreaching(one, value)
    },
  }
}

type Read = (watched: Watched) => number | undefined

const watchedBy = (one: Alarm) => {
  if (!one.Metrics) {
    const metric = parse(named, {
      Namespace: one.Namespace,
      MetricName: one.MetricName,
      Dimensions: one.Dimensions,
    })
    const watched = { series: seriesNameOf(metric), statistic: parse(statistic, one.Statistic) }
    return {
      metrics: [metric],
      periodMs: parse(number(), one.Period) * 1000,
      valueOf: (read: Read) => read(watched),
    }
  }
  const stats = one.Metrics.flatMap(({ Id, MetricStat }) =>
    MetricStat ? [{ id: Id, ...MetricStat }] : [],
  )
  const expression = one.Metrics.find(({ Expression }) => Expression !== undefined)?.Expression
  const ofStat = ({ Metric, Stat }: (typeof stats)[number]): Watched => ({
    series: seriesNameOf(Metric),
    statistic: Stat,
  })
  return {
    metrics: stats.map(({ Metric }) => Metric),
    periodMs: parse(number(), stats[0]?.Period) * 1000,
    valueOf: (read: Read): number | undefined => {
      const values = stats.map((stat) => read(ofStat(stat)))
      if (expression === 'SUM(FILL(METRICS(), 0))') {
        return values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
      }
      const [first, second] = values
      if (expression !== `${stats[0]?.id} - ${stats[1]?.id}`) throw new Error('unknown expression')
      return first === undefined || second === undefined ? undefined : first - second
    },
  }
}

const statisticOf = (
  seen: Series,
  { series, statistic: kind }: Watched,
  [fromMs, toMs]: readonly [number, number],
): number | undefined => {
  const values = (seen.get(series) ?? [])
    .filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
    .flatMap(({ values: found }) => found)
  if (values.length === 0) return undefined
  if (kind === 'SampleCount') return values.length
  return kind === 'Sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)
}

const isBreaching = ({ ComparisonOperator, Threshold }: Alarm, value: number): boolean => {
  if (ComparisonOperator === 'LessThanThreshold') return value < Threshold
  return ComparisonOperator === 'GreaterThanThreshold' ? value > Threshold : value >= Threshold
}
