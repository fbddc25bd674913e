// Headless Chromium with third-party cookies blocked, and every made-up host name led to one TLS port of this machine.
// One process serves the browsers of a test file: each is a context of its own, which knows nothing of the others.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import { afterAll } from 'vitest'
import { findChromium } from './find-chromium.ts'

export type BrowserOptions = {
  /** Default: Chromium's own. */
  readonly userAgent?: string
  /** Default: Chromium's own. */
  readonly locale?: string
  /** Default: true. False takes a process of its own. */
  readonly blockThirdPartyCookies?: boolean
  /** A folder that outlives the browser, which is a process of its own. Default: one that goes with it. */
  readonly profile?: string
}

export type Browser = {
  readonly context: BrowserContext
  readonly close: () => Promise<void>
}

/** `port` is the TLS front's, the same for all of a test file. */
export const startBrowser = async (
  port: number,
  options: BrowserOptions = {},
): Promise<Browser> => {
  const { blockThirdPartyCookies = true, profile } = options
  if (profile !== undefined || !blockThirdPartyCookies) return startProcess(port, options)
  const { context: first } = await (shared ??= startProcess(port))
  // With the preferences of the profile that the process was started with.
  const context = await first.browser()?.newContext(contextOptions(options))
  if (context === undefined) throw new Error('The browser of this file is gone')
  return { context, close: () => context.close() }
}

let shared: Promise<Browser> | undefined

// Of the test file that imports this one.
afterAll(async () => {
  await (await shared)?.close()
})

const contextOptions = ({ userAgent, locale }: BrowserOptions) => ({
  ignoreHTTPSErrors: true,
  ...(userAgent === undefined ? {} : { userAgent }),
  ...(locale === undefined ? {} : { locale }),
})

const startProcess = async (port: number, options: BrowserOptions = {}): Promise<Browser> => {
  const { blockThirdPartyCookies = true } = options
  const profile = options.profile ?? (await mkdtemp(join(tmpdir(), 'browser-')))
  await writePreferences(profile, blockThirdPartyCookies)
  const context = await chromium.launchPersistentContext(profile, {
    ...contextOptions(options),
    executablePath: assertFound(findChromium()),
    headless: true,
    args: [
      `--host-resolver-rules=MAP *.test 127.0.0.1:${port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
      '--ignore-certificate-errors',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  return {
    context,
    close: async () => {
      await context.close()
      if (options.profile !== undefined) return
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

// A switch for this came and went with Chromium's versions; the setting that people see stays.
const writePreferences = async (profile: string, isBlocked: boolean): Promise<void> => {
  const folder = join(profile, 'Default')
  if ((await mkdir(folder, { recursive: true })) === undefined) return
  const preferences = {
    profile: { cookie_controls_mode: isBlocked ? 1 : 0, block_third_party_cookies: isBlocked },
  }
  await writeFile(join(folder, 'Preferences'), JSON.stringify(preferences))
}

const assertFound = (path: string | undefined): string => {
  if (path === undefined) throw new Error('No Chromium on this machine: set CHROME_PATH')
  return path
}
