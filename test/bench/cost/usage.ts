// What no test can count: how long functions run at AWS, what Lambda logs by itself, and what people do. Each is a
// guess that is written down; docs/costs.md shows what follows from it.
import { items } from './prices.ts'
import type { Bill } from './prices.ts'

/** `memorySize` of serverless.yml. */
const gigabytes = 0.5

/** START, END and REPORT, which Lambda writes for each invocation. */
const platformLogBytes = 350

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
export const requestOf = (duration: number): Bill => ({
  apiRequest: 1,
  ...invocationOf(duration + coldShare * seconds.coldStart),
})

export const scheduledRun = items(invocationOf(seconds.schedule))

export const runsPerMonth = 60 * 24 * 30
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
