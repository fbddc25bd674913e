// docs/migration.md, carried out: its page before and after, the authorizer and the tenant file, with the
// real Embed SDK against an Express server and against the broker behind the gateway.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createShiftableClock } from '../bench/herd/broker-herd.ts'
import { startExpressServer } from '../bench/embed/express-server.ts'
import { clientId, clientSecret, createFleet } from '../scenarios/fleet.ts'
import { migrationBlock } from './code-blocks.ts'
import { openPage } from './page-in-node.ts'
import type { PageInNode, Sent } from './page-in-node.ts'

const before = migrationBlock('page-of-the-demo-server.js')
const app = 'https://app.customer.example'
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0'

const ending: (() => Promise<unknown>)[] = []

// Looker's SDK for Node writes a line per request.
beforeEach(() => void vi.spyOn(console, 'debug').mockReturnValue())

afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(ending.splice(0).map((end) => end()))
})

/** What a frame lives through whose tokens run out three times. */
const threeRefreshes = async (page: PageInNode, world: World) => {
  await page.connected()
  const [frame] = page.frames
  if (frame === undefined) throw new Error('no frame was opened')
  const { pathname, search } = frame.url
  const login = await fetch(world.lookerUrl + pathname + search, {
    headers: { 'user-agent': userAgent },
    redirect: 'manual',
  })
  const seen = new Set([(await frame.askForTokens())['api_token']])
  for (const waitMs of [500_000, 500_000, 500_000]) {
    world.shift(waitMs)
    seen.add((await frame.askForTokens())['api_token'])
  }
  const { embedSessionsStarted: sessions, embedTokensGenerated: refreshes } = world.counts()
  return { login: login.status, tokens: seen.size, sessions, refreshes }
}

const lived = { login: 302, tokens: 4, sessions: 1, refreshes: 3 }

type World = Awaited<ReturnType<typeof createWorld>>

const createWorld = async () => {
  const clock = createShiftableClock()
  const fleet = await createFleet({ clock })
  const looker = await fleet.looker.listen()
  ending.push(looker.close)
  const sent: Sent[] = []
  return {
    fleet,
    clock,
    sent,
    shift: clock.shift,
    lookerUrl: looker.url,
    counts: fleet.looker.counts,
    browser: { origin: app, userAgent, now: clock.now, sent },
  }
}

describe('the page before', () => {
  it('lives on the demo server', async () => {
    const world = await createWorld()
    const server = await startExpressServer({
      lookerUrl: world.lookerUrl,
      clientId,
      clientSecret,
      user: JSON.parse(migrationBlock('demo_user.json')),
    })
    ending.push(server.close)

    const page = await openPage(before, { ...world.browser, addresses: { [app]: server.url } })

    expect(await threeRefreshes(page, world)).toEqual(lived)
  })
})
