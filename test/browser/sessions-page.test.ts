// The Sessions page that `npm start` serves, in a real browser, against the real functions.
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../local/processes.ts'
import { signInAs, startSessionsStage, userAgents, type SessionsStage } from './sessions-stage.ts'

let stage: SessionsStage
let page: Page

const people = [
  { sub: 'ada', given: 'Ada', family: 'Lovelace' },
  { sub: 'grace', given: 'Grace', family: 'Hopper', userAgent: userAgents.safari },
  { sub: 'emmy', given: 'Emmy', family: 'Noether' },
]

const rows = () => page.locator('#rows tr')
const usersOf = () => rows().locator('th').allInnerTexts()
const isApi = (url: URL) => ['/sessions', '/health'].includes(url.pathname)
const status = () => page.getByRole('status')
const trouble = () => page.getByRole('alert')
const button = (name: string | RegExp) => page.getByRole('button', { name })
const textOf = async (name: RegExp): Promise<string> =>
  (await rows().filter({ hasText: name }).innerText()).replaceAll(/\s+/g, ' ')

const until = (text: RegExp): Promise<void> => status().filter({ hasText: text }).waitFor()

const searchFor = async (user: string): Promise<void> => {
  await page.getByLabel('User id').fill(user)
  await page.keyboard.press('Enter')
  await until(/of /)
}

const listed = async (user: string): Promise<readonly unknown[]> =>
  Object(await stage.invoke('sessionsDirect', { action: 'list', user })).sessions

beforeAll(async () => {
  stage = await startSessionsStage()
  for (const person of people) await stage.start(person)
}, 120_000)

afterAll(() => stage?.close())

afterEach(async () => {
  await page.context().close()
})

describe('the Sessions page', () => {
  it('shows an administrator who is there, since when, with which device, and how long', async () => {
    page = await stage.visit()
    await signInAs(page, 'Joan Clarke')
    await until(/3 sessions/)
    if (process.env['UPDATE_SCREENSHOTS']) {
      await page.screenshot({ path: join(root, 'docs/sessions-page.png') })
    }

    expect(await textOf(/ada/)).toMatch(
      /Ada Lovelace ada \d.* Chrome 140 on Windows .*\d+ (min|h|d).* Active End/,
    )
    expect(await textOf(/grace/)).toContain('Safari 18 on iOS, phone')
    expect(page.url()).toMatch(/\/sessions\/$/)
    const instant = await rows().first().locator('time').first().getAttribute('title')
    expect(instant).toMatch(/\d{4}-\d\d-\d\dT[\d:.]+Z/)
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
    page = await stage.visit()
    await signInAs(page, 'Joan Clarke')
    await until(/4 sessions/)
    await button('End the session of Maria Mitchell').click()
    await button('Keep').click()
    const kept = await listed('maria')

    await button('End the session of Maria Mitchell').click()
    await page.getByRole('dialog').getByRole('button', { name: 'End the session' }).click()
    await until(/The session of Maria Mitchell is ended/)
    const ended = await textOf(/maria/)
    await button('Refresh').click()
    await until(/3 sessions/)

    expect(kept).toHaveLength(1)
    expect(ended).toContain('Ended')
    expect(await textOf(/maria/)).toContain('Ended')
    expect(await listed('maria')).toEqual([])
  })

  it('finds the sessions of a user, and ends all of them', async () => {
    await stage.start({ sub: 'hedy', userAgent: userAgents.chrome })
    await stage.start({ sub: 'hedy', userAgent: userAgents.safari })
    page = await stage.visit()
    await signInAs(page, 'Joan Clarke')
    await until(/sessions/)
    await searchFor('hedy')
    const before = await rows().count()

    await button(/End all of hedy/).click()
    await button('End all').last().click()
    await until(/All sessions of hedy are ended/)

    expect(before).toBeGreaterThan(0)
    expect(await rows().filter({ hasText: 'Ended' }).count()).toBe(before)
    expect(await listed('hedy')).toEqual([])
  })

  it('says that a user has none, and leads back to everybody', async () => {
    page = await stage.visit()
    await signInAs(page, 'Joan Clarke')
    await until(/sessions/)

    await searchFor('nobody-of-this-name')
    const empty = await page.locator('#empty').innerText()
    await button('Show everybody').click()
    await until(/^3 sessions$/)

    expect(empty).toContain('nobody-of-this-name has no session now')
    expect(await page.locator('#empty').isVisible()).toBe(false)
  })

  it('refuses somebody who signs in without the right, in words, with a way to sign in again', async () => {
    page = await stage.visit()
    await signInAs(page, 'Ada Lovelace')

    await trouble().filter({ hasText: 'may not see sessions' }).waitFor()
    const shown = await rows().count()
    await button('Sign in again').click()
    await page.getByRole('link', { name: 'Joan Clarke' }).click()
    await until(/sessions/)

    expect(shown).toBe(0)
    expect(await trouble().isVisible()).toBe(false)
  })

  it('keeps the token nowhere, so that a reload asks for a sign-in', async () => {
    page = await stage.visit()
    await signInAs(page, 'Joan Clarke')
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
    for (let index = 0; index < 25; index += 1) await stage.start({ sub: `visitor-${index}` })
    page = await stage.visit()
    await signInAs(page, 'Joan Clarke')
    await until(/25 sessions on this page/)
    const first = await usersOf()

    await button('Next').click()
    await until(/^3 sessions$/)
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
    expect(new Set([...first, ...second]).size).toBe(28)
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
    const origins = new Set<string>()
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => origins.add(new URL(request.url()).origin))

    await signInAs(page, 'Joan Clarke')
    await until(/sessions/)

    const here = new URL(page.url())
    const api = `https://localhost:${Number(here.port) + 1}`
    expect(complaints).toEqual([])
    expect([...origins].filter((origin) => origin !== 'null').toSorted()).toEqual(
      [here.origin, api].toSorted(),
    )
  })
})
