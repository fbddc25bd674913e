// What pages cost at Looker, by count. Times are for `npm run bench:embed`; here they decide nothing.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { raceBrokers, raceExpress } from './embed/race.ts'
import { overheadsOf, worstOf } from './embed/rows.ts'

describe('many pages of one user at the same instant', () => {
  // Looker's SDK writes a line per request.
  beforeEach(() => void vi.spyOn(console, 'debug').mockReturnValue())
  afterEach(() => void vi.restoreAllMocks())

  it.each([2, 20])('cost one session and one login at %i brokers', async (pages) => {
    const race = await raceBrokers(pages)

    expect(race).toEqual({
      subject: 'broker',
      pages,
      sessions: 1,
      logins: 1,
      answered: pages,
      frames: pages,
    })
  })

  it('cost one session at 50 brokers, of which those above the limit are told to come back', async () => {
    const race = await raceBrokers(50)

    expect(race).toMatchObject({ sessions: 1, logins: 1, answered: 30, frames: 30 })
  })

  it('cost more when every claim to the lease is granted', async () => {
    const race = await raceBrokers(10, { leases: false })

    expect(race.sessions).toBeGreaterThan(1)
  })

  it('cost several sessions and logins at an Express server, and leave frames that do not open', async () => {
    const race = await raceExpress(10)

    expect(race.answered).toBe(10)
    expect(race.sessions).toBeGreaterThan(1)
    expect(race.logins).toBeGreaterThan(1)
    expect(race.frames).toBeLessThan(10)
  })
})

const times = (name: string, p50: number, p99: number) => ({ name, p50, p99 })

describe('a row', () => {
  it('is beside Looker alone', () => {
    const acquire = [times('Looker alone', 2, 4), times('broker', 3, 7)]

    const rows = overheadsOf({ acquire, generate: [] })

    expect(rows).toEqual([
      {
        call: 'acquire',
        subject: 'Looker alone',
        p50: 2,
        p99: 4,
        overP50: 0,
        overP99: 0,
        ratio: 1,
      },
      { call: 'acquire', subject: 'broker', p50: 3, p99: 7, overP50: 1, overP99: 3, ratio: 1.5 },
    ])
  })
})

describe('the worst round', () => {
  it('has the most sessions and logins and the fewest answers and frames', () => {
    const round = { subject: 'broker', pages: 5, sessions: 1, logins: 2, answered: 5, frames: 4 }

    const worst = worstOf([round, { ...round, sessions: 3, logins: 1, answered: 4, frames: 5 }])

    expect(worst).toEqual({ ...round, sessions: 3, logins: 2, answered: 4, frames: 4 })
  })
})

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const printed = v.strictObject({
  warm: v.array(
    v.strictObject({
      call: v.picklist(['acquire', 'generate']),
      subject: v.string(),
      p50: v.number(),
      p99: v.number(),
      overP50: v.number(),
      overP99: v.number(),
      ratio: v.number(),
    }),
  ),
  races: v.array(
    v.strictObject({
      subject: v.picklist(['broker', 'lease-off', 'express']),
      pages: count,
      sessions: count,
      logins: count,
      answered: count,
      frames: count,
    }),
  ),
})

describe('npm run bench:embed', () => {
  it('ends with one line of JSON that has every page and every race', async () => {
    const script = fileURLToPath(new URL('embed.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, '--json', '--quick'],
      { timeout: 100_000, killSignal: 'SIGKILL' },
    )

    const { warm, races } = v.parse(printed, JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''))

    expect(warm.map(({ call, subject }) => `${call}: ${subject}`)).toEqual([
      'acquire: Looker alone',
      'acquire: broker, table in memory',
      'acquire: Express',
      'generate: Looker alone',
      'generate: broker, table in memory',
      'generate: Express',
    ])
    expect(races.map(({ subject, sessions }) => [subject, sessions > 1])).toEqual([
      ['broker', false],
      ['lease-off', true],
      ['express', true],
    ])
  }, 120_000)
})
