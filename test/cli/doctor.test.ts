// The command as a process, against `npm start`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { checkNames } from '../../lib/doctor/finding.ts'
import { loopback } from '../../local/addresses.ts'
import { endChild, freePort, startBroker, startScript } from '../local/processes.ts'
import { pathWithoutJava } from '../local/without-java.ts'
import type { Child } from '../local/processes.ts'

let broker: Child
let port = 0

beforeAll(async () => {
  const env = { PATH: pathWithoutJava() }
  const started = await startBroker(/^Ready: /m, { env, withinMs: 600_000 })
  broker = started.child
  port = started.port
}, 90_000)

afterAll(() => endChild(broker))

type Variables = Record<string, string>

const run = async (args: readonly string[] = [], env: Variables = {}) => {
  const given = { PORT: String(port), ...env }
  const child = startScript('cli/doctor.ts', { args, env: given, withinMs: 55_000 })
  return { exitCode: await child.ended, printed: child.printed() }
}

const report = v.strictObject({
  stage: v.string(),
  region: v.string(),
  healthy: v.boolean(),
  counts: v.strictObject({
    ok: v.number(),
    warning: v.number(),
    failed: v.number(),
    skipped: v.number(),
  }),
  findings: v.array(
    v.strictObject({
      check: v.picklist(checkNames),
      standing: v.picklist(['ok', 'warning', 'failed', 'skipped']),
      what: v.string(),
      remedy: v.nullable(v.string()),
    }),
  ),
})

const setUpLooker = (change: object): Promise<Response> =>
  fetch(`${loopback(port + 10)}/simulator/setup`, {
    method: 'POST',
    body: JSON.stringify(change),
  })

describe('npm run doctor', () => {
  it('without a stage finds that all is well with npm start, and says so line by line', async () => {
    const { exitCode, printed } = await run()

    expect(exitCode).toBe(0)
    expect(printed).toMatch(/^✔ aws +npm start is running at http:\/\/127\.0\.0\.1:\d+\.$/m)
    expect(printed).toMatch(/^– table +No database answers here: without Java 17 /m)
    expect(printed).toMatch(/^✔ sessions-per-user +A second session of a user ends the first one/m)
    expect(printed).toMatch(/\n\nThe stage local is well: 25 ok, 5 skipped\.\n$/)
    expect(printed).not.toContain('\u001B')
  })

  it('tells what is wrong and what to do, and fails', async () => {
    await setUpLooker({ cookieless: false })
    const { exitCode, printed } = await run(['--stage', 'local'])
    await setUpLooker({ cookieless: true })

    expect(exitCode).toBe(1)
    expect(printed).toMatch(
      /^✘ cookieless +Cookieless embedding is off\.\n +→ Switch "Cookieless Embed" on in Looker \(Admin > Embed\)\.$/m,
    )
    expect(printed).toMatch(/^– 6 checks +Not examined, because of cookieless\. \(acquire, /m)
    expect(printed).toMatch(/The stage local is not well: 1 failed, \d+ ok, \d+ skipped\.\n$/)
  })

  it('does not fail for a warning', async () => {
    await setUpLooker({ release: '25.6.4' })
    const { exitCode, printed } = await run()
    await setUpLooker({ release: '26.12.3' })

    expect(exitCode).toBe(0)
    expect(printed).toMatch(/^! looker-version +Looker 25\.6\.4 /m)
    expect(printed).toMatch(/The stage local works, with 1 warning: /)
  })

  it('tells machines the same as JSON and nothing else', async () => {
    const { exitCode, printed } = await run(['--json'])

    const { findings, counts, ...rest } = v.parse(report, JSON.parse(printed))
    expect(findings.filter(({ standing }) => standing === 'failed')).toEqual([])
    expect(exitCode).toBe(0)
    expect(rest).toEqual({ stage: 'local', region: 'us-east-1', healthy: true })
    expect(counts).toEqual({ ok: 25, warning: 0, failed: 0, skipped: 5 })
    expect(findings.map(({ check }) => check)).toEqual(checkNames)
  })

  it.each([
    ['where colours are wanted', { FORCE_COLOR: '1' }, true],
    ['where NO_COLOR forbids it', { NO_COLOR: '1' }, false],
  ])('has colours only %s', async (_, env, isColoured) => {
    const { printed } = await run([], { PORT: String(await freePort()), ...env })

    expect(printed.includes('\u001B[31m')).toBe(isColoured)
  })

  it('finds that nothing runs here, and looks no further', async () => {
    const { exitCode, printed } = await run(['--json'], { PORT: String(await freePort()) })

    const { findings, counts } = v.parse(report, JSON.parse(printed))
    expect(exitCode).toBe(1)
    expect(counts).toEqual({ ok: 1, warning: 0, failed: 1, skipped: 28 })
    expect(findings[1]).toMatchObject({
      check: 'aws',
      standing: 'failed',
      remedy: expect.stringContaining('npm start'),
    })
  })

  it('finds that a stage is not deployed', async () => {
    const nowhere = 'http://127.0.0.1:1'
    const { exitCode, printed } = await run(['--stage', 'acme', '--json'], {
      AWS_ENDPOINT_URL: nowhere,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: 'eu-central-1',
    })

    const { findings, ...rest } = v.parse(report, JSON.parse(printed))
    expect(exitCode).toBe(1)
    expect(rest).toMatchObject({ stage: 'acme', region: 'eu-central-1', healthy: false })
    expect(findings.filter(({ standing }) => standing === 'failed')).toMatchObject([
      { check: 'aws', what: 'AWS cannot be reached in eu-central-1 (ECONNREFUSED).' },
    ])
  })

  it.each([
    [['--stage', 'nowhere'], /^There is no tenants\/nowhere\.yml\. Stages: .*\n$/],
    [['--stage', '../tenants/acme'], /^No stage can be named \.\.\/tenants\/acme: /],
    [['acme'], /too many arguments/],
    [['--stage'], /argument missing/],
    [['--xml'], /unknown option '--xml'/],
  ])('called with %j is called wrongly', async (args, message) => {
    const { exitCode, printed } = await run(args)

    expect(exitCode).toBe(2)
    expect(printed).toMatch(message)
  })

  it('for a port that is none is called wrongly', async () => {
    const { exitCode, printed } = await run([], { PORT: 'x' })

    expect(exitCode).toBe(2)
    expect(printed).toBe('PORT is no whole number from 1024 to 65500\n')
  })
})
