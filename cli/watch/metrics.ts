// Metrics as CloudWatch knows them: our own, and those that AWS keeps of functions, table and API.
import type { ReasonMetric, StageMetric } from '../../lib/metrics.ts'
import { namespace } from '../../lib/log.ts'
import { functionNameOf, tableNameOf } from '../stage-names.ts'
import type { FunctionKey } from './functions.ts'

export type Statistic = 'Sum' | 'SampleCount' | 'Maximum' | 'p50' | 'p99'

export type Metric = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly statistic: Statistic
}

export const own = (
  stage: string,
  name: StageMetric,
  statistic: Statistic = name.endsWith('Ms') ? 'SampleCount' : 'Sum',
): Metric => ({ namespace, name, dimensions: { stage }, statistic })

/** A search, as the reasons that occur are not known before. */
export const ownByReason = (stage: string, name: ReasonMetric): string =>
  `SEARCH('{${namespace},stage,reason} MetricName="${name}" stage="${stage}"', 'Sum')`

type FunctionMetric =
  | { readonly name: 'Invocations' | 'Errors' | 'Throttles'; readonly statistic: 'Sum' }
  | { readonly name: 'Duration'; readonly statistic: 'p99' | 'Sum' }
  | { readonly name: 'ConcurrentExecutions'; readonly statistic: 'Maximum' }

export const ofFunction = (stage: string, key: FunctionKey, metric: FunctionMetric): Metric => ({
  namespace: 'AWS/Lambda',
  dimensions: { FunctionName: functionNameOf(stage, key) },
  ...metric,
})

type TableMetric =
  | 'ConsumedReadCapacityUnits'
  | 'ConsumedWriteCapacityUnits'
  | 'ReadThrottleEvents'
  | 'WriteThrottleEvents'

export const ofTable = (stage: string, name: TableMetric, index?: string): Metric => ({
  namespace: 'AWS/DynamoDB',
  name,
  dimensions: {
    TableName: tableNameOf(stage),
    ...(index === undefined ? {} : { GlobalSecondaryIndexName: index }),
  },
  statistic: 'Sum',
})

/** `api` is what names the API: a reference of the template. */
export const ofApi = (api: string, name: 'Count' | '4xx' | '5xx'): Metric => ({
  namespace: 'AWS/ApiGateway',
  name,
  dimensions: { ApiId: api },
  statistic: 'Sum',
})

export const ofLog = (group: string): Metric => ({
  namespace: 'AWS/Logs',
  name: 'IncomingBytes',
  dimensions: { LogGroupName: group },
  statistic: 'Sum',
})
