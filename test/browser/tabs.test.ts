// Several tabs, frames and browsers of one user at the same time, and how many sessions that makes at Looker.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  startStage,
  type Stage,
  type StageBrowser,
  type StageOptions,
  type Visit,
} from './stage.ts'

let stage: Stage
let browser: StageBrowser

const open = async (options?: StageOptions) => {
  stage = await startStage(options)
  browser = await stage.browser()
}

afterEach(() => stage.close())

const minutes = (count: number) => count * 60_000

const assertLive = async (visit: Visit, frame = 0) => {
  await expect.poll(() => visit.shows('api-call', frame)).toMatch(/^accepted/)
  expect(await visit.shows('state', frame)).toBe('live')
}

describe.each(['callback', 'helper'] as const)('with the %s form', (form) => {
  it('two tabs that open in the same instant share one new session', async () => {
    await open()
    // Both are under way before the first has its answer.
    stage.front.gather('/acquire-embed-session', 2)
    stage.looker.setFault('acquire_embed_cookieless_session', { kind: 'slow', ms: 1_000 })
    const visits = await Promise.all([browser.visit(form, 'ada'), browser.visit(form, 'ada')])

    await Promise.all(visits.map((visit) => visit.connect()))

    for (const visit of visits) await assertLive(visit)
    expect(stage.looker.counts()).toMatchObject({
      logins: 1,
      embedSessionsStarted: 1,
      embedSessionsJoined: 1,
      embedLogins: 2,
    })

    await stage.advance(minutes(25))

    for (const visit of visits) await assertLive(visit)
    expect(stage.looker.counts()).toMatchObject({ embedSessionsStarted: 1, embedSessionsJoined: 1 })
  })

  it('frames of one page share one session, whether they open together or later', async () => {
    await open()
    const visit = await browser.visit(form, 'ada')

    await Promise.all([visit.connect(), visit.connect()])
    await assertLive(visit, 0)
    await assertLive(visit, 1)
    await stage.advance(minutes(15))
    await visit.connect()
    await assertLive(visit, 2)
    await stage.advance(minutes(15))

    for (const frame of [0, 1, 2]) await assertLive(visit, frame)
    expect(stage.looker.counts().embedSessionsStarted).toBe(1)
    expect((await visit.told()).filter((what) => what.startsWith('session:status'))).toEqual([])
  })
})

const otherUserAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'

/** The same user in two browsers, one after the other. */
const twoBrowsers = async (form: 'callback' | 'helper') => {
  const first = await browser.visit(form, 'ada')
  await first.connect()
  await assertLive(first)
  const other = await stage.browser({ userAgent: otherUserAgent })
  const second = await other.visit(form, 'ada')
  await second.connect()
  await assertLive(second)
  expect(stage.looker.counts().embedSessionsStarted).toBe(2)
  return { first, second }
}

describe('where Looker keeps one session a user', () => {
  beforeEach(() => open({ embed: { sessionsPerUser: 'one' } }))

  it.each([
    ['callback', []],
    ['helper', ['ended replaced']],
  ] as const)(
    'another browser replaces the first, which starts nothing by itself (%s)',
    async (form, toldBesides) => {
      const { first, second } = await twoBrowsers(form)

      await stage.advance(minutes(12))

      expect(await first.shows('state')).toMatch(/^expired/)
      const told = await first.told()
      expect(told).toEqual(expect.arrayContaining(['session:expired', ...toldBesides]))
      expect(told).not.toContain('session:status interrupted')

      await stage.advance(minutes(12))

      await assertLive(second)
      expect(await first.shows('state')).toMatch(/^expired/)
      expect(stage.looker.counts()).toMatchObject({
        embedSessionsStarted: 2,
        embedSessionsEnded: 1,
        calls: { acquire_embed_cookieless_session: 2 },
      })

      // Its user wants it back.
      await first.page.reload()
      await first.connect()

      await assertLive(first)
      await stage.advance(minutes(12))
      await assertLive(first)
      expect(await second.shows('state')).toMatch(/^expired/)
      expect(stage.looker.counts()).toMatchObject({
        embedSessionsStarted: 3,
        embedSessionsEnded: 2,
      })
    },
  )
})

describe('where Looker keeps many sessions a user', () => {
  it('both browsers live on', async () => {
    await open({ embed: { sessionsPerUser: 'many' }, tenant: { sessions_per_user: 'many' } })
    const { first, second } = await twoBrowsers('callback')

    await stage.advance(minutes(12))

    await assertLive(first)
    await assertLive(second)
    expect(stage.looker.counts()).toMatchObject({ embedSessionsStarted: 2, embedSessionsEnded: 0 })
  })
})
