// Widgets in the words of CloudWatch's dashboards:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
import type { Metric } from './metrics.ts'

export type Widget = {
  readonly type: 'metric' | 'text' | 'log' | 'alarm'
  readonly height: number
  readonly properties: Readonly<Record<string, unknown>>
}

/** A line of a graph: of a metric, or reckoned from others of the same widget. */
export type Line =
  | { readonly metric: Metric; readonly label?: string; readonly id?: string }
  | { readonly expression: string; readonly label?: string }

const columns = 24
const region = '${AWS::Region}'

/** Each row as wide as the dashboard. */
export const dashboardBody = (rows: readonly (readonly Widget[])[]) => {
  let y = 0
  return {
    widgets: rows.flatMap((row) => {
      const width = Math.floor(columns / row.length)
      const top = y
      y += Math.max(...row.map(({ height }) => height))
      return row.map((widget, index) => ({ ...widget, width, x: index * width, y: top }))
    }),
  }
}

export const text = (markdown: string): Widget => ({
  type: 'text',
  height: 3,
  properties: { markdown },
})

export const line = (metric: Metric, label: string): Line => ({ metric, label })

/** In milliseconds. */
export const latency = (metric: Metric, what: string): Line =>
  line(metric, `${what}, ${metric.statistic} in ms`)

/** Named for expressions, and not drawn. */
export const hidden = (metrics: Readonly<Record<string, Metric>>): readonly Line[] =>
  Object.entries(metrics).map(([id, metric]) => ({ metric, id }))

/** What was not measured counts as nothing. */
export const sumOf = (ids: readonly string[], label: string): Line => ({
  expression: ids.map((id) => `FILL(${id}, 0)`).join(' + '),
  label,
})

export const graph = (title: string, lines: readonly Line[]): Widget => ({
  type: 'metric',
  height: 6,
  properties: { title, region, view: 'timeSeries', period: 300, metrics: lines.map(entryOf) },
})

/** Of the whole time that the dashboard shows. */
export const numbers = (title: string, lines: readonly Line[]): Widget => ({
  type: 'metric',
  height: 6,
  properties: {
    title,
    region,
    view: 'singleValue',
    setPeriodToTimeRange: true,
    metrics: lines.map(entryOf),
  },
})

const entryOf = (entry: Line): readonly unknown[] => {
  if ('expression' in entry) return [entry]
  const { metric, label, id } = entry
  return [
    metric.namespace,
    metric.name,
    ...Object.entries(metric.dimensions).flat(),
    {
      stat: metric.statistic,
      ...(label === undefined ? {} : { label }),
      ...(id === undefined ? {} : { id, visible: false }),
    },
  ]
}

export const logTable = (
  title: string,
  { groups, query }: { readonly groups: readonly string[]; readonly query: string },
): Widget => ({
  type: 'log',
  height: 7,
  properties: {
    title,
    region,
    view: 'table',
    query: [...groups.map((group) => `SOURCE '${group}'`), query].join(' | '),
  },
})

export const alarmStates = (names: readonly string[]): Widget => ({
  type: 'alarm',
  height: 2,
  properties: {
    title: 'Alarms',
    alarms: names.map(
      (name) => `arn:\${AWS::Partition}:cloudwatch:${region}:\${AWS::AccountId}:alarm:${name}`,
    ),
  },
})
