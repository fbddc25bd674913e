// A month of a stage in dollars, by what is paid for: from the counts of calls, the guesses of usage.ts, and what
// serverless.yml makes that costs by being there.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import * as v from 'valibot'
import { readTenant } from '../../../cli/tenant-file.ts'
import { resourcesOf } from '../../../cli/watch/resources.ts'
import type { EmbedCall } from './embed-calls.ts'
import { costOf, times, together } from './prices.ts'
import type { Bill } from './prices.ts'
import {
  coldShare,
  generatesPerVisit,
  metricsSent,
  requestOf,
  runsPerMonth,
  scheduledRun,
  schedules,
  seconds,
  traced,
} from './usage.ts'
import { invocationOf } from './usage.ts'
import type { Tenant } from './usage.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Of a tenant that wants them. */
const alarms = { email: 'on-call@acme.example', topic_arn: null, logins_per_hour: 100 }

export type Line = { readonly name: string; readonly bill: Bill }

const resources = v.record(v.string(), v.looseObject({ Type: v.string() }))
/** The second of the list is made by cli/watch. */
const service = v.object({
  resources: v.looseTuple([v.object({ Resources: resources })]),
})
const alarm = v.object({ Metrics: v.optional(v.array(v.looseObject({}))) })

/** An alarm costs by the metrics that it looks at; its other entries reckon with them. */
const pricedMetrics = (properties: unknown): number =>
  v.parse(alarm, properties).Metrics?.filter((entry) => 'MetricStat' in entry).length ?? 1

/** What costs by the month, used or not. */
export const standing = (): Bill => {
  const file = readFileSync(new URL('../../../serverless.yml', import.meta.url), 'utf8')
  const [{ Resources }] = v.parse(service, parse(file, { merge: true })).resources
  const tenant = { ...readTenant(root, 'acme'), alarms }
  const watch = Object.values(resourcesOf({ stage: 'acme', tenant }, 'us-east-1'))
  const all = [...Object.values(Resources), ...watch]
  const ofType = (type: string) => all.filter(({ Type }) => Type === type)
  const looks = ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => pricedMetrics(Properties))
  return {
    kmsKey: ofType('AWS::KMS::Key').length,
    alarm: looks.reduce((sum, metrics) => sum + metrics, 0),
    dashboard: ofType('AWS::CloudWatch::Dashboard').length,
    metric: metricsSent,
  }
}

type Counted = {
  /** What a million requests for tokens add, as counted. */
  readonly tokens: Bill
  readonly embed: readonly EmbedCall[]
}

export const monthOf = (
  { tokenRequests, visits }: Tenant,
  { tokens, embed }: Counted,
): readonly Line[] => {
  const generates = visits * generatesPerVisit
  const embedCall = (warm: string, cold: string): Bill =>
    together([
      requestOf(seconds.looker),
      times(billOf(embed, warm), 1 - coldShare),
      times(billOf(embed, cold), coldShare),
    ])
  const scheduledRuns = runsPerMonth * schedules
  return [
    { name: 'Requests for API tokens', bill: times(requestOf(seconds.warm), tokenRequests) },
    { name: 'Their table and KMS calls', bill: times(ofCalls(tokens), tokenRequests / 1e6) },
    {
      name: 'Visits: a session each',
      bill: times(together([requestOf(seconds.looker), billOf(embed, started)]), visits),
    },
    {
      name: 'Visits: its next tokens',
      bill: times(embedCall(generated, generatedCold), generates),
    },
    {
      name: 'Ends of sessions',
      bill: times(together([invocationOf(seconds.looker), billOf(embed, ended)]), visits),
    },
    {
      name: 'Scheduled runs',
      bill: times(together([scheduledRun, { readUnit: 0.5 }]), scheduledRuns),
    },
    {
      name: 'Traces of all but these',
      bill: {
        trace: [tokenRequests, visits, generates, visits].reduce(
          (sum, runs) => sum + traced(runs),
          0,
        ),
      },
    },
    { name: 'Standing: key, alarms, dashboard, metrics', bill: standing() },
  ]
}

const started = 'acquire that starts a session'
const generated = 'generate'
const generatedCold = 'generate in a cold process'
const ended = 'end'

const billOf = (calls: readonly EmbedCall[], name: string): Bill => {
  const call = calls.find((one) => one.name === name)
  if (!call) throw new Error(`${name} was not counted`)
  return call.bill
}

/** Without the scheduled runs, which are a line of their own. */
const ofCalls = ({ readUnit = 0, writeUnit = 0, kmsCall = 0 }: Bill): Bill => ({
  readUnit,
  writeUnit,
  kmsCall,
})

export const sumOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { bill }) => sum + costOf(bill), 0)
