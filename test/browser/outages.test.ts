// Outages of Looker, the table and the gateway, as the frames of a page live through them: one that nobody
// sees, one across a refresh, and one that outlives the tokens.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hosts, startStage, type Form, type Stage, type StageBrowser, type Visit } from './stage.ts'

let stage: Stage
let browser: StageBrowser

beforeEach(async () => {
  stage = await startStage()
  browser = await stage.browser()
})

afterEach(() => stage.close())

type Outage = { readonly of: string; readonly begin: () => void; readonly end: () => void }

const ofLooker = (of: string, fault: Parameters<Stage['looker']['setFault']>[1]): Outage => ({
  of,
  begin: () => stage.looker.setFault('every', fault),
  end: () => stage.looker.clearFaults(),
})

const refusing = ofLooker('Looker, which answers 503', { kind: 'status', status: 503 })
const resetting = ofLooker('Looker, whose connections are lost', { kind: 'reset' })
const hanging = ofLooker('Looker, which hangs', { kind: 'hang' })
const table: Outage = {
  of: 'the table',
  begin: () => stage.table.fail('unavailable'),
  end: () => stage.table.fail(),
}

const minutes = (count: number) => count * 60_000

const connected = async (form: Form): Promise<Visit> => {
  const visit = await browser.visit(form, 'ada')
  await visit.connect()
  await expect.poll(() => visit.shows('api-call')).toMatch(/^accepted/)
  return visit
}

/** Times that a page asked the broker for tokens. */
const asked = () =>
  stage.front.seen.filter(
    ({ method, path }) => method === 'PUT' && path === '/generate-embed-tokens',
  ).length

const interruption = 'session:status interrupted'

const expectSound = async (visit: Visit): Promise<void> => {
  await expect.poll(() => visit.shows('state')).toBe('live')
  await expect.poll(() => visit.shows('api-call')).toMatch(/^accepted/)
}

/** The page never had to begin again. */
const expectNothingBegunAgain = async (visit: Visit): Promise<void> => {
  const { embedSessionsStarted, embedSessionsJoined, embedLogins } = stage.looker.counts()
  expect({ embedSessionsStarted, embedSessionsJoined, embedLogins }).toEqual({
    embedSessionsStarted: 1,
    embedSessionsJoined: 0,
    embedLogins: 1,
  })
  expect((await visit.told()).filter((what) => what === 'connected')).toHaveLength(1)
}

const cases: readonly (readonly [Outage, Form])[] = [
  [refusing, 'object'],
  [refusing, 'callback'],
  [refusing, 'helper'],
  [resetting, 'callback'],
  [resetting, 'helper'],
  [table, 'callback'],
  [table, 'helper'],
]
const named = cases.map(([outage, form]) => ({ outage, of: outage.of, form }))

describe.each(
  named.filter(({ outage, form }) =>
    form === 'helper' ? outage === table : form === 'callback' && outage === refusing,
  ),
)('an outage of $of, with the $form form', ({ outage, form }) => {
  it('is not seen when it ends before a refresh is due', async () => {
    const visit = await connected(form)
    await stage.advance(minutes(1))

    outage.begin()
    await stage.advance(minutes(5))
    expect(asked()).toBe(0)
    outage.end()
    await stage.advance(minutes(5))

    expect(stage.looker.counts().embedTokensGenerated).toBe(1)
    await expectSound(visit)
    expect(await visit.told()).not.toContain(interruption)
  })
})

describe.each(named)('an outage of $of, with the $form form', ({ outage, form }) => {
  it('is bridged by the tokens that the page has, across a refresh', async () => {
    const visit = await connected(form)
    await stage.advance(minutes(7))

    outage.begin()
    // The helper asks from 7:30 on, again and again, and the Embed SDK once at 9:00.
    await stage.advance(minutes(form === 'helper' ? 1.5 : 2.1))
    await expect.poll(asked, { timeout: 15_000 }).toBeGreaterThanOrEqual(form === 'helper' ? 2 : 1)
    expect(stage.looker.counts().embedTokensGenerated).toBe(0)
    outage.end()
    await stage.advance(minutes(3))

    expect(stage.looker.counts().embedTokensGenerated).toBe(1)
    await expectSound(visit)
    expect(await visit.told()).not.toContain(interruption)
    await expectNothingBegunAgain(visit)
  })
})

describe.each(named.filter(({ outage, form }) => form !== 'helper' && outage !== resetting))(
  'an outage of $of that outlives the tokens, with the $form form',
  ({ outage, form }) => {
    it('interrupts the frame, which goes on in the same session when it is resumed', async () => {
      const visit = await connected(form)
      await stage.advance(minutes(7))

      outage.begin()
      await stage.advance(minutes(5))
      expect(await visit.shows('state')).toMatch(/^interrupted/)
      outage.end()
      await visit.page.frameLocator('iframe').locator('#resume').click()

      await expectSound(visit)
      await expectNothingBegunAgain(visit)
      await stage.advance(minutes(20))
      expect(stage.looker.counts().embedTokensGenerated).toBeGreaterThanOrEqual(3)
      await expectSound(visit)
    })
  },
)

describe.each(named.filter(({ outage, form }) => form === 'helper' && outage !== resetting))(
  'an outage of $of that outlives the tokens, with the helper',
  ({ outage }) => {
    it('interrupts the frame, which comes back by itself in the same session', async () => {
      const visit = await connected('helper')
      await stage.advance(minutes(7))

      outage.begin()
      await stage.advance(minutes(5))
      expect(await visit.told()).toContain(interruption)
      outage.end()
      await stage.advance(minutes(1))

      await expectSound(visit)
      const { embedSessionsStarted, embedSessionsJoined, embedLogins } = stage.looker.counts()
      expect({ embedSessionsStarted, embedSessionsJoined }).toEqual({
        embedSessionsStarted: 1,
        embedSessionsJoined: 1,
      })
      expect(embedLogins).toBe(2)
      const told = await visit.told()
      expect(told.lastIndexOf('live')).toBeGreaterThan(told.lastIndexOf('interrupted'))
    })
  },
)

describe('a Looker that hangs', () => {
  it('leaves the page its tokens before the frame or the gateway gives up', async () => {
    const visit = await connected('callback')
    await stage.advance(minutes(7))

    hanging.begin()
    await stage.advance(minutes(2.1))
    expect(asked()).toBe(1)
    hanging.end()
    await stage.advance(minutes(3))

    await expectSound(visit)
    expect(await visit.told()).not.toContain(interruption)
    await expectNothingBegunAgain(visit)
  })
})

describe('the helper and the gateway', () => {
  it('goes on after answers of the gateway that say nothing of CORS', async () => {
    const visit = await connected('helper')
    await stage.advance(minutes(7))

    stage.front.refuse(502, hosts.broker)
    await stage.advance(minutes(1.4))
    expect(asked()).toBeGreaterThan(1)
    expect(stage.looker.counts().embedTokensGenerated).toBe(0)
    stage.front.refuse(502)
    await stage.advance(minutes(1))

    await expectSound(visit)
    const told = await visit.told()
    expect(told).not.toContain(interruption)
    expect(told.lastIndexOf('live')).toBeGreaterThan(told.indexOf('waiting'))
    await expectNothingBegunAgain(visit)
  })

  it('connects and refreshes with another sign-in token when one has expired', async () => {
    const acquires = () =>
      stage.front.seen.filter(
        ({ method, path }) => method === 'POST' && path === '/acquire-embed-session',
      ).length
    const visit = await browser.visit('helper', 'ada')
    stage.provider.giveExpired(1)
    await visit.connect()
    expect(acquires()).toBe(2)
    expect(stage.looker.counts().embedSessionsStarted).toBe(1)

    await stage.advance(minutes(0.5))
    stage.provider.giveExpired(1)
    await stage.advance(minutes(9))

    expect(asked()).toBe(2)
    expect(stage.looker.counts().embedTokensGenerated).toBe(1)
    await expectSound(visit)
    const told = await visit.told()
    expect(told).not.toContain(interruption)
    expect(told).not.toContain('waiting')
  })
})
