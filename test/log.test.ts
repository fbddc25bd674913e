import { describe, expect, it } from 'vitest'
import type { BrokerEvent, Report } from '../lib/events.ts'
import { createLogReport } from '../lib/log.ts'
import { createFakeClock } from './scenarios/fake-clock.ts'
import { everyEvent } from './watch/every-event.ts'
import { samplesOf } from './watch/embedded-metrics.ts'

const of = { user_id: null, workspace: 'production' }
const fromMemory: BrokerEvent = { name: 'token-served', layer: 'memory', ...of }
const generated = { name: 'looker-answered', call: 'generate', answer_ms: 7 } as const
const minute = 60_000

const logged = () => {
  const lines: string[] = []
  const clock = createFakeClock(1_000)
  const write = (line: string) => void lines.push(line)
  return { lines, clock, report: createLogReport({ write, stage: 'acme', clock }) }
}

const times = (count: number, report: Report, event: BrokerEvent = fromMemory): void => {
  for (let made = 0; made < count; made += 1) report(event)
}

const fieldsOf = (line = '{}'): Record<string, unknown> => JSON.parse(line)

describe('the log', () => {
  it('has one JSON line an event, with the stage, that is its metrics as well', () => {
    const { lines, report } = logged()

    report({ name: 'login-succeeded', login_ms: 12, user_id: '7', workspace: 'dev' })

    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        stage: 'acme',
        name: 'login-succeeded',
        login_ms: 12,
        user_id: '7',
        workspace: 'dev',
        LoginMs: [12],
        _aws: {
          Timestamp: 1_000,
          CloudWatchMetrics: [
            {
              Namespace: 'LookerTokenBroker',
              Dimensions: [['stage']],
              Metrics: [{ Name: 'LoginMs' }],
            },
          ],
        },
      },
    ])
  })

  it('counts what has a reason by that field of the event', () => {
    const { lines, report } = logged()

    report({
      name: 'login-failed',
      reason: 'timeout',
      status: null,
      count: 1,
      retry_in_ms: 2,
      ...of,
    })

    const expected = { namespace: 'LookerTokenBroker', values: [1], atMs: 1_000 }
    expect(lines.flatMap(samplesOf)).toEqual([
      { ...expected, metric: 'LoginsFailed', dimensions: { stage: 'acme' } },
      { ...expected, metric: 'LookerErrors', dimensions: { stage: 'acme', reason: 'timeout' } },
    ])
  })

  it('says nothing of metrics where nothing is measured', () => {
    const { lines, report } = logged()

    report({ name: 'lease-taken', generation: 3, taken_over: false, ...of })

    expect(lines).toEqual([
      '{"stage":"acme","name":"lease-taken","generation":3,"taken_over":false,"user_id":null,"workspace":"production"}',
    ])
  })

  it('sends no count of nothing, which CloudWatch would ask money for', () => {
    const { lines, report } = logged()
    const nothing = { due: 0, dropped: 0, failed: 0, left: 0 }

    report({ name: 'renewal-run', ...nothing, renewed: 0 })
    report({ name: 'renewal-run', ...nothing, due: 1, renewed: 1 })

    expect(lines.flatMap(samplesOf).map(({ metric }) => metric)).toEqual(['TokensRenewed'])
  })

  it('keeps a line break of a message inside the line', () => {
    const { lines, report } = logged()
    const failed = { function: 'f', request_id: 'r', status: 400, code: 'invalid-request' }

    report({ name: 'request-failed', ...failed, error: 'a\r\nb\u2028c' })

    expect(lines[0]).not.toMatch(/[\r\n]/)
  })

  it('can be read by CloudWatch, whatever happens, and names nobody in a dimension', () => {
    const { lines, report, clock } = logged()

    for (const event of everyEvent) {
      report(event)
      clock.skip(2 * minute)
    }

    const samples = lines.flatMap(samplesOf)
    expect(samples.length).toBeGreaterThan(everyEvent.length / 2)
    const dimensions = new Set(samples.flatMap((sample) => Object.keys(sample.dimensions)))
    expect([...dimensions].toSorted()).toEqual(['reason', 'stage'])
  })
})

describe('what happens all the time', () => {
  it('has no line for a minute, and then one for all', () => {
    const { lines, report, clock } = logged()

    times(500, report)
    clock.skip(minute - 1)
    times(500, report)
    const before = lines.length
    clock.skip(1)
    times(1, report)

    expect(before).toBe(0)
    expect(lines.map(fieldsOf)).toMatchObject([{ name: 'counted', ServedFromMemory: 1_001 }])
  })

  it('waits for a minute again after each line', () => {
    const { lines, report, clock } = logged()

    clock.skip(minute)
    times(20, report)
    clock.skip(minute - 1)
    times(20, report)
    clock.skip(1)
    times(1, report)

    expect(lines.map((line) => fieldsOf(line)['ServedFromMemory'])).toEqual([20, 21])
  })

  it('goes along with the next line of any event, and is counted once', () => {
    const { lines, report, clock } = logged()

    times(3, report)
    report(generated)
    report({ name: 'lease-taken', generation: 3, taken_over: false, ...of })
    clock.skip(minute)
    times(19, report)

    expect(lines.map(fieldsOf)).toMatchObject([
      { name: 'lease-taken', ServedFromMemory: 3, GenerateMs: [7] },
    ])
  })

  it('is not worth a line below 20 answers from memory', () => {
    const { lines, report, clock } = logged()

    clock.skip(60 * minute)
    times(19, report)
    const before = lines.length
    times(1, report)

    expect(before).toBe(0)
    expect(lines.map(fieldsOf)).toMatchObject([{ ServedFromMemory: 20 }])
  })

  it('is worth a line a minute when Looker was called', () => {
    const { lines, report, clock } = logged()

    times(1, report, generated)
    clock.skip(minute)
    times(1, report, generated)

    expect(lines.map(fieldsOf)).toMatchObject([{ name: 'counted', GenerateMs: [7, 7] }])
  })

  it('has never more values in a line than CloudWatch reads', () => {
    const { lines, report } = logged()

    times(250, report, generated)

    expect(lines.map((line) => fieldsOf(line)['GenerateMs'])).toEqual([
      Array.from({ length: 100 }, () => 7),
      Array.from({ length: 100 }, () => 7),
    ])
    expect(lines.flatMap(samplesOf)).toHaveLength(2)
  })

  it('does not look at the wall clock, which may jump', () => {
    const { lines, report, clock } = logged()

    clock.jump(24 * 60 * minute)
    times(20, report)
    clock.jump(-48 * 60 * minute)
    clock.skip(minute)
    times(1, report)

    expect(lines).toHaveLength(1)
  })

  // P15: at most $0.05 a million token requests, of which reading and decrypting take $0.031 when 1 % are cold.
  it.each([
    ['one after the other', 1],
    ['one in 4 seconds', 4_000],
    ['one in 5 minutes', 5 * minute],
  ])('costs less than 1.5 cents a million answers, %s', (_, everyMs) => {
    const { lines, report, clock } = logged()
    const answers = 10_000

    for (let answered = 0; answered < answers; answered += 1) {
      // Every hundredth finds a cold process, which reads the table.
      report(answered % 100 === 0 ? { ...fromMemory, layer: 'table' } : fromMemory)
      clock.skip(everyMs)
    }

    const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + perEvent, 0)
    expect((bytes / answers) * 1e6 * dollarsOfByte).toBeLessThan(0.015)
    const seen = lines.flatMap(samplesOf).flatMap(({ values }) => values)
    expect(seen.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(answers - 100)
  })
})

/** What CloudWatch Logs adds to each event, and what it asks for taking a byte in (us-east-1). */
const perEvent = 26
const dollarsOfByte = 0.5 / 2 ** 30
