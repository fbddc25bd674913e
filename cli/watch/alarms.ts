// The alarms of a stage: what each looks at, from where on, and what it tells whoever is on call. Pure.
import type { Tenant } from '../../lib/config.ts'
import type { AlarmSettings } from '../../lib/config/alarms.ts'
import { answeringFunctions } from './functions.ts'
import type { FunctionKey } from './functions.ts'
import { ofFunction, own } from './metrics.ts'
import type { Metric } from './metrics.ts'

export type Alarm = {
  /** Part of its name, and the heading of docs/operations.md that says what to do. */
  readonly id: string
  /** One or two sentences for somebody who was just woken. */
  readonly text: string
  readonly metrics: Readonly<Record<string, Metric>>
  /** Over the names of `metrics`; needed when there are several. */
  readonly expression?: string
  readonly periodSeconds: number
  readonly goesOff: 'above' | 'from' | 'below'
  readonly threshold: number
  /** Whether it is good or bad news that nothing was measured. */
  readonly silence: 'good' | 'bad'
}

export type Watched = { readonly stage: string; readonly tenant: Tenant }

const quarterHour = 900

export const alarmsOf = ({ stage, tenant }: Watched, settings: AlarmSettings): readonly Alarm[] => {
  const keepsSessions = tenant.embed?.store === 'server'
  return [
    ...loginAlarms(stage, settings),
    ...degradedAlarms(stage),
    ...(tenant.embed ? [pageAlarm(stage)] : []),
    ...(keepsSessions ? [endingAlarm(stage)] : []),
    scheduleAlarm(stage, 'renewApiTokens'),
    ...(keepsSessions ? [scheduleAlarm(stage, 'endDueSessions')] : []),
    ...functionAlarms(stage, answeringFunctions(tenant)),
  ]
}

/** So many within a quarter of an hour: one of anything can happen on a good day. */
const often = (metric: Metric, threshold: number) =>
  ({
    metrics: { seen: metric },
    periodSeconds: quarterHour,
    goesOff: 'from',
    threshold,
    silence: 'good',
  }) as const

const loginAlarms = (stage: string, { logins_per_hour }: AlarmSettings): readonly Alarm[] => [
  {
    id: 'too-many-logins',
    text: `The broker logged in at Looker more than ${logins_per_hour} times in an hour: many more users than expected, or tokens are not shared.`,
    metrics: { logins: own(stage, 'LoginMs') },
    periodSeconds: 3600,
    goesOff: 'above',
    threshold: logins_per_hour,
    silence: 'good',
  },
  {
    id: 'logins-fail',
    text: 'Looker gives no logins: it is away, too slow, or answers what it should not. Tokens in use go on until they end, within an hour.',
    ...often(own(stage, 'LoginsFailed'), 3),
  },
  {
    id: 'credentials-refused',
    text: 'Looker refuses the client id and secret of this stage, or no secret is stored. No token is renewed until that is mended.',
    ...often(own(stage, 'CredentialsRefused'), 1),
    // While they are refused there is one attempt in a quarter of an hour.
    periodSeconds: 2 * quarterHour,
  },
]

const degradedAlarms = (stage: string): readonly Alarm[] => [
  {
    id: 'table-away',
    text: 'Functions do not reach the DynamoDB table. Each logs in at Looker by itself, and embed sessions cannot start.',
    ...often(own(stage, 'DegradedTable'), 3),
  },
  {
    id: 'keys-away',
    text: 'KMS gives no keys. Each function logs in at Looker by itself and stores nothing, and embed sessions cannot start.',
    ...often(own(stage, 'DegradedKeys'), 3),
  },
]

const pageAlarm = (stage: string): Alarm => ({
  id: 'pages-keep-old-tokens',
  text: 'Pages asked for new embed tokens and were given their own back, because Looker, table or keys failed. Their frames stop when these end, within minutes.',
  ...often(own(stage, 'TokensReturned'), 5),
})

const endingAlarm = (stage: string): Alarm => ({
  id: 'sessions-stuck',
  text: 'An embed session is over, and Looker has not confirmed its end for a quarter of an hour: its user may still see data.',
  metrics: { oldest: own(stage, 'OldestEndingSeconds', 'Maximum') },
  periodSeconds: 300,
  goesOff: 'above',
  threshold: quarterHour,
  silence: 'good',
})

const schedules = {
  renewApiTokens: {
    id: 'renewals-stopped',
    text: 'The run that renews tokens every minute did not succeed for a quarter of an hour. Callers renew them meanwhile, and some wait for it.',
  },
  endDueSessions: {
    id: 'ends-stopped',
    text: 'The run that ends embed sessions every minute did not succeed for a quarter of an hour. Sessions that nobody closes live on at Looker.',
  },
} as const

const scheduleAlarm = (stage: string, key: keyof typeof schedules): Alarm => ({
  ...schedules[key],
  metrics: {
    runs: ofFunction(stage, key, { name: 'Invocations', statistic: 'Sum' }),
    failed: ofFunction(stage, key, { name: 'Errors', statistic: 'Sum' }),
  },
  expression: 'runs - failed',
  periodSeconds: quarterHour,
  goesOff: 'below',
  threshold: 1,
  silence: 'bad',
})

const functionAlarms = (stage: string, keys: readonly FunctionKey[]): readonly Alarm[] => {
  const all = (name: 'Errors' | 'Throttles') => ({
    metrics: Object.fromEntries(
      keys.map((key) => [key, ofFunction(stage, key, { name, statistic: 'Sum' })]),
    ),
    // One that was not called has no value, and would make the sum have none.
    expression: 'SUM(FILL(METRICS(), 0))',
    periodSeconds: quarterHour,
    goesOff: 'from' as const,
    silence: 'good' as const,
  })
  return [
    {
      id: 'internal-errors',
      text: 'The broker answered 500 to three calls: a fault in it, or in how this stage is set up.',
      ...often(own(stage, 'InternalErrors'), 3),
    },
    {
      id: 'functions-crash',
      text: 'Functions ended without an answer three times: out of time or memory, or they could not be loaded.',
      ...all('Errors'),
      threshold: 3,
    },
    {
      id: 'functions-throttled',
      text: 'Lambda refused to run functions of this stage: the reserved concurrency or that of the account is used up.',
      ...all('Throttles'),
      threshold: 5,
    },
  ]
}
