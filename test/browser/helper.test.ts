// What the browser helper adds to the Embed SDK, in a real browser: tokens that are renewed before a frame
// asks, outages that no frame sees, and an end that all tabs learn of.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hosts, startStage, type Stage, type StageBrowser } from './stage.ts'

let stage: Stage
let browser: StageBrowser

beforeEach(async () => {
  stage = await startStage()
  browser = await stage.browser()
})

afterEach(() => stage.close())

const minutes = (count: number) => count * 60_000

describe('the helper', () => {
  it('renews tokens before the frame asks', async () => {
    const visit = await browser.visit('helper', 'ada')
    await visit.connect()
    await expect.poll(() => visit.shows('state')).toBe('live')
    const asked = async () =>
      (await visit.told()).filter((what) => what === 'session:tokens:request').length
    const first = await asked()

    await stage.advance(minutes(30))

    expect(stage.looker.counts().embedTokensGenerated).toBeGreaterThanOrEqual(3)
    expect(await asked()).toBe(first)
    expect(await visit.shows('state')).toBe('live')
    expect(await visit.shows('api-call')).toMatch(/^accepted/)
  })

  it('carries a frame over a broker that cannot be reached', async () => {
    const visit = await browser.visit('helper', 'ada')
    await visit.connect()
    await expect.poll(() => visit.shows('state')).toBe('live')

    stage.front.cut(hosts.broker)
    await stage.advance(minutes(9))
    stage.front.cut()
    await stage.advance(minutes(1))

    expect(await visit.shows('state')).toBe('live')
    expect(await visit.shows('api-call')).toMatch(/^accepted/)
    const told = await visit.told()
    expect(told.indexOf('waiting')).toBeGreaterThan(-1)
    expect(told.lastIndexOf('live')).toBeGreaterThan(told.indexOf('waiting'))
    expect(told).not.toContain('session:status interrupted')
  })

  it('ends a session in all tabs', async () => {
    const one = await browser.visit('helper', 'ada')
    const other = await browser.visit('helper')
    await one.connect()
    await other.connect()
    expect(stage.looker.counts().embedSessionsStarted).toBe(1)

    await one.end()

    for (const visit of [one, other]) {
      await expect.poll(() => visit.shows('state')).toMatch(/^expired/)
      await expect.poll(visit.told).toContain('ended signed-out')
    }
  })

  it('gives two tabs that open at once the same device key, in a cookie of the page alone', async () => {
    const visits = await Promise.all([
      browser.visit('helper', 'ada'),
      browser.visit('helper', 'ada'),
      browser.visit('helper', 'ada'),
    ])
    await Promise.all(visits.map((visit) => visit.connect()))

    const keys = new Set(stage.front.seen.flatMap(({ device }) => device ?? []))
    expect(keys.size).toBe(1)
    const cookies = await browser.context.cookies(`https://${hosts.app}`)
    const [key] = keys
    expect(cookies).toContainEqual(
      expect.objectContaining({ name: '__Host-looker-device', value: key, sameSite: 'Strict' }),
    )
  })
})
