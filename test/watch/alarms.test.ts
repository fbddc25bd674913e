// Alarms and dashboard name what is really measured, and pages that are really there.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { array, looseObject, parse, string, unknown } from 'valibot'
import { parse as parseYaml } from 'yaml'
import type { Resources } from '../../cli/watch/alarm-resources.ts'
import { functionKeys } from '../../cli/watch/functions.ts'
import { watchResources } from '../../cli/watch/resources.ts'
import { createLogReport, namespace } from '../../lib/log.ts'
import { everyEvent } from './every-event.ts'
import { samplesOf } from './embedded-metrics.ts'
import { alarmsIn } from './evaluator.ts'
import { alarms as told, embedding, plain, region, stage, watched, whole } from './tenants.ts'

const fileOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** By all that can happen, `metric dimension…`. */
const emitted = (): ReadonlySet<string> => {
  const lines: string[] = []
  let ms = 0
  const clock = { now: () => ms, monotonic: () => (ms += 120_000) }
  const report = createLogReport({ write: (line) => void lines.push(line), stage, clock })
  for (const event of everyEvent) report(event)
  for (let again = 0; again < 20; again += 1) everyEvent.forEach(report)
  return new Set(
    lines
      .flatMap(samplesOf)
      .map(({ metric, dimensions }) => [metric, ...Object.keys(dimensions)].join(' ')),
  )
}

const bodySchema = looseObject({
  widgets: array(looseObject({ type: string(), properties: looseObject({}) })),
})
const substituted = looseObject({
  DashboardBody: looseObject({ 'Fn::Sub': string() }),
})

const dashboardOf = (resources: Resources) => {
  const text = parse(substituted, resources['Dashboard']?.Properties).DashboardBody['Fn::Sub']
  return { text, widgets: parse(bodySchema, JSON.parse(text)).widgets }
}

const entriesOf = (resources: Resources): readonly unknown[][] =>
  dashboardOf(resources).widgets.flatMap(({ properties }) =>
    'metrics' in properties ? parse(array(array(unknown())), properties['metrics']) : [],
  )

const search = /SEARCH\('\{(\w+),([\w,]+)\} MetricName="(\w+)" stage="(\w+)"'/

/** Of our own namespace, as `emitted` has them. */
const drawn = (resources: Resources): readonly string[] =>
  entriesOf(resources).flatMap(([first, name, ...rest]) => {
    if (first === namespace) {
      const dimensions = rest.filter((part) => typeof part === 'string')
      return [[name, ...dimensions.filter((_, index) => index % 2 === 0)].join(' ')]
    }
    const [, of, dimensions = '', metric] =
      search.exec(JSON.stringify(first ?? '').replaceAll('\\"', '"')) ?? []
    return of === namespace ? [[metric, ...dimensions.split(',')].join(' ')] : []
  })

const short = (tenant: typeof plain) =>
  alarmsIn(watched(tenant)).map(({ name }) => name.replace('looker-token-broker-acme-', ''))

const actionsOf = (resources: Resources) =>
  new Set(
    Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .flatMap(({ Properties }) => [Properties['AlarmActions'], Properties['OKActions']])
      .map((actions) => JSON.stringify(actions)),
  )

const all = alarmsIn(watched(whole))

describe('the alarms', () => {
  it('are these for API tokens alone, and more where pages embed', () => {
    const tokens = short(plain)
    const added = short(embedding).filter((name) => !tokens.includes(name))

    expect(tokens).toEqual([
      'too-many-logins',
      'logins-fail',
      'credentials-refused',
      'table-away',
      'keys-away',
      'renewals-stopped',
      'internal-errors',
      'functions-crash',
      'functions-throttled',
    ])
    expect(added).toEqual(['pages-keep-old-tokens', 'sessions-stuck', 'ends-stopped'])
    expect(short(whole)).toEqual(short(embedding))
  })

  it('look at metrics that are emitted, with exactly these dimensions', () => {
    const ours = all
      .flatMap(({ metrics }) => metrics)
      .filter(({ Namespace }) => Namespace === namespace)
      .map(({ MetricName, Dimensions }) =>
        [MetricName, ...Dimensions.map(({ Name }) => Name)].join(' '),
      )

    expect(ours).toHaveLength(8)
    expect([...emitted()]).toEqual(expect.arrayContaining(ours))
  })

  it('name this stage, and its functions as they are deployed', () => {
    const values = all
      .flatMap(({ metrics }) => metrics)
      .map(({ Dimensions }) => Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join())

    const known = functionKeys.map((key) => `FunctionName=looker-token-broker-acme-${key}`)
    expect(values.filter((value) => value !== 'stage=acme' && !known.includes(value))).toEqual([])
  })

  it('look at no more than ten metrics each, as CloudWatch allows', () => {
    expect(Math.max(...all.map(({ metrics }) => metrics.length))).toBe(10)
  })

  it('take silence as bad news only where something must happen every minute', () => {
    const bad = all.filter(({ missing }) => missing === 'breaching').map(({ name }) => name)

    expect(bad).toEqual([
      'looker-token-broker-acme-renewals-stopped',
      'looker-token-broker-acme-ends-stopped',
    ])
  })

  it('tell in one or two sentences what is wrong, and which section says what to do', () => {
    const headings = [...fileOf('docs/operations.md').matchAll(/^### ([\w-]+)$/gm)].map(
      ([, heading]) => heading,
    )

    const anchors = all.map(({ description }) => {
      const [, text = '', anchor] =
        /^(.+[.]) What to do: docs\/operations\.md#([\w-]+)$/.exec(description) ?? []
      expect(text.length).toBeGreaterThan(40)
      expect(text.split(/[.:] /).length).toBeLessThanOrEqual(3)
      expect(description.length).toBeLessThanOrEqual(1024)
      return anchor
    })

    expect(new Set(anchors)).toEqual(new Set(headings))
    expect(anchors.map((anchor) => `looker-token-broker-acme-${anchor}`)).toEqual(
      all.map(({ name }) => name),
    )
  })
})

describe('whom they tell', () => {
  it('is a topic of the stage with the address, to which its alarms alone publish', () => {
    const resources = watched(plain)

    expect(actionsOf(resources)).toEqual(new Set(['[{"Ref":"AlarmTopic"}]']))
    expect(resources['AlarmTopic']?.Properties).toEqual({
      TopicName: 'looker-token-broker-acme-alarms',
      Subscription: [{ Protocol: 'email', Endpoint: 'oncall@acme.example' }],
    })
    expect(resources['AlarmTopicPolicy']?.Properties).toEqual({
      Topics: [{ Ref: 'AlarmTopic' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'AlarmsPublish',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: 'AlarmTopic' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Sub':
                    'arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:looker-token-broker-acme-*',
                },
              },
            },
          },
        ],
      },
    })
  })

  it('is the topic that is named, and no other is made', () => {
    const topic_arn = `arn:aws:sns:${region}:123456789012:oncall`

    const resources = watched({ ...plain, alarms: { ...told, email: null, topic_arn } })

    expect(actionsOf(resources)).toEqual(new Set([JSON.stringify([topic_arn])]))
    expect(Object.keys(resources).filter((name) => name.startsWith('AlarmTopic'))).toEqual([])
  })

  it('is no topic of another region, which alarms do not reach', () => {
    const topic_arn = 'arn:aws:sns:us-east-1:123456789012:oncall'

    const attempt = () => watched({ ...plain, alarms: { ...told, email: null, topic_arn } })

    expect(attempt).toThrow(/alarms\.topic_arn: name a topic of eu-central-1/)
  })

  it('is nobody without the section: there are no alarms, and a dashboard all the same', () => {
    expect(Object.keys(watched({ ...whole, alarms: null }))).toEqual(['Dashboard'])
    expect(watched({ ...whole, alarms: null, dashboard: false })).toEqual({})
    expect(Object.keys(watchResources('acme', region).Resources)).toEqual(['Dashboard'])
  })
})

const decimal = /^0\.\d*[1-9]$/

describe('the dashboard', () => {
  it('draws every metric that is emitted, and no other', () => {
    expect(new Set(drawn(watched(whole)))).toEqual(emitted())
  })

  it('draws of a tenant without pages nothing that is of pages', () => {
    const titles = JSON.stringify(dashboardOf(watched(plain)).widgets.map((one) => one.properties))

    expect(titles).not.toMatch(/"title":"(Embed|Why sessions|Who started|Over here)/)
  })

  it('knows every function of serverless.yml', () => {
    const service = parse(
      looseObject({ functions: looseObject({}) }),
      parseYaml(fileOf('serverless.yml')),
    )

    expect(new Set(functionKeys)).toEqual(new Set(Object.keys(service.functions)))
  })

  it('leaves nothing to be filled in but region, account and API', () => {
    const places = dashboardOf(watched(whole)).text.match(/\$\{[^}]*\}/g)

    expect(new Set(places)).toEqual(
      new Set(['${AWS::Region}', '${AWS::Partition}', '${AWS::AccountId}', '${HttpApi}']),
    )
  })

  it('has no two widgets in one place, and none beyond its 24 columns', () => {
    const schema = array(looseObject({ x: unknown(), y: unknown(), width: unknown() }))
    const widgets = parse(schema, dashboardOf(watched(whole)).widgets)

    const places = widgets.map(({ x, y }) => `${String(x)},${String(y)}`)
    expect(new Set(places).size).toBe(places.length)
    expect(widgets.filter(({ x, width }) => Number(x) + Number(width) > 24)).toEqual([])
  })

  it('writes prices with digits and a point alone', () => {
    const prices = [...dashboardOf(watched(whole)).text.matchAll(/ \* ([^"]+)"/g)]

    expect(prices.map(([, price]) => price)).toEqual(Array(6).fill(expect.stringMatching(decimal)))
  })

  it('uses in each widget no name that is not given there', () => {
    const unknownNames = dashboardOf(watched(whole)).widgets.flatMap(({ properties }) => {
      if (!('metrics' in properties)) return []
      const entries = parse(array(array(unknown())), properties['metrics']).flat()
      const ids = entries.flatMap((part) => Object(part).id ?? [])
      const used = entries.flatMap((part) => {
        const text: unknown = Object(part).expression
        return typeof text === 'string'
          ? [...text.matchAll(/FILL\((\w+),/g)].map(([, id]) => id)
          : []
      })
      return used.filter((id) => !ids.includes(id))
    })

    expect(unknownNames).toEqual([])
  })
})
