// The real Embed SDK in a real browser, through the real broker to the simulated Looker's page, in each form
// in which pages use it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { hosts, startStage, type Stage, type StageBrowser, type StageOptions } from './stage.ts'

let stage: Stage
let browser: StageBrowser

const open = async (options?: StageOptions) => {
  stage = await startStage(options)
  browser = await stage.browser()
}

afterEach(() => stage.close())

describe.each([
  ['object', 'token'],
  ['callback', 'token'],
  ['helper', 'token'],
  // Page and broker on one origin, the broker behind a path of the page's.
  ['string', 'cookie'],
] as const)('the %s form', (form, identity) => {
  beforeEach(() => open({ identity }))

  it('connects, and the frame calls Looker with the tokens it was given', async () => {
    const visit = await browser.visit(form, 'ada')

    await visit.connect()

    await expect.poll(() => visit.shows('api-call')).toMatch(/^accepted/)
    expect(await visit.shows('state')).toBe('live')
    expect(await visit.told()).toEqual(
      expect.arrayContaining(['connected', 'page:changed', 'session:tokens:request']),
    )
    const { logins, embedSessionsStarted, embedSessionsJoined, embedLogins } = stage.looker.counts()
    expect({ logins, embedSessionsStarted, embedSessionsJoined, embedLogins }).toEqual({
      logins: 1,
      embedSessionsStarted: 1,
      embedSessionsJoined: 0,
      embedLogins: 1,
    })
  })

  it('refreshes the tokens again and again, in the same session and without an interruption', async () => {
    const visit = await browser.visit(form, 'ada')
    await visit.connect()

    await stage.advance(35 * 60_000)

    const { calls, embedTokensGenerated, embedSessionsStarted } = stage.looker.counts()
    expect(embedTokensGenerated).toBeGreaterThanOrEqual(3)
    expect(calls.acquire_embed_cookieless_session).toBe(1)
    expect(embedSessionsStarted).toBe(1)
    expect(await visit.shows('state')).toBe('live')
    expect(await visit.shows('api-call')).toMatch(/^accepted/)
    expect((await visit.told()).filter((what) => what.startsWith('session:status'))).toEqual([])
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

describe('a page that shares its origin with the broker', () => {
  const path = '/looker/acquire-embed-session'

  /** What a page gets that leads its visitor there: then the browser sends the cookie along. */
  const leadThere = async (page: Page) => {
    await page.evaluate((url) => location.assign(url), `https://${hosts.app}${path}`)
    await page.waitForURL(`**${path}`)
    return page.textContent('body')
  }

  beforeEach(() => open({ identity: 'cookie' }))

  it('is known by its cookie', async () => {
    const { page } = await browser.visit('string', 'ada')

    expect(await leadThere(page)).toContain('authentication_token')
    expect(stage.looker.counts().embedSessionsStarted).toBe(1)
  })

  it.each(['neighbour', 'stranger'] as const)(
    'is not mixed up with the page of a %s, though the cookie comes along',
    async (name) => {
      const { page } = await browser.visit('string', 'ada')
      await page.goto(`https://${hosts[name]}/string`)

      // Of the authorizer: the broker, which would refuse it too, answers with a problem document.
      expect(await leadThere(page)).toBe('{"message":"Forbidden"}')
      expect(stage.front.seen.filter((sent) => sent.path === path)).toMatchObject([
        { host: hosts.app, method: 'GET', cookie: expect.stringContaining('signed-in=ada') },
      ])
      expect(stage.looker.counts().calls.acquire_embed_cookieless_session).toBeUndefined()
    },
  )
})

describe('third-party cookies', () => {
  beforeEach(() => open())

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
