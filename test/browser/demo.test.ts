// The demo of `npm start`, as somebody would try the session policy there: no waiting for the end of a session.
import { EventEmitter, once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { portsOf, secureLocalhost } from '../../local/addresses.ts'
import { endChild, root, startBroker, type Child } from '../local/processes.ts'
import { startBrowser, type Browser } from './browser.ts'
import { signInAs } from './sessions-stage.ts'

let child: Child | undefined
const browsers: Browser[] = []
let address: string

beforeAll(async () => {
  // It serves all tests of this file, and a busy machine takes its time for them.
  const running = await startBroker(/^Ready: /m, { withinMs: 600_000 })
  child = running.child
  address = secureLocalhost(portsOf({ PORT: String(running.port) }).demo)
})

afterEach(async () => {
  for (const { close } of browsers.splice(0)) await close()
})

afterAll(async () => {
  if (child) await endChild(child)
})

const withinMs = 30_000

/** In a browser that nobody has signed in with. */
const open = async (path = ''): Promise<Page> => {
  const browser = await startBrowser(0)
  browsers.push(browser)
  const page = await browser.context.newPage()
  await page.setViewportSize({ width: 1280, height: 860 })
  await page.goto(`${address}${path}`)
  return page
}

const assertLive = async (page: Page): Promise<void> => {
  await expect
    .poll(() => page.frameLocator('iframe').locator('#state').textContent(), { timeout: withinMs })
    .toBe('live')
}

it('warns, extends, and ends with its reason and a new sign-in', async () => {
  const page = await open()
  await page.locator('[data-person]').first().click()
  await assertLive(page)

  await page.click('#near-end')

  await page.waitForSelector('#warning:not([hidden])', { timeout: withinMs })
  expect(await page.textContent('#warning-left')).toMatch(/^1:5\d$/)
  if (process.env['UPDATE_SCREENSHOTS'] === '1') {
    await page.evaluate(() => scrollTo(0, 0))
    await writeFile(join(root, 'docs/demo-warning.png'), await page.screenshot())
  }

  await page.click('#extend')

  await page.waitForSelector('#warning', { state: 'hidden', timeout: withinMs })
  await page.click('#skip')
  await assertLive(page)
  await page.click('#near-end')
  await page.waitForSelector('#warning:not([hidden])', { timeout: withinMs })

  await page.click('#skip')

  await page.waitForSelector('#notice:not([hidden])', { timeout: withinMs })
  expect(await page.textContent('#notice-text')).toBe('Your session reached its end.')
  expect(await page.textContent('#next')).toBe('Sign in again')
  expect(await page.locator('#warning').isHidden()).toBe(true)

  await page.click('#next')

  await assertLive(page)
  expect(await page.locator('#notice').isHidden()).toBe(true)
})

/** Requests of this method and path wait, as on a slow way to the broker. Preflights do not. */
const hold = async (page: Page, method: string, path: string) => {
  const held = new EventEmitter()
  const isHeld = once(held, 'held')
  const mayGo = once(held, 'go')
  await page.route(`**${path}`, async (route) => {
    if (route.request().method() === method) {
      held.emit('held')
      await mayGo
    }
    await route.continue()
  })
  return { isHeld, letGo: () => held.emit('go') }
}

/** The clocks of broker and Looker, and with them the ends of sign-in tokens: those live five minutes. */
const jump = (page: Page, seconds: number) =>
  page.evaluate(async (body) => {
    const answer = await fetch('/skip', { method: 'POST', body })
    if (!answer.ok) throw new Error(`The answer is ${answer.status}`)
  }, JSON.stringify({ seconds }))

const log = (page: Page) => page.locator('#log').textContent()

it('asks again where a sign-in token ended on the way, as the gateway’s refusal cannot be read', async () => {
  const page = await open()
  const { isHeld, letGo } = await hold(page, 'GET', '/embed-session')
  await page.locator('[data-person]').first().click()
  await assertLive(page)
  await isHeld

  await jump(page, 600)
  letGo()

  await expect.poll(() => page.textContent('#state'), { timeout: withinMs }).toMatch(/^active/)
  expect(await log(page)).toContain('GET /embed-session: no answer')
  expect(await log(page)).not.toContain('failed')
  expect(await page.locator('#notice').isHidden()).toBe(true)
})

it('raises no alarm while only the panel’s own questions fail', async () => {
  const page = await open()
  await page.route('**/embed-session', (route) => route.abort())
  await page.locator('[data-person]').first().click()
  await assertLive(page)

  await expect
    .poll(() => log(page), { timeout: withinMs })
    .toContain('Asking how the session stands failed')

  await expect.poll(() => page.textContent('#status'), { timeout: withinMs }).toBe('Live')
  expect(await page.locator('#notice').isHidden()).toBe(true)
})

it('says the end, and not what became of a call that was under way', async () => {
  const page = await open()
  await page.locator('[data-person]').first().click()
  await assertLive(page)
  await page.click('#near-end')
  await page.waitForSelector('#warning:not([hidden])', { timeout: withinMs })
  const { isHeld, letGo } = await hold(page, 'POST', '/embed-session/extend')
  await page.click('#extend')
  await isHeld

  await page.click('#skip')
  await page.waitForSelector('#notice:not([hidden])', { timeout: withinMs })
  letGo()
  await expect.poll(() => log(page), { timeout: withinMs }).toContain('Extending failed')

  expect(await page.textContent('#notice-text')).toBe('Your session reached its end.')
  expect(await page.textContent('#next')).toBe('Sign in again')
  expect(await page.textContent('#status')).toBe('Ended')
})

it('takes back what it said of an extension that failed, once another try succeeds', async () => {
  const page = await open()
  await page.locator('[data-person]').first().click()
  await assertLive(page)
  await page.click('#near-end')
  await page.waitForSelector('#warning:not([hidden])', { timeout: withinMs })
  await page.route('**/embed-session/extend', (route) => route.abort())
  await page.click('#extend')
  await page.waitForSelector('#notice:not([hidden])', { timeout: withinMs })
  await page.unroute('**/embed-session/extend')

  await page.click('#extend')

  await page.waitForSelector('#notice', { state: 'hidden', timeout: withinMs })
  expect(await page.locator('#warning').isHidden()).toBe(true)
})

it('keeps the choice to stay signed in for the next load', async () => {
  const page = await open()
  await page.check('#stay')
  await page.locator('[data-person]').first().click()

  await assertLive(page)

  const cookies = await page.context().cookies()
  const key = cookies.find(({ name }) => name === '__Host-looker-device')
  expect(key?.expires).toBeGreaterThan(Date.now() / 1000 + 86_400)
  await page.reload()
  await assertLive(page)
  expect(await page.isChecked('#stay')).toBe(true)
})

it('has a Sessions page, on which an administrator ends the session of the demo', async () => {
  const demo = await open()
  await demo.locator('[data-person=grace]').click()
  await assertLive(demo)
  const page = await open('/sessions/')
  await signInAs(page, 'Joan Clarke')

  await page.getByRole('button', { name: 'End session of Grace Hopper' }).click()
  await page.getByRole('button', { name: 'End the session' }).click()
  await page
    .getByRole('status')
    .filter({ hasText: 'The session of Grace Hopper is ended' })
    .waitFor()
  await demo.click('#skip')

  await demo.waitForSelector('#notice:not([hidden])', { timeout: withinMs })
  expect(await demo.textContent('#notice-text')).toMatch(/administrator/)
})
