// The dashboard of a stage, question by question. What a widget is in CloudWatch's words is in widgets.ts.
import type { BrokerEvent } from '../../lib/events.ts'
import { tableNameOf } from '../stage-names.ts'
import { alarmNameOf } from './alarm-resources.ts'
import type { Resource } from './alarm-resources.ts'
import type { Alarm, Watched } from './alarms.ts'
import { apiLogGroupOf, functionKeys, logGroupOf } from './functions.ts'
import type { FunctionKey } from './functions.ts'
import { ofApi, ofFunction, ofLog, ofTable, own, ownByReason } from './metrics.ts'
import {
  alarmStates,
  dashboardBody,
  graph,
  hidden,
  latency,
  line,
  logTable,
  numbers,
  sumOf,
  text,
} from './widgets.ts'
import type { Widget } from './widgets.ts'

/** `Fn::Sub` fills in region, account and the API's id. */
export const dashboardOf = (watched: Watched, alarms: readonly Alarm[]): Resource => ({
  Type: 'AWS::CloudWatch::Dashboard',
  Properties: {
    DashboardName: tableNameOf(watched.stage),
    DashboardBody: { 'Fn::Sub': JSON.stringify(dashboardBody(rowsOf(watched, alarms))) },
  },
})

const rowsOf = (watched: Watched, alarms: readonly Alarm[]): readonly (readonly Widget[])[] => {
  const { stage, tenant } = watched
  const keepsSessions = tenant.embed?.store === 'server'
  return [
    [text(headlineOf(watched))],
    ...(alarms.length > 0 ? [[alarmStates(alarms.map((alarm) => alarmNameOf(stage, alarm)))]] : []),
    savedRow(stage),
    tokenRow(stage),
    ...(tenant.embed ? [embedRow(stage)] : []),
    ...(keepsSessions ? [sessionRow(stage)] : []),
    troubleRow(stage),
    functionRow(stage),
    tableRow(stage),
    costRow(stage),
    [lastFailures(stage)],
  ]
}

const headlineOf = ({ stage, tenant }: Watched): string => {
  const pages = tenant.admin?.origins ?? []
  const holders = `Who has an embed session: \`npm run sessions -- --stage ${stage} list\``
  return [
    `# Looker token broker, stage ${stage}`,
    'What to do about what is seen here: `docs/operations.md`.',
    ...(tenant.embed?.store === 'server'
      ? [[holders, ...pages.map((page) => `[Sessions page](${page})`)].join(' · ')]
      : []),
  ].join('\n\n')
}

const layers = (stage: string) => ({
  memory: own(stage, 'ServedFromMemory'),
  table: own(stage, 'ServedFromTable'),
  login: own(stage, 'ServedByLogin'),
  alone: own(stage, 'ServedAlone'),
})

const savedRow = (stage: string): readonly Widget[] => {
  const { memory, table, login, alone } = layers(stage)
  return [
    numbers('Logins saved', [
      ...hidden({ memory, table }),
      sumOf(['memory', 'table'], 'tokens given without a login'),
      line(own(stage, 'LoginMs'), 'logins made'),
    ]),
    graph('Logins, and what they would have been', [
      line(own(stage, 'LoginMs'), 'made'),
      ...hidden({ memory, table, login, alone }),
      sumOf(['table', 'login', 'alone'], 'one for every cold process'),
      sumOf(['memory', 'table', 'login', 'alone'], 'one for every token that was asked for'),
    ]),
  ]
}

const tokenRow = (stage: string): readonly Widget[] => {
  const { memory, table, login, alone } = layers(stage)
  return [
    graph('Where tokens came from', [
      line(memory, 'memory'),
      line(table, 'table'),
      line(login, 'login'),
      line(alone, 'login of one process alone'),
    ]),
    graph('Waiting for the login of another', [
      line(own(stage, 'LeaseWaitMs'), 'waits'),
      latency(own(stage, 'LeaseWaitMs', 'p99'), 'wait'),
    ]),
    graph('Renewals', [
      line(own(stage, 'TokensRenewed'), 'renewed'),
      line(own(stage, 'RenewalsFailed'), 'failed'),
    ]),
  ]
}

const embedRow = (stage: string): readonly Widget[] => [
  graph('Embed sessions', [
    line(own(stage, 'SessionsStarted'), 'started'),
    line(own(stage, 'SessionsJoined'), 'joined'),
  ]),
  graph('Why sessions ended', [{ expression: ownByReason(stage, 'SessionsEnded') }]),
  graph('Looker, for pages', [
    latency(own(stage, 'AcquireMs', 'p99'), 'acquire'),
    latency(own(stage, 'GenerateMs', 'p99'), 'generate'),
  ]),
]

const startingFunctions = ['acquireEmbedSession', 'acquireEmbedSessionDirect'] as const

const sessionRow = (stage: string): readonly Widget[] => [
  graph('Over here, not yet at Looker', [
    line(own(stage, 'SessionsEnding', 'Maximum'), 'sessions'),
    line(own(stage, 'OldestEndingSeconds', 'Maximum'), 'the oldest, in seconds'),
  ]),
  logTable('Who started sessions most, by digest (docs/operations.md#find-a-user)', {
    groups: startingFunctions.map((key) => logGroupOf(stage, key)),
    query: `filter name = '${nameOf('session-started')}' | stats count() as started by user | sort started desc | limit 20`,
  }),
]

const troubleRow = (stage: string): readonly Widget[] => [
  graph('Looker refuses, or is away', [
    { expression: ownByReason(stage, 'LookerErrors') },
    line(own(stage, 'LoginsFailed'), 'failed logins'),
    line(own(stage, 'CredentialsRefused'), 'credentials refused'),
  ]),
  graph('Degraded', [
    line(own(stage, 'DegradedTable'), 'without the table'),
    line(own(stage, 'DegradedKeys'), 'without keys'),
    line(own(stage, 'TokensReturned'), 'pages given their own tokens'),
  ]),
  graph('Looker, for logins', [
    latency(own(stage, 'LoginMs', 'p50'), 'login'),
    latency(own(stage, 'LoginMs', 'p99'), 'login'),
  ]),
  graph('Requests that failed', [
    line(own(stage, 'RequestsRefused'), '4xx'),
    line(own(stage, 'RequestsFailed'), '5xx'),
    line(own(stage, 'InternalErrors'), 'of them 500'),
    line(ofApi('${HttpApi}', '5xx'), '5xx of the gateway'),
  ]),
]

const functionRow = (stage: string): readonly Widget[] => {
  const lines = (metric: Parameters<typeof ofFunction>[2]) =>
    functionKeys.map((key) => line(ofFunction(stage, key, metric), key))
  return [
    graph('Functions: crashes', lines({ name: 'Errors', statistic: 'Sum' })),
    graph('Functions: refused to run', lines({ name: 'Throttles', statistic: 'Sum' })),
    graph('Functions: time, p99 in ms', lines({ name: 'Duration', statistic: 'p99' })),
    graph('Functions: at once', lines({ name: 'ConcurrentExecutions', statistic: 'Maximum' })),
  ]
}

const tableRow = (stage: string): readonly Widget[] => [
  graph('Table: units', [
    line(ofTable(stage, 'ConsumedReadCapacityUnits'), 'read'),
    line(ofTable(stage, 'ConsumedWriteCapacityUnits'), 'written'),
    line(ofTable(stage, 'ConsumedReadCapacityUnits', 'due'), 'read of the index'),
    line(ofTable(stage, 'ConsumedWriteCapacityUnits', 'due'), 'written of the index'),
  ]),
  graph('Table: throttled', [
    line(ofTable(stage, 'ReadThrottleEvents'), 'reads'),
    line(ofTable(stage, 'WriteThrottleEvents'), 'writes'),
    line(ofTable(stage, 'ReadThrottleEvents', 'due'), 'reads of the index'),
    line(ofTable(stage, 'WriteThrottleEvents', 'due'), 'writes of the index'),
  ]),
]

/** List prices of us-east-1, as in docs/costs.md; docs/operations.md says what is not in the number. */
const dollars = {
  gigabyteSecond: 0.0000133334,
  run: 0.2e-6,
  request: 1e-6,
  read: 0.125e-6,
  write: 0.625e-6,
  logByte: 0.5e-9,
}
/** CloudWatch's expressions have digits and a point, and are not said to know the exponent that JavaScript writes. */
const decimal = (price: number): string => price.toFixed(16).replace(/0+$/, '')

/** As in serverless.yml. */
const functionGigabytes = 0.5

const each = <M>(prefix: string, make: (key: FunctionKey) => M): Readonly<Record<string, M>> =>
  Object.fromEntries(functionKeys.map((key) => [`${prefix}_${key}`, make(key)]))

const costRow = (stage: string): readonly Widget[] => {
  const time = each('time', (key) => ofFunction(stage, key, { name: 'Duration', statistic: 'Sum' }))
  const runs = each('runs', (key) =>
    ofFunction(stage, key, { name: 'Invocations', statistic: 'Sum' }),
  )
  const logs = each('logs', (key) => ofLog(logGroupOf(stage, key)))
  const perMs = (dollars.gigabyteSecond * functionGigabytes) / 1000
  return [
    numbers('Cost of the time shown, about, in $ (list prices of us-east-1)', [
      ...hidden({
        ...time,
        ...runs,
        ...logs,
        logs_api: ofLog(apiLogGroupOf(stage)),
        requests: ofApi('${HttpApi}', 'Count'),
        read: ofTable(stage, 'ConsumedReadCapacityUnits'),
        write: ofTable(stage, 'ConsumedWriteCapacityUnits'),
      }),
      priced(`SUM(METRICS("time")) * ${decimal(perMs)}`, 'functions: time'),
      priced(`SUM(METRICS("runs")) * ${decimal(dollars.run)}`, 'functions: runs'),
      priced(`requests * ${decimal(dollars.request)}`, 'API'),
      priced(`read * ${decimal(dollars.read)}`, 'table: reads'),
      priced(`write * ${decimal(dollars.write)}`, 'table: writes'),
      priced(`SUM(METRICS("logs")) * ${decimal(dollars.logByte)}`, 'logs'),
    ]),
  ]
}

const priced = (expression: string, label: string) => ({ expression, label })

const failures = ['request-failed', 'login-failed', 'end-not-confirmed', 'degraded'] as const

const lastFailures = (stage: string): Widget =>
  logTable('What failed last', {
    groups: functionKeys.map((key) => logGroupOf(stage, key)),
    query: `fields @timestamp, name, function, status, code, reason, part, error, request_id | filter name in [${failures.map((name) => `'${nameOf(name)}'`).join(', ')}] | sort @timestamp desc | limit 30`,
  })

/** For the compiler: a name that no event has any more would find nothing. */
const nameOf = (name: BrokerEvent['name']): string => name
