// What sessions cost Looker, by count, and that the figures are there. Times are for `npm run bench:sdk`.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { countLogins } from './sdk/logins.ts'

describe('calls of one process at the same instant', () => {
  // Looker's SDK writes a line per request.
  beforeEach(() => void vi.spyOn(console, 'debug').mockReturnValue())
  afterEach(() => void vi.restoreAllMocks())

  it.each([2, 50, 1_000])('cost one login through the session, %i of them', async (calls) => {
    const counted = await countLogins('session', calls)

    expect(counted).toEqual({ subject: 'session', calls, logins: 1, answered: calls })
  })

  it.each([2, 50])('cost a login each through the published one, %i of them', async (calls) => {
    const counted = await countLogins('sdk-node', calls)

    expect(counted).toEqual({ subject: 'sdk-node', calls, logins: calls, answered: calls })
  })
})

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const printed = v.strictObject({
  loads: v.array(
    v.strictObject({
      name: v.string(),
      bytes: count,
      gzipBytes: count,
      p50Ms: v.number(),
      p99Ms: v.number(),
      bytesRatio: v.nullable(v.number()),
      loadRatio: v.nullable(v.number()),
    }),
  ),
  logins: v.array(
    v.strictObject({
      subject: v.picklist(['session', 'sdk-node']),
      calls: count,
      logins: count,
      answered: count,
    }),
  ),
})

describe('npm run bench:sdk', () => {
  it('ends with one line of JSON that has every bundle and every count', async () => {
    const script = fileURLToPath(new URL('sdk.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, '--json', '--quick'],
      { timeout: 100_000, killSignal: 'SIGKILL' },
    )

    const { loads, logins } = v.parse(
      printed,
      JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''),
    )

    expect(loads.map(({ name }) => name)).toEqual([
      'nothing',
      'session, AWS client left out',
      'session',
      'session, after its first token',
      'sdk-node',
      'session with Looker40SDK, AWS client left out',
      'session with Looker40SDK',
      'sdk-node with Looker40SDK',
    ])
    expect(logins.map(({ subject, calls, logins: made }) => [subject, calls, made])).toEqual([
      ['session', 2, 1],
      ['sdk-node', 2, 2],
      ['session', 5, 1],
      ['sdk-node', 5, 5],
    ])
  }, 120_000)
})
