// A month of a stage in dollars, by what is paid for: from the counts of calls, the guesses of usage.ts, and what
// serverless.yml makes that costs by being there.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import * as v from 'valibot'
import type { EmbedCall } from './embed-calls.ts'
import { costOf, times, together } from './prices.ts'
import type { Bill } from './prices.ts'
import {
  coldShare,
  generatesPerVisit,
  requestOf,
  runsPerMonth,
  schedules,
  seconds,
} from './usage.ts'
import { invocationOf } from './usage.ts'
import type { Tenant } from './usage.ts'

export type Line = { readonly name: string; readonly bill: Bill }

const service = v.object({
  resources: v.object({ Resources: v.record(v.string(), v.looseObject({ Type: v.string() })) }),
})

/** Metrics of the functions' own, which no resource declares. */
const metrics = 0

/** What costs by the month, used or not. */
export const standing = (): Bill => {
  const file = readFileSync(new URL('../../../serverless.yml', import.meta.url), 'utf8')
  const { resources } = v.parse(service, parse(file, { merge: true }))
  const countOf = (type: string): number =>
    Object.values(resources.Resources).filter(({ Type }) => Type === type).length
  return {
    kmsKey: countOf('AWS::KMS::Key'),
    alarm: countOf('AWS::CloudWatch::Alarm'),
    dashboard: countOf('AWS::CloudWatch::Dashboard'),
    metric: metrics,
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
      bill: times(together([invocationOf(seconds.schedule), { readUnit: 0.5 }]), scheduledRuns),
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
