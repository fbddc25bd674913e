// Each way in which a session ends, how that shows in the page, and what a reload does afterwards.
import { afterEach, describe, expect, it } from 'vitest'
import {
  hosts,
  signIn,
  startStage,
  type Stage,
  type StageBrowser,
  type StageOptions,
  type Visit,
} from './stage.ts'

let stage: Stage
let browser: StageBrowser

afterEach(() => stage.close())

const minutes = (count: number) => count * 60_000

const assertLive = async (visit: Visit) => {
  await expect.poll(() => visit.shows('api-call')).toMatch(/^accepted/)
  expect(await visit.shows('state')).toBe('live')
}

/** As the Embed SDK itself shows and tells it, and the helper besides. */
const assertEnded = async (visit: Visit, ...toldBesides: readonly string[]) => {
  await expect.poll(() => visit.shows('state')).toMatch(/^expired/)
  const all = ['session:status expired', 'session:expired', ...toldBesides]
  await expect.poll(visit.told).toEqual(expect.arrayContaining(all))
  expect(await visit.told()).not.toContain('session:status interrupted')
}

const reload = async (visit: Visit) => {
  await visit.page.reload()
  await visit.connect()
}

const counts = () => {
  const { embedSessionsStarted: started, embedSessionsEnded: ended } = stage.looker.counts()
  return { started, ended }
}

/** What the user of a page without the helper does. */
const signOut = ({ page }: Visit) =>
  page.evaluate(async (url) => {
    const headers = { authorization: `Bearer ${await (await fetch('/token')).text()}` }
    return (await fetch(url, { method: 'DELETE', headers })).json()
  }, `https://${hosts.broker}/embed-session`)

/** By somebody who sees what the Sessions page of the tenant shows. */
const endAsAdministrator = async (visit: Visit) => {
  const { device } = stage.front.seen.findLast(({ host }) => host === hosts.broker) ?? {}
  return stage.invoke('embed-session-direct', {
    action: 'end',
    by: 'administrator',
    claims: { sub: 'ada' },
    user_agent: await visit.page.evaluate(() => navigator.userAgent),
    embed_domain: `https://${hosts.app}`,
    device,
  })
}

describe.each([
  ['callback', () => [], 'The broker answered 403 sign-in-required'],
  ['helper', (reason: string) => [`ended ${reason}`], 'A new sign-in is needed'],
] as const)('with the %s form', (form, toldBesides, refusal) => {
  const connected = async (options?: StageOptions) => {
    stage = await startStage(options)
    browser = await stage.browser()
    const visit = await browser.visit(form, 'ada')
    await visit.connect()
    await assertLive(visit)
    return visit
  }
  it('an expired session ends, and a reload begins another', async () => {
    const user = { external_user_id: { claim: 'sub' }, session_length: 1_500 }
    const visit = await connected({ tenant: { user } })

    await stage.advance(minutes(26))

    await assertEnded(visit, ...toldBesides('expired'))
    expect(counts()).toEqual({ started: 1, ended: 0 })
    await reload(visit)
    await assertLive(visit)
    expect(counts()).toEqual({ started: 2, ended: 0 })
  })

  it('a session that ends at Looker ends, and a reload begins another', async () => {
    const visit = await connected()
    stage.looker.state.embed.sessions.endAll()

    await stage.advance(minutes(10))

    await assertEnded(visit, ...toldBesides('ended-at-looker'))
    expect(counts()).toEqual({ started: 1, ended: 1 })
    await reload(visit)
    await assertLive(visit)
    expect(counts()).toEqual({ started: 2, ended: 1 })
  })

  it('a reload before anybody notices the end at Looker begins another that lasts', async () => {
    const visit = await connected()
    stage.looker.state.embed.sessions.endAll()

    await reload(visit)

    await assertLive(visit)
    await stage.advance(minutes(12))
    await assertLive(visit)
    expect(counts()).toEqual({ started: 2, ended: 1 })
  })

  it('a sign-out ends the session at Looker at once, and a reload begins another', async () => {
    const visit = await connected()

    await (form === 'helper' ? visit.end() : signOut(visit))

    expect(stage.looker.state.embed.sessions.countLive()).toBe(0)
    await stage.advance(minutes(10))
    await assertEnded(visit, ...toldBesides('signed-out'))
    expect(counts()).toEqual({ started: 1, ended: 1 })
    await reload(visit)
    await assertLive(visit)
    expect(counts()).toEqual({ started: 2, ended: 1 })
  })

  it("an administrator's end lasts until the user signs in anew", async () => {
    const visit = await connected({ tenant: { direct: true } })

    expect(await endAsAdministrator(visit)).toMatchObject({
      kind: 'returned',
      value: { ended: true, confirmed: true },
    })

    await stage.advance(minutes(10))
    await assertEnded(visit, ...toldBesides('administrator'))
    await expect(reload(visit)).rejects.toThrow(refusal)
    expect(counts()).toEqual({ started: 1, ended: 1 })

    await signIn(visit.page, 'ada')
    await reload(visit)

    await assertLive(visit)
    expect(counts()).toEqual({ started: 2, ended: 1 })
  })
})
