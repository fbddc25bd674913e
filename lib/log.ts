// The log of a function: one JSON line an event, which is its metrics too, in CloudWatch's embedded format:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
import type { BrokerEvent, Report } from './events.ts'
import { measuredOf } from './metrics.ts'
import type { Measures, ReasonMetric } from './metrics.ts'
import type { Clock } from './time.ts'

/** Of the metrics of all stages. */
export const namespace = 'LookerTokenBroker'

export type Log = {
  readonly write: (line: string) => void
  readonly stage: string
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
}

/** Between two lines that hold nothing but what was counted. */
const pauseMs = 60_000
/** So many answers from memory are worth a line. */
const answersOfLine = 20
/** What CloudWatch reads of one metric in one line. */
const mostValues = 100

/**
 * What happens all the time, answers from memory and those of Looker to pages, has no line of its own: it is counted,
 * and written with the next line of any event, else once a minute by a later request. What is not written when the
 * environment ends is lost: the last minute of it, or up to 19 answers from memory.
 */
export const createLogReport = ({ write, stage, clock }: Log): Report => {
  let counted = nothing()
  let quietUntilMs = clock.monotonic() + pauseMs

  const flush = (event: object, byReason?: ReasonMetric): void => {
    write(lineOf({ stage, ...event }, counted, { byReason, atMs: clock.now() }))
    counted = nothing()
    quietUntilMs = clock.monotonic() + pauseMs
  }

  return (event) => {
    const { byReason, ...measures } = measuredOf(event)
    count(counted, measures)
    if (hasLine(event)) return flush(event, byReason)
    counted.worth += event.name === 'token-served' ? 1 : answersOfLine
    const isDue = counted.worth >= answersOfLine && clock.monotonic() >= quietUntilMs
    if (isDue || isFull(counted)) flush({ name: 'counted' })
  }
}

type Counted = {
  readonly sums: Record<string, number>
  readonly lists: Record<string, number[]>
  worth: number
}

const nothing = (): Counted => ({ sums: {}, lists: {}, worth: 0 })

/** A count of nothing is left out: a metric that is never sent costs nothing. */
const count = ({ sums, lists }: Counted, measures: Measures): void => {
  for (const [name, value] of Object.entries(measures)) {
    if (name.endsWith('Ms')) (lists[name] ??= []).push(value)
    else if (value > 0) sums[name] = (sums[name] ?? 0) + value
  }
}

const hasLine = (event: BrokerEvent): boolean =>
  event.name === 'token-served' ? event.layer !== 'memory' : event.name !== 'looker-answered'

const isFull = ({ lists }: Counted): boolean =>
  Object.values(lists).some(({ length }) => length >= mostValues)

const lineOf = (
  fields: object,
  { sums, lists }: Counted,
  { byReason, atMs }: { readonly byReason: ReasonMetric | undefined; readonly atMs: number },
): string => {
  const values = { ...sums, ...lists }
  const directives = [
    directiveOf(['stage'], Object.keys(values)),
    directiveOf(['stage', 'reason'], byReason ? [byReason] : []),
  ].filter(({ Metrics }) => Metrics.length > 0)
  if (directives.length === 0) return JSON.stringify(fields)
  const metadata = { Timestamp: atMs, CloudWatchMetrics: directives }
  const reasoned = byReason && { [byReason]: 1 }
  return JSON.stringify({ ...fields, ...values, ...reasoned, _aws: metadata })
}

/** Without units: the names have them. */
const directiveOf = (dimensions: readonly string[], names: readonly string[]) => ({
  Namespace: namespace,
  Dimensions: [dimensions],
  Metrics: names.map((Name) => ({ Name })),
})
