// Everything that a browser test needs, in one process on loopback: a simulated Looker, the real broker, the
// customer's site, TLS in front, and browsers with clocks that move together.
import type { Hono } from 'hono'
import type { BrowserContext, Page } from 'playwright-core'
import { systemClock } from '../../lib/system.ts'
import type { Clock } from '../../lib/time.ts'
import type { EmbedOptions } from '../../local/looker/embed/settings.ts'
import type { LookerSimulator } from '../../local/looker/server.ts'
import { startBrowser, type BrowserOptions } from './browser.ts'
import { startFront, type Front } from './front.ts'
import { listen } from './listen.ts'
import { createPageServer } from './page-server.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { startRealBroker, type Identity, type RealBroker } from './real-broker.ts'
import type { Table } from './table.ts'

/** Made-up names, each of another site, but for the neighbour of the customer's own. */
export const hosts = {
  app: 'app.customer.test',
  neighbour: 'other.customer.test',
  stranger: 'shop.stranger.test',
  looker: 'looker.vendor.test',
  broker: 'broker.api.test',
} as const

export type StageOptions = {
  /** Settings of the simulated Looker. */
  readonly embed?: EmbedOptions
  /** Fields of the section `embed` of the tenant file. */
  readonly tenant?: Readonly<Record<string, unknown>>
  /** Default: `token`. The form `string` needs `cookie`. */
  readonly identity?: Identity
  /** Origins that the gateway lets through besides that of the customer's site. */
  readonly otherOrigins?: readonly string[]
}

/** How a page uses the Embed SDK: the path of the customer's page. */
export type Form =
  | 'object'
  | 'callback'
  | 'helper'
  | 'string'
  /** With what the user chose at sign-in. */
  | `helper?stay=${boolean}`

export type Visit = {
  readonly page: Page
  /** Connects one more frame of this page. */
  readonly connect: () => Promise<void>
  /** Signs out of Looker; with the form `helper` alone. */
  readonly end: () => Promise<void>
  /** With the form `helper` alone. */
  readonly extend: () => Promise<void>
  /** What the page's frames told it, oldest first. */
  readonly told: () => Promise<readonly string[]>
  /** What a frame shows; 0 is the first. */
  readonly shows: (what: 'state' | 'api-call', frame?: number) => Promise<string>
}

export type StageBrowser = {
  readonly context: BrowserContext
  /** Opens the customer's page in a new tab; signed in first, when a user is given. */
  readonly visit: (form: Form, user?: string) => Promise<Visit>
  readonly close: () => Promise<void>
}

export type Stage = {
  readonly looker: LookerSimulator
  readonly table: Table
  readonly provider: IdentityProvider
  readonly front: Front
  /** Invokes a function directly, as another Lambda function would. */
  readonly invoke: RealBroker['invoke']
  readonly browser: (options?: BrowserOptions) => Promise<StageBrowser>
  /** Moves Looker and every page on, in steps, and lets what became due finish. */
  readonly advance: (ms: number) => Promise<void>
  readonly close: () => Promise<void>
}

const stepMs = 10_000

export const startStage = async (options: StageOptions = {}): Promise<Stage> => {
  const ending: (() => Promise<unknown>)[] = []
  /** Each with how far its pages were moved on. */
  const contexts = new Map<BrowserContext, number>()
  let aheadMs = 0
  const monotonic = () => systemClock.monotonic() + aheadMs
  const clock: Clock = {
    now: () => systemClock.now() + aheadMs,
    monotonic,
    // In a twenty-fifth of its time: an outage that the broker sits out shall not keep the test waiting.
    sleep: async (ms, signal) => {
      const wakeAtMs = monotonic() + ms
      await systemClock.sleep(ms / 25, signal)
      if (signal?.aborted !== true) aheadMs += Math.max(0, wakeAtMs - monotonic())
    },
  }
  const moveOn = async (context: BrowserContext, byMs: number): Promise<void> => {
    contexts.set(context, (contexts.get(context) ?? 0) + byMs)
    await context.clock.runFor(byMs)
  }
  /** What the broker slept meanwhile, pages have yet to see. */
  const catchUp = async (): Promise<void> => {
    for (;;) {
      const behind = [...contexts].filter(([, movedMs]) => movedMs < aheadMs)
      if (behind.length === 0) return
      await Promise.all(behind.map(([context, movedMs]) => moveOn(context, aheadMs - movedMs)))
      await front.quiet()
    }
  }
  const pageOrigin = `https://${hosts.app}`
  const broker = await startRealBroker({ ...options, pageOrigin, clock })
  ending.push(broker.close)
  const { looker, table, provider, invoke } = broker
  const served = async (app: Hono): Promise<string> => {
    const { url, close } = await listen(app)
    ending.push(close)
    return url
  }

  const listening = await looker.listen()
  ending.push(listening.close)
  const pages = await served(await createPageServer({ ...provider, now: clock.now }))
  const front = await startFront({
    [hosts.looker]: listening.url,
    [hosts.broker]: broker.url,
    [hosts.app]: pages,
    [hosts.neighbour]: pages,
    [hosts.stranger]: pages,
    // The broker behind paths of the customer's site: one of its own, and those of the demo server.
    [`${hosts.app}/looker`]: broker.url,
    [`${hosts.app}/acquire-embed-session`]: `${broker.url}/acquire-embed-session`,
    [`${hosts.app}/generate-embed-tokens`]: `${broker.url}/generate-embed-tokens`,
  })
  ending.push(front.close)

  return {
    looker,
    table,
    provider,
    front,
    invoke,
    browser: async (browserOptions) => {
      const { context, close } = await startBrowser(front.port, browserOptions)
      ending.push(close)
      await context.clock.install({ time: looker.clock.now() })
      contexts.set(context, aheadMs)
      return {
        context,
        visit: (form, user) => visit(context, form, user),
        close: async () => {
          contexts.delete(context)
          await close()
        },
      }
    },
    advance: async (ms) => {
      const untilMs = aheadMs + ms
      while (aheadMs < untilMs) {
        aheadMs = Math.min(untilMs, aheadMs + stepMs)
        await catchUp()
      }
    },
    // Browsers first: they hold connections to all the rest.
    close: async () => {
      for (const end of ending.toReversed()) await end()
    },
  }
}

const visit = async (context: BrowserContext, form: Form, user?: string): Promise<Visit> => {
  const page = await context.newPage()
  await page.goto(`https://${hosts.app}/${form}`)
  if (user !== undefined) await signIn(page, user)
  return {
    page,
    connect: () => page.evaluate(() => window.connect()),
    end: () => page.evaluate(() => window.end()),
    extend: () =>
      page.evaluate(async () => {
        await window.extend()
      }),
    told: () => page.evaluate(() => window.told),
    shows: async (what, frame = 0) =>
      (await page.frameLocator('iframe').nth(frame).locator(`#${what}`).textContent()) ?? '',
  }
}

export const signIn = (page: Page, user: string): Promise<void> =>
  page.evaluate(async (name) => {
    await fetch(`/sign-in/${name}`, { method: 'POST' })
  }, user)
