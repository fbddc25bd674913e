// The section `alarms` of the tenant file, and the switch of the dashboard.
import { describe, expect, it } from 'vitest'
import { TenantError, parseTenant } from '../../lib/config.ts'
import type { TenantProblem } from '../../lib/config.ts'

const looker = { base_url: 'https://acme.cloud.looker.com', client_id: 'client' }
const email = 'oncall@acme.example'
const topic_arn = 'arn:aws:sns:eu-central-1:123456789012:oncall'

const parse = (rest: object) => parseTenant({ looker, ...rest }, { allowLoopback: false })

const problemsOf = (rest: object): readonly TenantProblem[] => {
  try {
    parse(rest)
  } catch (error) {
    if (error instanceof TenantError) return error.problems
    throw error
  }
  return []
}

const pathsOf = (rest: object) => problemsOf(rest).map(({ path }) => path)

describe('alarms', () => {
  it('are none, beside a dashboard, unless the file says more', () => {
    expect(parse({})).toMatchObject({ alarms: null, dashboard: true })
    expect(parse({ alarms: null, dashboard: false })).toMatchObject({
      alarms: null,
      dashboard: false,
    })
  })

  it('tell an address or a topic, from 100 logins an hour on', () => {
    expect(parse({ alarms: { email } }).alarms).toEqual({
      email,
      topic_arn: null,
      logins_per_hour: 100,
    })
    expect(parse({ alarms: { topic_arn, logins_per_hour: 2_000 } }).alarms).toEqual({
      email: null,
      topic_arn,
      logins_per_hour: 2_000,
    })
  })

  it.each([{}, { email, topic_arn }, { email: null, topic_arn: null }, { logins_per_hour: 50 }])(
    'tell exactly one: %j is refused',
    (alarms) => {
      expect(problemsOf({ alarms })).toEqual([
        { path: 'alarms', message: 'write exactly one of email and topic_arn' },
      ])
    },
  )

  it.each([
    'a.b+c@sub.acme.example',
    "o'neil@acme.example",
    'x@xn--bcher-kva.example',
    'ONCALL@ACME.EXAMPLE',
  ])('may be told to %s', (address) => {
    expect(pathsOf({ alarms: { email: address } })).toEqual([])
  })

  it.each([
    '',
    'oncall',
    'oncall@',
    '@acme.example',
    'oncall@acme',
    'on call@acme.example',
    'On Call <oncall@acme.example>',
    'a@acme.example,b@acme.example',
    'oncall@acme.example\n',
    'oncall@acme..example',
    7,
    ['oncall@acme.example'],
  ])('are not told to %j', (address) => {
    expect(pathsOf({ alarms: { email: address } })).toEqual(['alarms.email'])
  })

  it.each([
    'arn:aws-cn:sns:cn-north-1:123456789012:on_call-2',
    'arn:aws-us-gov:sns:us-gov-west-1:123456789012:oncall',
  ])('may be told to the topic %s', (topic) => {
    expect(pathsOf({ alarms: { topic_arn: topic } })).toEqual([])
  })

  it.each([
    'oncall',
    'arn:aws:sns:eu-central-1:123456789012:oncall.fifo',
    'arn:aws:sns:eu-central-1:123456789012:oncall:4f2d',
    'arn:aws:sns:eu-central-1:1234:oncall',
    'arn:aws:sqs:eu-central-1:123456789012:oncall',
    'arn:aws:sns::123456789012:oncall',
  ])('are not told to the topic %j', (topic) => {
    expect(pathsOf({ alarms: { topic_arn: topic } })).toEqual(['alarms.topic_arn'])
  })

  it.each([0, 100_001, 1.5, '100', null])('do not go off from %j logins on', (logins_per_hour) => {
    expect(pathsOf({ alarms: { email, logins_per_hour } })).toEqual(['alarms.logins_per_hour'])
  })

  it('repeat no value in what is said about them', () => {
    const said = problemsOf({ alarms: { email: 'canary', topic_arn: 'canary' } })

    expect(said).toHaveLength(3)
    expect(JSON.stringify(said)).not.toContain('canary')
  })
})

describe('the dashboard', () => {
  it.each(['yes', 1, null])('is not switched by %j', (dashboard) => {
    expect(problemsOf({ dashboard })).toEqual([
      { path: 'dashboard', message: 'write true or false' },
    ])
  })
})
