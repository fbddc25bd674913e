// What the page tells of its user's activity: seldom, and one tab for all.
import { describe, expect, it } from 'vitest'
import { createActivity, reportAtMs } from '../../lib/browser/activity.ts'
import {
  acquire,
  acquired,
  activity,
  createBrowserStore,
  createPage,
  createSdk,
  generate,
  json,
  state,
  tokens,
} from './page.ts'

const brokerIso = (seconds: number) => new Date(Date.UTC(2031, 0, 1) + seconds * 1000).toISOString()

const living = (idleSeconds: number | null = 900) => ({
  state: 'active',
  ends_at: brokerIso(idleSeconds ?? 900),
  ends_in: idleSeconds ?? 900,
  warn_at: brokerIso((idleSeconds ?? 900) - 120),
  warns: idleSeconds === null ? 'end' : 'inactivity',
  idle_ends_at: idleSeconds === null ? null : brokerIso(idleSeconds),
})

const openPage = async (answer: object = living(), store = createBrowserStore()) => {
  const page = createPage(
    {
      [acquire]: json(acquired(1)),
      [generate]: json(tokens(2)),
      [state]: json(answer),
      [activity]: json(answer),
    },
    {},
    store,
  )
  const sdk = createSdk()
  await page.session.connect(sdk.options)
  await page.advance(2_000)
  return {
    ...page,
    frame: sdk.frames[0],
    reports: () => page.callsOf('/embed-session/activity').map(({ body }) => body),
  }
}

describe('when a report is due', () => {
  it.each([
    ['at once after a silence', { activeAtMs: 100, knownAtMs: 0, toldAtMs: -60_000 }, 100],
    ['60 s after the last one', { activeAtMs: 100, knownAtMs: 0, toldAtMs: 50 }, 60_050],
    ['never, if it is known', { activeAtMs: 100, knownAtMs: 100, toldAtMs: 50 }, undefined],
    [
      'never, without activity',
      { activeAtMs: -Infinity, knownAtMs: -Infinity, toldAtMs: 0 },
      undefined,
    ],
  ])('%s', (_, seen, expected) => {
    expect(reportAtMs(seen)).toBe(expected)
  })
})

describe('activity', () => {
  it('is reported at once after a silence, then at most once in 60 s, as idle seconds', async () => {
    const page = await openPage()

    await page.use()
    await page.advance(10_000)
    await page.use()
    await page.advance(10_000)
    await page.use()
    const early = page.reports()
    await page.advance(41_000)

    expect(early).toEqual([{ idle_seconds: 0 }])
    expect(page.reports()).toEqual([{ idle_seconds: 0 }, { idle_seconds: 40 }])
  })

  it('is not reported where nobody is logged out for want of it', async () => {
    const page = await openPage(living(null))

    await page.use()
    await page.advance(120_000)

    expect(page.reports()).toEqual([])
  })

  it('before the broker said that it needs it is reported then', async () => {
    const page = createPage({
      [acquire]: json(acquired(1)),
      [state]: json(living()),
      [activity]: json(living()),
    })
    await page.session.acquire()
    await page.use()
    const early = page.callsOf('/embed-session/activity')

    await page.advance(5_000)

    expect(early).toEqual([])
    expect(page.callsOf('/embed-session/activity')).toHaveLength(1)
  })

  it('is not what the page itself does: token requests and their answers', async () => {
    const page = await openPage()

    await page.session.generate(tokens(1))
    await page.advance(20 * 60_000)

    expect(page.reports()).toEqual([])
  })

  it.each(['page:changed', 'dashboard:run:start', 'drillmenu:click', 'explore:run:start'])(
    'is what a user does in a frame: %s, but not as the frame opens',
    async (name) => {
      const page = await openPage()

      if (name !== 'drillmenu:click') page.frame?.raise(name)
      await page.settle()
      const opening = page.reports()
      page.frame?.raise(name)
      await page.settle()

      expect(opening).toEqual([])
      expect(page.reports()).toEqual([{ idle_seconds: 0 }])
    },
  )

  it.each(['session:tokens:request', 'session:token:request', 'env:client:dialog'])(
    'is not what a frame does by itself: %s',
    async (name) => {
      const page = await openPage()

      page.frame?.raise(name)
      page.frame?.raise(name)
      await page.settle()

      expect(page.reports()).toEqual([])
    },
  )

  it('of several tabs is reported by one', async () => {
    const store = createBrowserStore()
    const one = await openPage(living(), store)
    const other = await openPage(living(), store)

    await one.use()
    await one.advance(5_000)
    await other.advance(5_000)
    await other.use()
    await other.advance(30_000)
    await one.advance(30_000)
    const early = [one.reports(), other.reports()]
    await other.advance(31_000)
    await one.advance(31_000)

    expect(early).toEqual([[{ idle_seconds: 0 }], []])
    expect(other.reports()).toEqual([{ idle_seconds: 55 }])
    expect(one.reports()).toHaveLength(1)
  })

  it('that could not be reported is reported a minute later', async () => {
    const page = await openPage()
    page.answer(activity, json({}, 503))
    await page.use()
    page.answer(activity, json(living()))

    await page.advance(61_000)

    expect(page.reports()).toEqual([{ idle_seconds: 0 }, { idle_seconds: 60 }])
  })

  it('lifts a warning of inactivity', async () => {
    const page = await openPage(living(100))
    page.answer(activity, json(living(900)))

    await page.use()

    expect(page.changes.map((change) => change.state)).toEqual(['live', 'warning', 'live'])
  })

  it('that comes after the end shows the end', async () => {
    const page = await openPage()
    page.answer(activity, json({ type: 'urn:x:not-found' }, 404))
    page.answer(state, json({ state: 'ended', reason: 'inactive', sign_in_required: true }))

    await page.use()

    expect(page.changes.at(-1)).toEqual({
      state: 'ended',
      reason: 'inactive',
      signInRequired: true,
    })
    await page.advance(300_000)
    expect(page.reports()).toHaveLength(1)
  })
})

/** One tab, without the rest of the helper. Its reports wait for their answers. */
const watch = () => {
  let nowAtMs = 0
  let isNeeded = true
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>()
  const reports: { readonly idle: number; readonly fail: () => void }[] = []
  const activityOfTab = createActivity({
    surroundings: {
      now: () => nowAtMs,
      setTimer: (run, ms) => {
        const timer = { atMs: nowAtMs + ms, run }
        timers.add(timer)
        return () => timers.delete(timer)
      },
    },
    isNeeded: () => isNeeded,
    report: (idle) =>
      new Promise((_, reject) => {
        reports.push({ idle, fail: () => reject(new Error('away')) })
      }),
    tellOthers: () => {},
  })
  return {
    ...activityOfTab,
    reports,
    timers: () => timers.size,
    need: (needed: boolean) => {
      isNeeded = needed
    },
    advance: async (ms: number) => {
      nowAtMs += ms
      for (const timer of [...timers].filter(({ atMs }) => atMs <= nowAtMs)) {
        timers.delete(timer)
        timer.run()
      }
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('the reports of a tab', () => {
  it('wait by one timer, however often somebody moves the pointer', async () => {
    const tab = watch()
    tab.note()
    await tab.advance(1_000)

    for (let move = 0; move < 100; move++) tab.note()

    expect(tab.timers()).toBe(1)
    expect(tab.reports).toHaveLength(1)
  })

  it('tell of a day at most, for the broker takes no more', async () => {
    const tab = watch()
    tab.need(false)
    tab.note()
    await tab.advance(100_000_000)
    tab.need(true)

    tab.review()

    expect(tab.reports.map(({ idle }) => idle)).toEqual([86_400])
  })

  it('tell of whole seconds that are over', async () => {
    const tab = watch()
    tab.need(false)
    tab.note()
    await tab.advance(1_999)
    tab.need(true)

    tab.review()

    expect(tab.reports.map(({ idle }) => idle)).toEqual([1])
  })

  it('are repeated a minute after a failure, though nothing else happens', async () => {
    const tab = watch()
    tab.note()

    tab.reports[0]?.fail()
    await tab.advance(0)
    await tab.advance(60_000)

    expect(tab.reports.map(({ idle }) => idle)).toEqual([0, 60])
  })

  it('are not repeated after a failure, when another tab told of later activity meanwhile', async () => {
    const tab = watch()
    tab.note()
    await tab.advance(5_000)
    tab.heard(4_000)

    tab.reports[0]?.fail()
    await tab.advance(120_000)

    expect(tab.reports).toHaveLength(1)
  })

  it('are not repeated because another tab tells of earlier activity', async () => {
    const tab = watch()
    await tab.advance(10_000)
    tab.note()
    tab.heard(5_000)

    tab.review()
    await tab.advance(120_000)

    expect(tab.reports).toHaveLength(1)
  })
})
