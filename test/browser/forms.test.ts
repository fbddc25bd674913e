// The real Embed SDK in a real browser, through the real broker to the simulated Looker's page, in each form
// in which pages use it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hosts, startStage, type Stage, type StageBrowser } from './stage.ts'

let stage: Stage
let browser: StageBrowser

beforeEach(async () => {
  stage = await startStage()
  browser = await stage.browser()
})

afterEach(() => stage.close())

describe.each(['object', 'callback', 'helper'] as const)('the %s form', (form) => {
  it('connects, and the frame calls Looker with the tokens it was given', async () => {
    const visit = await browser.visit(form, 'ada')

    await visit.connect()

    await expect.poll(() => visit.shows('api-call')).toMatch(/^accepted/)
    expect(await visit.shows('state')).toBe('live')
    expect(await visit.told()).toEqual(
      expect.arrayContaining(['connected', 'page:changed', 'session:tokens:request']),
    )
    expect(stage.looker.counts().embedLogins).toBe(1)
  })

  it('refreshes the tokens again and again', async () => {
    const visit = await browser.visit(form, 'ada')
    await visit.connect()

    await stage.advance(35 * 60_000)

    expect(stage.looker.counts().embedTokensGenerated).toBeGreaterThanOrEqual(3)
    expect(await visit.shows('state')).toBe('live')
  })

  it('shows the end of the session', async () => {
    const visit = await browser.visit(form, 'ada')
    await visit.connect()
    stage.looker.state.embed.sessions.endAll()

    await stage.advance(12 * 60_000)

    expect(await visit.shows('state')).toMatch(/^expired/)
    expect(await visit.told()).toContain('session:expired')
  })
})

describe('third-party cookies', () => {
  it('are blocked: a frame of Looker neither sends nor keeps any', async () => {
    const visit = await browser.visit('callback', 'ada')
    await browser.context.addCookies([
      {
        name: 'planted',
        value: 'x',
        domain: hosts.looker,
        path: '/',
        secure: true,
        sameSite: 'None',
      },
    ])
    await visit.connect()

    const sent = stage.front.seen.filter(({ host }) => host === hosts.looker)
    expect(sent.length).toBeGreaterThan(0)
    expect(sent.map(({ cookie }) => cookie)).not.toContain('planted=x')
  })

  it('would be sent by a browser that does not block them', async () => {
    const permissive = await stage.browser({ blockThirdPartyCookies: false })
    const visit = await permissive.visit('callback', 'ada')
    await permissive.context.addCookies([
      {
        name: 'planted',
        value: 'x',
        domain: hosts.looker,
        path: '/',
        secure: true,
        sameSite: 'None',
      },
    ])
    await visit.connect()

    const sent = stage.front.seen.filter(({ host }) => host === hosts.looker)
    expect(sent.map(({ cookie }) => cookie)).toContain('planted=x')
  })
})
