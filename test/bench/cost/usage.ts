// What no test can count: how long functions run at AWS, what AWS logs and traces by itself, and what people do. Each is a
// guess that is written down; docs/costs.md shows what follows from it.
import { together } from './prices.ts'
import type { Bill } from './prices.ts'

/** `memorySize` of serverless.yml. */
const gigabytes = 0.5

/** START, END and REPORT, which Lambda writes for each invocation. */
const platformLogBytes = 350
/** A line of the API's access log, whose fields are in cli/api-variables.ts. */
const accessLogBytes = 250

export const seconds = {
  /** A warm request for a token. It takes 44 µs here, and is billed by the millisecond. */
  warm: 0.001,
  /** What a cold start adds: Lambda's own, the load, the first calls. */
  coldStart: 0.5,
  /** A call at Looker, for which the function waits. */
  looker: 0.3,
  /** A run of the schedule that finds nothing. */
  schedule: 0.05,
} as const

/** Of all invocations. */
export const coldShare = 0.01

export const invocationOf = (duration: number): Bill => ({
  invocation: 1,
  gigabyteSecond: duration * gigabytes,
  logGigabyte: platformLogBytes / 1e9,
})

/** Of the usual length, behind the HTTP API. */
export const requestOf = (duration: number): Bill =>
  together([
    { apiRequest: 1, logGigabyte: accessLogBytes / 1e9 },
    invocationOf(duration + coldShare * seconds.coldStart),
  ])

/** A minute is longer than the second of which the first run is traced. */
export const scheduledRun: Bill = { ...invocationOf(seconds.schedule), trace: 1 }

export const runsPerMonth = 60 * 24 * 30

const secondsPerMonth = 60 * runsPerMonth
/** https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html: the first of each second, and so many of the others. */
const tracedShare = 0.05

/** Of a function's runs in a month, if they are spread evenly; runs that come together are traced less. */
export const traced = (runs: number): number => {
  const first = Math.min(runs, secondsPerMonth)
  return first + tracedShare * (runs - first)
}
/** `renewApiTokens` and `endDueSessions`. */
export const schedules = 2

/** A page asks for tokens shortly before they end, after 10 minutes; it is open for half an hour. */
export const generatesPerVisit = 3

/** Of our own metrics, what a stage with pages sends all month; docs/operations.md lists all 42. */
export const metricsSent = 15

export type Tenant = {
  readonly name: string
  /** Each in a month. */
  readonly tokenRequests: number
  readonly visits: number
}

export const tenants: readonly Tenant[] = [
  { name: 'small', tokenRequests: 50_000, visits: 1_000 },
  { name: 'medium', tokenRequests: 1_000_000, visits: 50_000 },
  { name: 'large', tokenRequests: 50_000_000, visits: 1_000_000 },
]
