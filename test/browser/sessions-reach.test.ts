// Who can use the Sessions page: by keyboard alone, on a phone, in the dark, and with a screen reader.
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  origins,
  signInAs,
  startSessionsStage,
  userAgents,
  type SessionsStage,
} from './sessions-stage.ts'

let stage: SessionsStage
let page: Page

const people = [
  { sub: 'ada', given: 'Ada', family: 'Lovelace', userAgent: userAgents.firefox },
  { sub: 'grace', given: 'Grace', family: 'Hopper', userAgent: userAgents.safari },
  { sub: 'emmy', given: 'Emmy', family: 'Noether' },
  {
    sub: `auth0|${'0123456789abcdef'.repeat(5)}@customers.example.com`,
    given: 'Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren',
    family: 'Featherstonehaugh-Cholmondeley von und zu Hohenlohe-Langenburg',
    from: {
      address: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
      city: 'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch',
      country: 'GB',
    },
  },
  { sub: 'odd' },
  { sub: 'lise', given: 'Lise', family: 'Meitner' },
]

const status = () => page.getByRole('status')
const until = (text: RegExp): Promise<void> => status().filter({ hasText: text }).waitFor()

const policy = { inactivity_logout: true, session_location: true, edge: 'cloudfront' }

const open = async (): Promise<void> => {
  page = await stage.visit()
  await signInAs(page, 'Joan Clarke')
  await until(/sessions/)
}

/** What has the focus: its name, and whether that can be seen. */
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement
    if (!(element instanceof HTMLElement)) return { name: '', isSeen: false }
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const name = element.ariaLabel ?? (element.textContent.trim() || element.id)
    return { name, isSeen: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 }
  })

/** By the tab key alone; what it passed on the way. */
const tabTo = async (name: string) => {
  const passed: { readonly name: string; readonly isSeen: boolean }[] = []
  while (passed.at(-1)?.name !== name) {
    if (passed.length > 80) throw new Error(`The tab key does not lead to ${name}.`)
    await page.keyboard.press('Tab')
    passed.push(await focused())
  }
  return passed
}

describe('by keyboard alone', () => {
  beforeAll(async () => {
    stage = await startSessionsStage(policy)
    stage.goTo(1)
    for (const person of people.slice(0, 3)) await stage.start(person)
    stage.goTo(0)
    for (let index = 0; index < 24; index += 1) await stage.start({ sub: `visitor-${index}` })
  })

  afterEach(() => page.context().close())

  afterAll(() => stage.close())

  it('somebody signs in, looks, ends a session and goes on with the next', async () => {
    page = await stage.visit()
    await tabTo('Sign in')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Joan Clarke' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await until(/25 sessions/)

    const passed = await tabTo('End session of Ada Lovelace, Firefox 143 on Linux')
    await page.keyboard.press('Enter')
    const asked = await focused()
    await page.keyboard.press('Escape')
    const escaped = await focused()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    const confirming = await focused()
    await page.keyboard.press('Enter')
    await until(/The session of Ada Lovelace is ended/)

    expect(passed.filter(({ isSeen }) => !isSeen)).toEqual([])
    expect(passed.map(({ name }) => name).slice(0, 4)).toEqual(['user', 'Search', 'Refresh', 'ada'])
    expect(asked).toEqual({ name: 'Keep', isSeen: true })
    expect(escaped.name).toBe('End session of Ada Lovelace, Firefox 143 on Linux')
    expect(confirming).toEqual({ name: 'End the session', isSeen: true })
    expect((await focused()).name).toBe('End session of Grace Hopper, Safari 18 on iOS, phone')
  })

  it('the focus stays where its user is when what it was on goes away', async () => {
    await open()

    await tabTo('grace')
    await page.keyboard.press('Enter')
    await until(/1 session of grace/)
    const searched = await focused()
    await page.keyboard.press('Enter')
    await until(/25 sessions/)
    const back = await focused()
    await tabTo('Refresh')
    await page.keyboard.press('Enter')
    await until(/25 sessions/)

    expect(searched.name).toBe('Show everybody')
    expect(back.name).toBe('user')
    expect((await focused()).name).toBe('Refresh')
  })

  it('the last page leaves the way back, and a failure the way on', async () => {
    await open()

    await tabTo('Next')
    await page.keyboard.press('Enter')
    await until(/^\d sessions?$/)
    const last = await focused()
    await page.keyboard.press('Enter')
    await until(/25 sessions/)
    const first = await focused()
    await page.route(`${origins.broker}/**`, (route) => route.abort())
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).focus()
    await page.keyboard.press('Enter')
    await until(/^\d sessions?$/)

    expect(last.name).toBe('Previous')
    expect(first.name).toBe('Next')
    expect((await focused()).name).toBe('Refresh')
  })

  it('who keeps a session and ends it after all is heard, however quick', async () => {
    await open()
    await page.getByRole('button', { name: /^End session of Grace Hopper/ }).evaluate((end) => {
      // Within one task: the dialog has not yet told that it was closed when it is opened again.
      for (const element of [end, document.querySelector('#confirm-no'), end]) {
        if (element instanceof HTMLElement) element.click()
      }
    })

    await page.keyboard.press('Tab')
    const confirming = await focused()
    await page.keyboard.press('Enter')
    await until(/The session of Grace Hopper is ended/)

    expect(confirming.name).toBe('End the session')
  })
})

/** Texts whose contrast with what is behind them is less than WCAG 2.2 asks for (1.4.3). */
const faint = () =>
  page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    if (canvas === null) throw new Error('no canvas')
    const parse = (color: string) => {
      canvas.clearRect(0, 0, 1, 1)
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
      const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data
      return { channels: [red, green, blue], alpha }
    }
    const luminance = (color: string): number => {
      const [red = 0, green = 0, blue = 0] = parse(color)
        .channels.map((channel) => channel / 255)
        .map((value) => (value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const behind = (element: Element | null): string => {
      if (element === null) throw new Error('nothing is painted behind')
      const { backgroundColor } = getComputedStyle(element)
      return parse(backgroundColor).alpha === 255 ? backgroundColor : behind(element.parentElement)
    }
    const contrast = (element: Element): number => {
      const [one, other] = [getComputedStyle(element).color, behind(element)].map(luminance)
      const [light = 0, dark = 0] = [one ?? 0, other ?? 0].toSorted((a, b) => b - a)
      return (light + 0.05) / (dark + 0.05)
    }
    const all = [...document.querySelectorAll('body *')].filter(
      (element) =>
        element.checkVisibility() &&
        !element.matches(':disabled') &&
        [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue?.trim()),
    )
    return {
      count: all.length,
      ground: luminance(behind(document.body)),
      faint: all
        .filter((element) => contrast(element) < 4.5)
        .map((element) => `${element.textContent}: ${contrast(element).toFixed(2)}`),
    }
  })

const widths = [360, 768, 1_120, 1_280]

describe('whatever shows it', () => {
  beforeAll(async () => {
    stage = await startSessionsStage(policy)
    stage.goTo(2)
    for (const person of people) await stage.start(person)
    await stage.spoil('odd')
    stage.goTo(1)
    const { faults } = stage.looker.state
    faults.set('delete_embed_cookieless_session', { kind: 'status', status: 503 })
    await stage.invoke('sessions-direct', { action: 'end-all', user: 'lise' })
    faults.clear()
    stage.goTo(0)
    await open()
  })

  afterAll(() => stage.close())

  it.each(widths)('%d wide, nothing has to be scrolled sideways', async (width) => {
    await page.setViewportSize({ width, height: 800 })

    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter((element) => element.checkVisibility() && !element.matches('.unseen, thead *'))
        .filter((element) => element.getBoundingClientRect().right > innerWidth)
        .map((element) => `${element.tagName} ${element.textContent}`),
    )
    const { scrolled, shown } = await page.evaluate(() => ({
      scrolled: document.documentElement.scrollWidth,
      shown: innerWidth,
    }))

    expect(wide).toEqual([])
    expect(scrolled).toBeLessThanOrEqual(shown)
  })

  it('each value of a row stands beside its heading on a phone', async () => {
    await page.setViewportSize({ width: 360, height: 800 })
    const cells = page.locator('#rows tr', { hasText: 'Ada Lovelace' }).locator('td[data-label]')

    const told = await cells.evaluateAll((all) =>
      all.map((cell) => ({
        label: getComputedStyle(cell, '::before').content,
        isBeside: [...cell.children].every(
          (value) => value.getBoundingClientRect().left >= cell.getBoundingClientRect().left + 90,
        ),
      })),
    )

    expect(told).toEqual(
      ['Since', 'Last active', 'Device', 'From', 'Time left', 'State'].map((label) => ({
        label: `"${label}"`,
        isBeside: true,
      })),
    )
  })

  it.each(widths)('%d wide, it is a table to a screen reader', async (width) => {
    await page.setViewportSize({ width, height: 800 })
    const session = await page.context().newCDPSession(page)

    const { nodes } = await session.send('Accessibility.getFullAXTree')

    const count = (role: string) =>
      nodes.filter((node) => !node.ignored && node.role?.value === role).length
    expect({
      tables: count('table'),
      rows: count('row'),
      columns: count('columnheader'),
      headings: count('rowheader'),
      cells: count('cell'),
    }).toEqual({ tables: 1, rows: 7, columns: 8, headings: 6, cells: 6 * 7 })
    // Chromium knows by itself; other browsers have taken such a table for a layout.
    expect(await page.locator('table [role]').count()).toBe(2 + 7 + 8 + 6 + 6 * 7)
  })

  it.each(['light', 'dark'] as const)(
    'in %s colours, every text can be read: the list, a question, a trouble',
    async (colorScheme) => {
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.emulateMedia({ colorScheme })
      const list = await faint()
      await page.getByRole('button', { name: 'End session of Ada' }).click()
      const question = await faint()
      await page.getByRole('button', { name: 'Keep' }).click()
      await page.route(`${origins.broker}/**`, (route) => route.abort())
      await page.getByRole('button', { name: 'Refresh' }).click()
      await page.getByRole('alert').waitFor()
      const trouble = await faint()
      await page.unrouteAll()
      await page.getByRole('button', { name: 'Try again' }).click()
      await until(/6 sessions/)

      expect(list.count).toBeGreaterThan(40)
      expect(list.ground > 0.5).toBe(colorScheme === 'light')
      expect(question.count).toBeGreaterThan(list.count)
      for (const shown of [list, question, trouble]) expect(shown.faint).toEqual([])
    },
  )
})
