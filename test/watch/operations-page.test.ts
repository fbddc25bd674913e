// docs/operations.md names every event and metric, and no other, and says what they cost.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createLogReport } from '../../lib/log.ts'
import { measuredOf } from '../../lib/metrics.ts'
import { partitionOf } from '../../lib/embed/session-key.ts'
import { whoseSession } from '../../lib/embed/whose.ts'
import { everyEvent, samples } from './every-event.ts'
import { samplesOf } from './embedded-metrics.ts'
import { alarmsIn } from './evaluator.ts'
import { embedding, plain, stage, watched, whole } from './tenants.ts'

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')

const sectionOf = (heading: string): string =>
  page.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? ''

/** Of a table whose first column is a name: the cells of each row. */
const rowsOf = (heading: string): readonly (readonly string[])[] =>
  [...sectionOf(heading).matchAll(/^\| (`.*) \|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  )

const namesIn = (cell = ''): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

const emitted = () => {
  const lines: string[] = []
  const clock = { now: () => 0, monotonic: () => 0 }
  const report = createLogReport({ write: (line) => void lines.push(line), stage, clock })
  for (const event of [...everyEvent, ...everyEvent]) report(event)
  return lines.flatMap(samplesOf)
}

describe('the page for operations', () => {
  it('lists every event, and what is measured of it', () => {
    const measured = Object.entries(samples).map(([name, events]) => {
      const all = events.flatMap((event) => {
        const { byReason, ...measures } = measuredOf(event)
        return [...Object.keys(measures), ...(byReason ? [byReason] : [])]
      })
      return [name, [...new Set(all)].toSorted()]
    })

    const listed = rowsOf('Log events').map(([name, , metrics]) => [
      ...namesIn(name),
      namesIn(metrics).toSorted(),
    ])

    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(measured))
  })

  it('lists every metric with its dimensions', () => {
    const known = new Map(
      emitted().map(({ metric, dimensions }) => [metric, Object.keys(dimensions)]),
    )

    const listed = rowsOf('Metrics').map(([name, dimensions]) => [
      ...namesIn(name),
      namesIn(dimensions),
    ])

    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(known))
  })

  it('says how many metrics a stage can have, and what they cost', () => {
    const series = new Set(
      emitted().map(({ metric, dimensions }) => JSON.stringify([metric, dimensions])),
    )

    expect(series.size).toBe(42)
    expect(sectionOf('What watching costs')).toContain('at most 42 of a stage ($12.60)')
  })

  it('says at how many metrics alarms look, and what that costs', () => {
    const counts = [plain, embedding, whole].map(
      (tenant) => alarmsIn(watched(tenant)).flatMap(({ metrics }) => metrics).length,
    )

    expect(counts).toEqual([12, 28, 32])
    expect(sectionOf('What watching costs')).toContain(
      '12 ($1.20) for API tokens alone, 28 ($2.80) with pages, 32 ($3.20) with administrators',
    )
  })

  it('has a command that makes the digest of a user as events have it', () => {
    const [, script = ''] = /^node -p "(.+)" 'ann@example\.com'$/m.exec(page) ?? []

    const printed = execFileSync(process.execPath, ['-p', script, 'ann@example.com'])

    const partition = partitionOf('https://looker.example.com', 'ann@example.com')
    expect(printed.toString().trim()).toBe(whoseSession({ partition, sort: 'device#a' }).user)
  })

  it('leads nowhere that is not there', () => {
    const headings = [...page.matchAll(/^#{2,3} (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    )
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor)

    expect(links.length).toBeGreaterThan(5)
    expect(links.filter((anchor) => !headings.includes(anchor ?? ''))).toEqual([])
  })
})
