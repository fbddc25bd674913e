// A user whose role changed at the identity provider, and pages of foreign origins: who gets which
// permissions in whose frame, and what old tabs and old sign-in tokens can still do.
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { partitionOf } from '../../lib/embed/session-key.ts'
import { instance } from '../scenarios/fleet.ts'
import { hosts, startStage, type Stage, type StageOptions, type Visit } from './stage.ts'

let stage: Stage

afterEach(() => stage.close())

const permissions = { viewer: ['access_data'], analyst: ['access_data', 'explore'] }

const roles = {
  claim: 'role',
  values: {
    viewer: { permissions: permissions.viewer, user_attributes: { tier: 'viewers' } },
    analyst: { permissions: permissions.analyst, user_attributes: { tier: 'analysts' } },
  },
}

const started = async ({ tenant, ...options }: StageOptions = {}) => {
  stage = await startStage({ ...options, tenant: { roles, ...tenant } })
  return stage.browser()
}

const minutes = (count: number) => count * 60_000

const connected = async (visit: Visit, frame = 0): Promise<Visit> => {
  await visit.connect()
  await expect.poll(() => visit.shows('api-call', frame)).toMatch(/^accepted/)
  return visit
}

/** What the frame shows of its user, as Looker keeps it for the session. */
const tierOf = async ({ page }: Visit, frame = 0): Promise<string | undefined> => {
  const text = await page.frameLocator('iframe').nth(frame).locator('body').textContent()
  return /"tier":"(\w+)"/.exec(text ?? '')?.[1]
}

const permissionsAtLooker = () => stage.looker.state.embed.users.find('ada')?.profile.permissions

const records = () => stage.table.standing.listOfUser(partitionOf(instance, 'ada'))

const tokenNow = () =>
  stage.provider.tokenFor({
    user: 'ada',
    atSeconds: Math.floor(stage.looker.clock.now() / 1000),
  })

/** Some time later; claims say when they were issued in whole seconds. */
const becomeAnalyst = async (): Promise<void> => {
  await stage.advance(minutes(1))
  stage.provider.setRole('ada', 'analyst')
}

type Call = { readonly method: string; readonly path: string; readonly token: string }

/** Of the page's own script: what a `fetch` to the broker comes to. */
const call = (page: Page, asked: Call): Promise<{ status: number; type?: string } | 'refused'> =>
  page.evaluate(
    async ({ url, method, token }) => {
      try {
        const reply = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } })
        const body: { type?: string } = await reply.json()
        const [, type] = /([\w-]+)$/.exec(body.type ?? '') ?? []
        return { status: reply.status, ...(type === undefined ? {} : { type }) }
      } catch {
        return 'refused'
      }
    },
    { ...asked, url: `https://${hosts.broker}${asked.path}` },
  )

const acquire = (page: Page, token: string) =>
  call(page, { method: 'POST', path: '/acquire-embed-session', token })

describe('a changed role', () => {
  it.each([
    { form: 'callback', perUser: 'one' },
    { form: 'helper', perUser: 'one' },
    { form: 'helper', perUser: 'many' },
  ] as const)(
    'gets a session of its own, which a tab of the old one cannot disturb: $form, $perUser a user',
    async ({ form, perUser }) => {
      const browser = await started({
        tenant: { sessions_per_user: perUser },
        embed: { sessionsPerUser: perUser },
      })
      const old = await connected(await browser.visit(form, 'ada'))
      expect(await tierOf(old)).toBe('viewers')
      await becomeAnalyst()

      const fresh = await connected(await browser.visit(form))

      expect(await tierOf(fresh)).toBe('analysts')
      expect(permissionsAtLooker()).toEqual(permissions.analyst)
      expect(stage.looker.state.embed.sessions.countLive()).toBe(1)
      const before = await records()
      await stage.advance(minutes(11))

      expect(await old.shows('state')).toMatch(/^expired/)
      expect(await old.told()).toContain('session:expired')
      expect(await fresh.shows('state')).toBe('live')
      expect(await fresh.shows('api-call')).toMatch(/^accepted/)
      expect((await fresh.told()).join()).not.toMatch(/ended|interrupted|expired/)
      expect(await records()).toEqual(before)
      const { embedSessionsStarted, embedTokensGenerated, calls } = stage.looker.counts()
      expect(embedSessionsStarted).toBe(2)
      // The old tab's own request was answered without Looker.
      expect(embedTokensGenerated).toBeGreaterThan(0)
      expect(calls.generate_tokens_for_cookieless_session).toBe(embedTokensGenerated)
    },
  )

  it('comes with a reload', async () => {
    const browser = await started()
    const visit = await connected(await browser.visit('object', 'ada'))
    await becomeAnalyst()

    await visit.page.reload()
    await connected(visit)

    expect(await tierOf(visit)).toBe('analysts')
    expect(permissionsAtLooker()).toEqual(permissions.analyst)
    expect(stage.looker.counts().embedSessionsStarted).toBe(2)
  })

  it('comes with a second frame, for which the helper acquires', async () => {
    const browser = await started()
    const visit = await connected(await browser.visit('helper', 'ada'))
    await becomeAnalyst()

    await connected(visit, 1)

    expect(await tierOf(visit, 1)).toBe('analysts')
    await stage.advance(minutes(11))
    expect(await visit.shows('state', 1)).toBe('live')
    expect(stage.looker.counts().embedSessionsStarted).toBe(2)
  })

  it('outlives the old tab where pages keep the session', async () => {
    const browser = await started({ tenant: { store: 'client' } })
    const old = await connected(await browser.visit('helper', 'ada'))
    await becomeAnalyst()
    const fresh = await connected(await browser.visit('helper'))
    await stage.advance(minutes(11))
    expect(await old.shows('state')).toMatch(/^expired/)
    expect(await fresh.shows('state')).toBe('live')

    await fresh.page.reload()
    await connected(fresh)

    expect(await tierOf(fresh)).toBe('analysts')
    const { embedSessionsStarted, embedSessionsJoined } = stage.looker.counts()
    expect({ embedSessionsStarted, embedSessionsJoined }).toEqual({
      embedSessionsStarted: 2,
      embedSessionsJoined: 1,
    })
  })
})

describe('a sign-in token from before the change', () => {
  it('brings the old permissions back nowhere, neither beside the new session nor after it', async () => {
    const browser = await started()
    const visit = await connected(await browser.visit('callback', 'ada'))
    const oldToken = await tokenNow()
    await becomeAnalyst()
    await visit.page.reload()
    await connected(visit)
    const other = await stage.browser({ userAgent: 'Mozilla/5.0 (another browser)' })
    const { page: elsewhere } = await other.visit('callback')
    const [before] = await records()

    // On the same device it joins what is there.
    expect(await acquire(visit.page, oldToken)).toEqual({ status: 200 })
    expect(await acquire(elsewhere, oldToken)).toEqual({ status: 403, type: 'sign-in-required' })

    expect(stage.looker.counts()).toMatchObject({ embedSessionsStarted: 2, embedSessionsJoined: 1 })
    expect(permissionsAtLooker()).toEqual(permissions.analyst)
    expect((await records()).map(({ sessionId }) => sessionId)).toEqual([before?.sessionId])

    const token = await tokenNow()
    const end = await call(visit.page, { method: 'DELETE', path: '/embed-session', token })
    expect(end).toEqual({ status: 200 })
    const refused = { status: 403, type: 'sign-in-required' }
    expect(await acquire(visit.page, oldToken)).toEqual(refused)
    expect(await acquire(elsewhere, oldToken)).toEqual(refused)
    expect(stage.looker.counts().embedSessionsStarted).toBe(2)
    expect(permissionsAtLooker()).toEqual(permissions.analyst)

    await stage.advance(minutes(1))
    expect(await acquire(elsewhere, await tokenNow())).toEqual({ status: 200 })
    expect(permissionsAtLooker()).toEqual(permissions.analyst)
  })
})

describe('a page of a foreign origin', () => {
  it('can do nothing with the token of a user: the browser does not send what it asks', async () => {
    const browser = await started()
    const visit = await connected(await browser.visit('callback', 'ada'))
    const token = await tokenNow()
    const page = await browser.context.newPage()
    await page.goto(`https://${hosts.stranger}/callback`)
    const calls = stage.looker.counts().calls
    const before = stage.front.seen.length

    for (const [method, path] of [
      ['GET', '/acquire-embed-session'],
      ['POST', '/acquire-embed-session'],
      ['PUT', '/generate-embed-tokens'],
      ['GET', '/embed-session'],
      ['DELETE', '/embed-session'],
    ] as const)
      expect(await call(page, { method, path, token })).toBe('refused')
    // What needs no preflight carries no token.
    await page.evaluate(
      (url) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }),
      `https://${hosts.broker}/acquire-embed-session`,
    )

    const sent = stage.front.seen
      .slice(before)
      .filter(({ host, method }) => host === hosts.broker && method !== 'OPTIONS')
    expect(sent.map(({ method }) => method)).toEqual(['POST'])
    expect(stage.looker.counts().calls).toEqual(calls)
    await stage.advance(minutes(11))
    expect(await visit.shows('state')).toBe('live')
  })

  it('is told that its origin is not allowed, where the gateway lets it through', async () => {
    const browser = await started({ otherOrigins: [`https://${hosts.stranger}`] })
    const page = await browser.context.newPage()
    await page.goto(`https://${hosts.stranger}/callback`)

    const answer = await acquire(page, await tokenNow())

    expect(answer).toEqual({ status: 403, type: 'origin-not-allowed' })
    expect(stage.looker.counts().calls.acquire_embed_cookieless_session).toBeUndefined()
  })
})
