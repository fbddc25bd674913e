// The Sessions page in a real browser, against the real functions: what it shows, what it ends, and what it says when
// something is wrong. How it looks and is reached is in sessions-reach.test.ts.
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../local/processes.ts'
import { scheduled } from './real-broker.ts'
import {
  origins,
  signInAs,
  startSessionsStage,
  userAgents,
  type SessionsStage,
} from './sessions-stage.ts'

let stage: SessionsStage
let page: Page

const ada = {
  sub: 'ada',
  given: 'Ada',
  family: 'Lovelace',
  userAgent: userAgents.firefox,
  from: { address: '203.0.113.7', city: 'München', country: 'DE' },
}
const grace = {
  sub: 'grace',
  given: 'Grace',
  family: 'Hopper',
  userAgent: userAgents.safari,
  from: { address: '2001:db8::24', city: 'New York', country: 'US' },
}
const emmy = { sub: 'emmy', given: 'Emmy', family: 'Noether' }

const rows = () => page.locator('#rows tr')
const usersOf = () => rows().locator('th').allInnerTexts()
const isApi = (url: URL) => ['/sessions', '/health'].includes(url.pathname)
const status = () => page.getByRole('status')
const trouble = () => page.getByRole('alert')
const button = (name: string | RegExp) => page.getByRole('button', { name })
const textOf = async (name: RegExp): Promise<string> =>
  (await rows().filter({ hasText: name }).innerText()).replaceAll(/\s+/g, ' ').trim()
const headings = () => page.locator('thead th:visible').allInnerTexts()

const until = (text: RegExp): Promise<void> => status().filter({ hasText: text }).waitFor()

const openAs = async (name: string): Promise<void> => {
  page = await stage.visit()
  await signInAs(page, name)
}

const searchFor = async (user: string): Promise<void> => {
  await page.getByLabel('User id').fill(user)
  await page.keyboard.press('Enter')
  await until(/of /)
}

const endOne = async (name: string): Promise<void> => {
  await button(`End session of ${name}`).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End the session' }).click()
}

const listed = async (user: string): Promise<readonly unknown[]> =>
  Object(await stage.invoke('sessions-direct', { action: 'list', user })).value.sessions

afterEach(async () => {
  await page.context().close()
})

describe('where activity is watched and the place recorded', () => {
  beforeAll(async () => {
    stage = await startSessionsStage({
      inactivity_logout: true,
      session_location: true,
      edge: 'cloudfront',
    })
    stage.goTo(41)
    await stage.start(ada)
    stage.goTo(27)
    await stage.use(ada)
    stage.goTo(14)
    await stage.use(ada)
    stage.goTo(10)
    await stage.start(grace)
    stage.goTo(3)
    await stage.use(ada)
    stage.goTo(1)
    await stage.start(emmy)
    stage.goTo(0)
  })

  afterAll(() => stage.close())

  it('shows who is there, since when, last active, with which device, from where, and how long', async () => {
    await openAs('Joan Clarke')
    await until(/3 sessions/)
    if (process.env['UPDATE_SCREENSHOTS']) {
      await page.setViewportSize({ width: 1280, height: 480 })
      await page.screenshot({ path: join(root, 'docs/sessions-page.png') })
    }

    expect((await headings()).join()).toBe('User,Since,Last active,Device,From,Time left,State,End')
    expect(await textOf(/ada/)).toMatch(
      /^Ada Lovelace ada .*\d\d:\d\d \d+ min ago Firefox 143 on Linux München, DE 203\.0\.113\.7 1\d min( \d+ s)? Active End …$/,
    )
    expect(await textOf(/grace/)).toMatch(
      /1\d min ago Safari 18 on iOS, phone New York, US 2001:db8::24 \d+ (min|s).* Active/,
    )
    expect(await textOf(/emmy/)).toContain('Chrome 140 on Windows 127.0.0.1 1')
    expect(page.url()).toBe(`${origins.page}/sessions/`)
    const instant = await rows().first().locator('time').first().getAttribute('title')
    expect(instant).toMatch(/\d{4}-\d\d-\d\dT[\d:.]+Z/)
  })

  it('ends a session of which nothing can be read any more', async () => {
    await stage.start({ sub: 'odd', given: 'Odd', family: 'One' })
    await stage.spoil('odd')
    await openAs('Joan Clarke')
    await until(/4 sessions/)
    const unreadable = await textOf(/odd/)

    await endOne('odd, Unknown')
    await until(/The session of odd is ended here\. Looker has not confirmed/)

    expect(unreadable).toBe('odd – – Unknown – – Unreadable End …')
    expect(await textOf(/odd/)).toMatch(/Ending at Looker$/)
  })

  it('says that the sign-in is over when it is, and goes on after another', async () => {
    await openAs('Joan Clarke')
    await until(/sessions/)
    stage.goTo(-61)

    await button('Refresh').click()
    await trouble().filter({ hasText: 'The API refuses your sign-in' }).waitFor()
    await button('Sign in again').click()
    await page.getByRole('link', { name: 'Joan Clarke' }).click()
    await until(/sessions/)

    expect(await trouble().isVisible()).toBe(false)
  })
})

describe('the Sessions page', () => {
  beforeAll(async () => {
    stage = await startSessionsStage({ session_duration: 1_800 })
    stage.goTo(0)
    for (const person of [{ ...ada, stays: true }, grace, emmy]) await stage.start(person)
  })

  afterAll(() => stage.close())

  it('has no columns for what is not recorded, and says who stays signed in', async () => {
    await openAs('Joan Clarke')
    await until(/3 sessions/)

    expect((await headings()).join()).toBe('User,Since,Device,Time left,State,End')
    expect(await textOf(/ada/)).toMatch(/Linux \d+ d( \d+ h)? stays signed in Active/)
    expect(await textOf(/emmy/)).toMatch(/Windows \d+ min( \d+ s)? Active/)
    expect(await page.locator('#pages').isVisible()).toBe(false)
  })

  it('counts the time down', async () => {
    page = await stage.visit()
    await page.clock.install()
    await signInAs(page, 'Joan Clarke')
    await until(/sessions/)
    const left = rows().first().locator('.left-words')
    const before = await left.innerText()

    await page.clock.runFor(120_000)

    expect(await left.innerText()).not.toBe(before)
  })

  it('ends one session when that is confirmed, and keeps it in sight as ended', async () => {
    await stage.start({ sub: 'maria', given: 'Maria', family: 'Mitchell' })
    await openAs('Joan Clarke')
    await until(/4 sessions/)
    await button('End session of Maria Mitchell').click()
    await button('Keep').click()
    const kept = await listed('maria')

    await endOne('Maria Mitchell')
    await until(/The session of Maria Mitchell is ended\.$/)
    const ended = await textOf(/maria/)
    await button('Refresh').click()
    await until(/3 sessions/)

    expect(kept).toHaveLength(1)
    expect(ended).toMatch(/Ended$/)
    expect(await textOf(/maria/)).toMatch(/Ended$/)
    expect(await listed('maria')).toEqual([])
  })

  it('says that Looker has not confirmed an end, and when it has', async () => {
    await stage.start({ sub: 'lise', given: 'Lise', family: 'Meitner' })
    await openAs('Joan Clarke')
    await until(/4 sessions/)
    const { faults } = stage.looker.state
    faults.set('delete_embed_cookieless_session', { kind: 'status', status: 503 })

    await endOne('Lise Meitner')
    await until(/is ended here\. Looker has not confirmed/)
    const unconfirmed = await textOf(/lise/)
    await button('Refresh').click()
    await until(/4 sessions/)
    const asListed = await textOf(/lise/)
    faults.clear()
    stage.goTo(-2)
    await stage.invoke(scheduled, {})
    await button('Refresh').click()
    await until(/3 sessions/)

    expect(unconfirmed).toMatch(/ – Ending at Looker$/)
    expect(asListed).toMatch(/ – Ending at Looker$/)
    expect(await rows().count()).toBe(3)
  })

  it('finds the sessions of a user, and ends all of them', async () => {
    await stage.start({ sub: 'hedy', userAgent: userAgents.chrome })
    await stage.start({ sub: 'hedy', userAgent: userAgents.safari })
    await openAs('Joan Clarke')
    await until(/sessions/)
    await searchFor('hedy')
    const before = await rows().count()
    await button('End all of hedy').click()
    await button('Keep').click()
    const kept = await listed('hedy')

    await button('End all of hedy').click()
    await page.getByRole('dialog').getByRole('button', { name: 'End all' }).click()
    await until(/All sessions of hedy are ended\.$/)

    expect(before).toBe(2)
    expect(kept).toHaveLength(2)
    expect(await rows().filter({ hasText: 'Ended' }).count()).toBe(2)
    expect(await button('End all of hedy').isVisible()).toBe(false)
    expect(await listed('hedy')).toEqual([])
  })

  it('says that a user has none, and leads back to everybody', async () => {
    await openAs('Joan Clarke')
    await until(/sessions/)

    await searchFor('nobody-of-this-name')
    const empty = await page.locator('#empty').innerText()
    await button('Show everybody').click()
    await until(/^3 sessions$/)

    expect(empty).toContain('nobody-of-this-name has no session now')
    expect(await page.locator('#empty').isVisible()).toBe(false)
  })

  it('refuses somebody who signs in without the right, in words, with a way to sign in again', async () => {
    await openAs('Ada Lovelace')

    await trouble().filter({ hasText: 'may not see sessions' }).waitFor()
    const shown = await rows().count()
    await button('Sign in again').click()
    await page.getByRole('link', { name: 'Joan Clarke' }).click()
    await until(/sessions/)

    expect(shown).toBe(0)
    expect(await trouble().isVisible()).toBe(false)
  })

  it('keeps the token nowhere, so that a reload asks for a sign-in', async () => {
    await openAs('Joan Clarke')
    await until(/sessions/)

    const kept = await page.evaluate(() => [
      localStorage.length,
      sessionStorage.length,
      document.cookie,
    ])
    await page.reload()
    await button('Sign in').waitFor()

    expect(kept).toEqual([0, 0, ''])
    expect(await rows().count()).toBe(0)
  })

  it('pages there and back, and begins anew when the place of a page was edited', async () => {
    for (let index = 0; index < 27; index += 1) await stage.start({ sub: `visitor-${index}` })
    await openAs('Joan Clarke')
    await until(/25 sessions on this page/)
    const first = await usersOf()

    await button('Next').click()
    await until(/^5 sessions$/)
    const second = await usersOf()
    await button('Previous').click()
    await until(/25 sessions/)
    const again = await usersOf()
    await page.route(/cursor=/, (route) => {
      const url = new URL(route.request().url())
      const cursor = url.searchParams.get('cursor') ?? ''
      url.searchParams.set('cursor', `${cursor.slice(0, 40)}${cursor.slice(41)}`)
      return route.continue({ url: url.href })
    })
    await button('Next').click()
    await trouble().filter({ hasText: 'The API does not take this' }).waitFor()
    await page.unrouteAll()
    await button('Load the list again').click()
    await until(/25 sessions/)

    expect(again).toEqual(first)
    expect(new Set([...first, ...second]).size).toBe(30)
    expect(await usersOf()).toEqual(first)
    expect(await trouble().isVisible()).toBe(false)
  })

  it('says when the API cannot be reached, and tries again', async () => {
    page = await stage.visit()
    await page.route(isApi, (route) => route.abort())
    await signInAs(page, 'Joan Clarke')
    await trouble().filter({ hasText: 'cannot be reached' }).waitFor()

    await page.unrouteAll()
    await button('Try again').click()
    await until(/sessions/)

    expect(await rows().count()).toBeGreaterThan(0)
  })

  it('breaks no rule of its own policy, and asks nobody but the API and the issuer', async () => {
    page = await stage.visit()
    const complaints: string[] = []
    const asked = new Set<string>()
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => asked.add(new URL(request.url()).origin))

    await signInAs(page, 'Joan Clarke')
    await until(/sessions/)

    expect(complaints).toEqual([])
    expect([...asked].filter((origin) => origin !== 'null').toSorted()).toEqual(
      [origins.page, origins.broker].toSorted(),
    )
  })
})
