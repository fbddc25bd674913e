// `npm start` in a process of its own, sessions in its table, and a browser before its Sessions page.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { localKeys, loopback, secureLocalhost } from '../../local/addresses.ts'
import { endChild, pathWithoutJava, startBroker } from '../local/processes.ts'
import { findChromium } from './find-chromium.ts'

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

export const userAgents = { chrome, safari } as const

export type Seed = {
  readonly sub: string
  readonly given?: string
  readonly family?: string
  readonly userAgent?: string
}

export type SessionsStage = {
  readonly invoke: (name: string, payload: unknown) => Promise<unknown>
  readonly start: (seed: Seed) => Promise<void>
  /** A browser that nobody has signed in with, on the page. */
  readonly visit: () => Promise<Page>
  readonly close: () => Promise<void>
}

export const startSessionsStage = async (): Promise<SessionsStage> => {
  const env = { PATH: pathWithoutJava() }
  const { child, port } = await startBroker(/^Ready: /m, { env, withinMs: 240_000 })
  const [credentials] = localKeys
  const client = new LambdaClient({
    region: 'us-east-1',
    endpoint: loopback(port),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('No Chromium on this machine: set CHROME_PATH')
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  const contexts: BrowserContext[] = []
  const origin = secureLocalhost(port + 14)

  const invoke = async (FunctionName: string, payload: unknown): Promise<unknown> => {
    const sent = new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) })
    const { Payload } = await client.send(sent)
    return JSON.parse(Buffer.from(Payload ?? []).toString('utf8'))
  }

  return {
    invoke,
    start: async ({ sub, given, family, userAgent = chrome }) => {
      const seconds = Math.floor(Date.now() / 1000)
      const names = { given_name: given, family_name: family }
      const claims = { sub, ...names, role: 'viewer', iat: seconds, auth_time: seconds }
      const asked = { claims, user_agent: userAgent, embed_domain: origin }
      const answer = await invoke('acquireEmbedSessionDirect', asked)
      if (Object(answer).authentication_token === undefined) throw new Error('not started')
    },
    visit: async () => {
      const context = await browser.newContext({
        ignoreHTTPSErrors: true,
        viewport: { width: 1180, height: 720 },
        locale: 'en-GB',
      })
      contexts.push(context)
      context.setDefaultTimeout(10_000)
      const page = await context.newPage()
      await page.goto(`${origin}/sessions/`)
      return page
    },
    close: async () => {
      await browser.close()
      client.destroy()
      await endChild(child)
    },
  }
}

export const signInAs = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('link', { name }).click()
}
