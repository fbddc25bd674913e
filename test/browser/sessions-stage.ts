// The Sessions page as `npm start` serves it, before a real broker with sessions in its table, and one browser
// whose visitors know nothing of each other.
import { createHash } from 'node:crypto'
import type { Page } from 'playwright-core'
import { partitionOf } from '../../lib/embed/session-key.ts'
import { systemClock } from '../../lib/system.ts'
import { administratorsClient } from '../../local/identity-provider/authorization-code.ts'
import { createIdentityProvider } from '../../local/identity-provider/identity-provider.ts'
import { createSessionsPage } from '../../local/sessions-page.ts'
import { instance } from '../scenarios/fleet.ts'
import { startBrowser } from './browser.ts'
import { startFront } from './front.ts'
import { listen } from './listen.ts'
import { startRealBroker, type RealBroker } from './real-broker.ts'

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'

export const userAgents = { chrome, safari, firefox } as const

export type Seed = {
  readonly sub: string
  readonly given?: string
  readonly family?: string
  /** Default: Chrome on Windows. */
  readonly userAgent?: string
  readonly stays?: boolean
  /** What CloudFront says of the viewer. */
  readonly from?: { readonly address: string; readonly city: string; readonly country: string }
}

export type SessionsStage = {
  readonly looker: RealBroker['looker']
  readonly invoke: RealBroker['invoke']
  readonly start: (seed: Seed) => Promise<void>
  /** The user of a started session does something. */
  readonly use: (seed: Seed) => Promise<void>
  /** What the table has of the user's sessions does not open any more. */
  readonly spoil: (sub: string) => Promise<void>
  /** Moves everybody's clock but the browser's. It begins three hours ago, so that sessions can be older than the test. */
  readonly goTo: (minutesAgo: number) => void
  /** A browser that nobody has signed in with, on the page. */
  readonly visit: () => Promise<Page>
  readonly close: () => Promise<void>
}

export const origins = {
  page: 'https://sessions.customer.test',
  broker: 'https://broker.api.test',
} as const

const pageOrigin = 'https://app.customer.test'
const minuteMs = 60_000

export const startSessionsStage = async (session_policy: object): Promise<SessionsStage> => {
  const ending: (() => Promise<unknown>)[] = []
  let behindMs = 180 * minuteMs
  const now = () => systemClock.now() - behindMs
  const clock = { ...systemClock, now, monotonic: () => systemClock.monotonic() - behindMs }
  const issuer = origins.page
  const identities = await createIdentityProvider({ issuer, audience: 'pages', now })
  const { audience, scope } = administratorsClient
  const user = {
    external_user_id: { claim: 'sub' },
    first_name: { claim: 'given_name' },
    last_name: { claim: 'family_name' },
  }
  const broker = await startRealBroker({
    pageOrigin,
    clock,
    embed: { sessionsPerUser: 'many' },
    tenant: { user, session_policy, sessions_per_user: 'many' },
    administrators: { issuer, origin: issuer, audience, scope, keys: identities.jwks },
  })
  ending.push(broker.close)
  identities.app.route('/', createSessionsPage({ issuer, apiUrl: origins.broker }))
  const pages = await listen(identities.app)
  ending.push(pages.close)
  const front = await startFront({
    [new URL(origins.page).host]: pages.url,
    [new URL(origins.broker).host]: broker.url,
  })
  ending.push(front.close)

  const ask = async (seed: Seed, path: string, body: object): Promise<void> => {
    const { sub, given, family, userAgent = chrome, from } = seed
    const names = { given_name: given, family_name: family }
    const signIn = { user: sub, atSeconds: Math.floor(now() / 1000) }
    const answer = await fetch(`${broker.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await broker.provider.tokenFor(signIn, names)}`,
        origin: pageOrigin,
        'user-agent': userAgent,
        'x-embed-device': deviceOf(seed),
        'content-type': 'application/json',
        ...(from ? viewerHeaders(from) : {}),
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  }

  return {
    looker: broker.looker,
    invoke: broker.invoke,
    start: (seed) =>
      ask(seed, '/acquire-embed-session', seed.stays === true ? { stay_signed_in: true } : {}),
    use: (seed) => ask(seed, '/embed-session/activity', { idle_seconds: 0 }),
    spoil: async (sub) => {
      const { standing } = broker.table
      for (const item of await standing.listOfUser(partitionOf(instance, sub))) {
        await standing.replace(item.key, item, {
          frame: new Uint8Array(64),
          generation: item.generation + 1,
          nowAtMs: now(),
          sessionId: item.sessionId,
          claimsAtMs: item.claimsAtMs ?? 0,
          profileDigest: item.profileDigest ?? '',
          startMs: 0,
          dueAtMs: item.dueAtMs ?? now(),
          ttlEpochSeconds: item.ttlEpochSeconds,
        })
      }
    },
    goTo: (minutesAgo) => {
      behindMs = minutesAgo * minuteMs
    },
    visit: async () => {
      const { context, close } = await startBrowser(front.port, { locale: 'en-GB' })
      ending.push(close)
      // Against hanging, not slowness.
      context.setDefaultTimeout(60_000)
      const page = await context.newPage()
      await page.goto(`${origins.page}/sessions/`)
      return page
    },
    // Browsers first: they hold connections to all the rest.
    close: async () => {
      for (const end of ending.toReversed()) await end()
    },
  }
}

/** The key of the browser: each user has one of each kind. */
const deviceOf = ({ sub, userAgent }: Seed): string =>
  createHash('sha256').update(`${sub} ${userAgent}`).digest('base64url').slice(0, 22)

const viewerHeaders = ({ address, city, country }: NonNullable<Seed['from']>) => ({
  'cloudfront-viewer-address': `${address}:46532`,
  'cloudfront-viewer-city': encodeURIComponent(city),
  'cloudfront-viewer-country': country,
})

export const signInAs = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('link', { name }).click()
}
