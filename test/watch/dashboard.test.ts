// The questions that a stage's dashboard is there for, each answered from measurements that are given here: how many
// logins were saved, what it costs, who holds sessions.
import { readFileSync } from 'node:fs'
import { array, looseObject, number, object, optional, parse, string, union } from 'valibot'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { functionKeys } from '../../cli/watch/functions.ts'
import { namespace } from '../../lib/log.ts'
import { prices } from '../bench/cost/prices.ts'
import type { Bill } from '../bench/cost/prices.ts'
import { samples } from './every-event.ts'
import { embedding, plain, stage, watched, whole } from './tenants.ts'

const body = object({
  widgets: array(looseObject({ type: string(), properties: looseObject({}) })),
})
const dashboard = looseObject({ DashboardBody: object({ 'Fn::Sub': string() }) })

const propertiesIn = (tenant: typeof plain) => {
  const { DashboardBody } = parse(dashboard, watched(tenant)['Dashboard']?.Properties)
  return parse(body, JSON.parse(DashboardBody['Fn::Sub'])).widgets.map(
    ({ properties }) => properties,
  )
}

const titled = (tenant: typeof plain, start: string) => {
  const found = propertiesIn(tenant).find(({ title }) => String(title).startsWith(start))
  if (!found) throw new Error(`no widget ${start}`)
  return found
}

const settings = object({
  id: optional(string()),
  label: optional(string()),
  stat: optional(string()),
  expression: optional(string()),
})
const entries = array(array(union([string(), looseObject({})])))

/** `LookerTokenBroker LoginMs stage=acme SampleCount`, or without the dimensions. */
type Measured = (series: string) => number

/** What a widget of numbers shows, by label. */
const shownBy = (widget: Readonly<Record<string, unknown>>, measured: Measured) => {
  const lines = parse(entries, widget['metrics']).map((entry) => {
    const { id, label, stat, expression } = parse(settings, entry.at(-1))
    const [of = '', name = '', ...pairs] = entry.filter((part) => typeof part === 'string')
    const dimensions = pairs.flatMap((pair, index) =>
      index % 2 === 0 ? [`${pair}=${pairs[index + 1]}`] : [],
    )
    return { id, label, expression, series: [of, name, ...dimensions, stat].join(' ') }
  })
  const valueOf = new Map(lines.map(({ id, series }) => [id, measured(series)]))
  const shown = lines.flatMap(({ label, series, expression }): [string, number][] => {
    if (label === undefined) return []
    return [[label, expression ? reckoned(expression, valueOf) : measured(series)]]
  })
  return Object.fromEntries(shown)
}

/** Of CloudWatch's expressions those that the dashboard uses: sums, and one factor. */
const reckoned = (expression: string, valueOf: ReadonlyMap<string | undefined, number>): number => {
  const termOf = (term: string): number => {
    const [, group] = /^SUM\(METRICS\("(\w+)"\)\)$/.exec(term) ?? []
    const [, filled] = /^FILL\((\w+), 0\)$/.exec(term) ?? []
    const ids = [...valueOf.keys()].filter((id) =>
      group === undefined ? id === (filled ?? term) : id?.includes(group),
    )
    return ids.reduce((sum, id) => sum + (valueOf.get(id) ?? Number.NaN), 0)
  }
  const [of = '', factor = '1'] = expression.split(' * ')
  const sum = of.split(' + ').reduce((all, term) => all + termOf(term), 0)
  return sum * parse(number(), Number(factor))
}

describe('the dashboard says how many logins were saved', () => {
  it('as tokens that were given from memory and table, beside the logins that were made', () => {
    const counts: Readonly<Record<string, number>> = {
      [`${namespace} ServedFromMemory stage=${stage} Sum`]: 900,
      [`${namespace} ServedFromTable stage=${stage} Sum`]: 80,
      [`${namespace} LoginMs stage=${stage} SampleCount`]: 5,
    }

    const shown = shownBy(titled(plain, 'Logins saved'), (series) => counts[series] ?? Number.NaN)

    expect(shown).toEqual({ 'tokens given without a login': 980, 'logins made': 5 })
  })
})

describe('the dashboard says what it costs', () => {
  const service = parse(
    looseObject({ provider: looseObject({ memorySize: number() }) }),
    parseYaml(readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8')),
  )
  const gigabytes = service.provider.memorySize / 1024
  const functions = functionKeys.length

  /** Of what is measured, a million of each in turn, and by what it is paid. */
  const measurements: readonly [label: string, series: RegExp, bill: Bill][] = [
    [
      'functions: time',
      /^AWS\/Lambda Duration .* Sum$/,
      { gigabyteSecond: functions * 1_000 * gigabytes },
    ],
    ['functions: runs', /^AWS\/Lambda Invocations .* Sum$/, { invocation: functions * 1e6 }],
    ['API', /^AWS\/ApiGateway Count ApiId=\$\{HttpApi\} Sum$/, { apiRequest: 1e6 }],
    ['table: reads', /^AWS\/DynamoDB ConsumedReadCapacityUnits \S+ Sum$/, { readUnit: 1e6 }],
    ['table: writes', /^AWS\/DynamoDB ConsumedWriteCapacityUnits \S+ Sum$/, { writeUnit: 1e6 }],
    [
      'logs',
      /^AWS\/Logs IncomingBytes LogGroupName=\/aws\/(lambda|vendedlogs)\/\S+ Sum$/,
      { logGigabyte: (functions + 1) / 1_000 },
    ],
  ]

  it.each(measurements)('%s, at the prices of docs/costs.md', (label, measured, bill) => {
    const widget = titled(whole, 'Cost of the time shown')

    const shown = shownBy(widget, (series) => (measured.test(series) ? 1e6 : 0))

    const [[item, count] = ['', 0]] = Object.entries(bill)
    const usd = Object.entries(prices).find(([name]) => name === item)?.[1].usd ?? Number.NaN
    const others = Object.entries(shown).filter(([name]) => name !== label)
    expect(shown[label]).toBeCloseTo(count * usd, 8)
    expect(others.filter(([, value]) => value !== 0)).toEqual([])
    expect(others).toHaveLength(measurements.length - 1)
  })
})

const headlineOf = (tenant: typeof plain) => String(propertiesIn(tenant)[0]?.['markdown'])

describe('the dashboard says who holds sessions', () => {
  it('by the command that lists them, and by the page of administrators', () => {
    const admin = { jwt: null, iam: [], direct: true, origins: ['https://sessions.acme.example'] }

    expect(headlineOf(embedding)).toContain(`\`npm run sessions -- --stage ${stage} list\``)
    expect(headlineOf({ ...embedding, admin })).toContain(
      '[Sessions page](https://sessions.acme.example)',
    )
  })

  it('and who started most of them, by the digest that events have', () => {
    const { query } = titled(embedding, 'Who started sessions most')
    const [started] = samples['session-started']

    expect(query).toContain(`filter name = '${started?.name}' | stats count() as started by user`)
    expect(started).toHaveProperty('user')
  })

  it('and nothing of it where nobody embeds', () => {
    expect(headlineOf(plain)).not.toContain('npm run sessions')
  })
})

describe('the dashboard says what failed last', () => {
  it('by the lines of every function', () => {
    const query = String(titled(plain, 'What failed last')['query'])

    expect(query.match(/SOURCE '/g)).toHaveLength(functionKeys.length)
    expect(query).toContain("filter name in ['request-failed', 'login-failed', 'end-not-confirmed'")
  })
})
