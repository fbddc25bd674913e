// The session policy as a user meets it in a browser: warned, extended, logged out, staying, one device at a time.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { scheduled } from './real-broker.ts'
import {
  signIn,
  startStage,
  type Form,
  type Stage,
  type StageBrowser,
  type StageOptions,
  type Visit,
} from './stage.ts'

let stage: Stage
let browser: StageBrowser

afterEach(() => stage.close())

const minutes = (count: number) => count * 60_000

const open = async (session_policy: object, options: StageOptions = {}) => {
  const user = { external_user_id: { claim: 'sub' } }
  stage = await startStage({ ...options, tenant: { ...options.tenant, user, session_policy } })
  browser = await stage.browser()
}

const connected = async (form: Form = 'helper', from = browser) => {
  const visit = await from.visit(form, 'ada')
  await visit.connect()
  await assertLive(visit)
  return visit
}

const assertLive = async (visit: Visit) => {
  await expect.poll(() => visit.shows('api-call')).toMatch(/^accepted/)
  expect(await visit.shows('state')).toBe('live')
}

const assertEnded = async (visit: Visit, reason: string) => {
  await expect.poll(() => visit.shows('state')).toMatch(/^expired/)
  await expect.poll(visit.told).toContain(`ended ${reason}`)
}

const reload = async (visit: Visit) => {
  await visit.page.reload()
  await visit.connect()
}

const otherUserAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'

describe('a session of ten minutes', () => {
  it('warns two minutes before its end; extended, its frame lives past the first end', async () => {
    await open({ session_duration: 600 })
    const visit = await connected()

    await stage.advance(minutes(7.8))
    const early = await visit.told()
    await stage.advance(minutes(0.5))
    await expect.poll(visit.told).toContain('warning end')
    await visit.extend()
    await expect.poll(async () => (await visit.told()).at(-1)).toBe('live')
    await stage.advance(minutes(5))

    expect(early).not.toContain('warning end')
    await assertLive(visit)
    expect(stage.looker.counts()).toMatchObject({ embedSessionsStarted: 1, embedSessionsEnded: 0 })
  })

  it('ends in its page and at Looker, and a reload needs a new sign-in', async () => {
    await open({ session_duration: 600 })
    const visit = await connected()

    await stage.advance(minutes(10.5))

    await assertEnded(visit, 'expired')
    await stage.invoke(scheduled, {})
    expect(stage.looker.state.embed.sessions.countLive()).toBe(0)
    await expect(reload(visit)).rejects.toThrow('A new sign-in is needed')
    expect(await visit.page.locator('iframe').count()).toBe(0)

    await signIn(visit.page, 'ada')
    await reload(visit)

    await assertLive(visit)
    expect(stage.looker.counts().embedSessionsStarted).toBe(2)
  })
})

/** What happens in the frame, the page cannot see. */
const useBesideFrame = async ({ page }: Visit) => {
  await page.mouse.move(2, 2)
  await page.mouse.move(4, 4)
}

describe('inactivity', () => {
  it('logs two tabs of one browser out at once, and leaves another browser that is used', async () => {
    const many = {
      embed: { sessionsPerUser: 'many' },
      tenant: { sessions_per_user: 'many' },
    } as const
    await open({ inactivity_logout: true }, many)
    const tabs = [await connected(), await connected()] as const
    const other = await stage.browser({ userAgent: otherUserAgent })
    const used = await connected('helper', other)

    await stage.advance(minutes(5))
    // In the first tab alone, and for both: a browser has one user.
    await useBesideFrame(tabs[0])
    await stage.advance(minutes(5))
    await useBesideFrame(used)
    await stage.advance(minutes(6))
    for (const tab of tabs) await assertLive(tab)
    await useBesideFrame(used)
    await stage.advance(minutes(2.5))
    for (const tab of tabs) await expect.poll(tab.told).toContain('warning inactivity')
    const warned = await Promise.all(tabs.map((tab) => tab.told()))
    await stage.advance(minutes(2))

    for (const tab of tabs) await assertEnded(tab, 'inactive')
    expect(warned.flat().join()).not.toContain('ended')
    await assertLive(used)
    expect((await used.told()).join()).not.toMatch(/warning|ended/)
  })

  it.each([
    ['the pointer on the page', (visit: Visit) => visit.page.mouse.move(4, 4)],
    ['a key', (visit: Visit) => visit.page.keyboard.press('Tab')],
    [
      'the focus of the frame',
      (visit: Visit) => visit.page.frameLocator('iframe').locator('body').click(),
    ],
  ])('is ended by %s, which lifts the warning', async (_, use) => {
    await open({ inactivity_logout: true })
    const visit = await connected()
    await stage.advance(minutes(13.5))
    await expect.poll(visit.told).toContain('warning inactivity')

    await use(visit)
    await stage.advance(10_000)

    await expect.poll(async () => (await visit.told()).at(-1)).toBe('live')
    await stage.advance(minutes(5))
    await assertLive(visit)
  })
})

const restarted = async (form: Form) => {
  const profile = await mkdtemp(join(tmpdir(), 'profile-'))
  try {
    await open({ session_duration: 1_800 })
    const first = await stage.browser({ profile })
    await connected(form, first)
    await first.close()
    await stage.advance(minutes(5))
    const second = await stage.browser({ profile })
    await connected(form, second)
    await second.close()
    return stage.looker.counts()
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

describe('after a restart of the browser', () => {
  it('who stays signed in has the session that lives', async () => {
    expect(await restarted('helper?stay=true')).toMatchObject({
      embedSessionsStarted: 1,
      embedSessionsJoined: 1,
    })
  })

  it('who does not has another', async () => {
    expect(await restarted('helper?stay=false')).toMatchObject({ embedSessionsStarted: 2 })
  })

  it('who stays is there after the usual duration', async () => {
    await open({ session_duration: 600 })
    const visit = await connected('helper?stay=true')

    await stage.advance(minutes(15))

    await assertLive(visit)
    expect(await visit.told()).not.toContain('warning end')
  })
})

describe('one browser at a time', () => {
  it('a sign-in in a second ends the frame of the first, and leaves the second alone', async () => {
    const many = {
      embed: { sessionsPerUser: 'many' },
      tenant: { sessions_per_user: 'many' },
    } as const
    await open({ concurrent_sessions: false }, many)
    const first = await connected()
    const other = await stage.browser({ userAgent: otherUserAgent })
    const second = await connected('helper', other)

    await stage.advance(minutes(10))

    await assertEnded(first, 'replaced')
    await assertLive(second)
    expect(stage.looker.state.embed.sessions.countLive()).toBe(1)
    await expect(reload(first)).rejects.toThrow('A new sign-in is needed')
    await assertLive(second)
  })
})
