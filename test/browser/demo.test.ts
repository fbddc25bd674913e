// The demo of `npm start`, as somebody would try the session policy there: no waiting for the end of a session.
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
  const running = await startBroker(/^Ready: /m)
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
  // A jump ends the sign-in tokens of calls that are under way, so the next one waits for the answer to the last.
  const renewed = page.waitForResponse(/generate-embed-tokens/, { timeout: withinMs })
  await page.click('#skip')
  await renewed
  await assertLive(page)
  await page.click('#near-end')
  await page.waitForSelector('#warning:not([hidden])', { timeout: withinMs })

  await page.click('#skip')

  // A call that was under way as the clock moved may fail first, with a sign-in token that is over.
  await page.waitForSelector('#notice:not([hidden]) >> text="Your session reached its end."', {
    timeout: withinMs,
  })
  expect(await page.textContent('#next')).toBe('Sign in again')
  expect(await page.locator('#warning').isHidden()).toBe(true)

  await page.click('#next')

  await assertLive(page)
  expect(await page.locator('#notice').isHidden()).toBe(true)
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
