// A headless Chromium with a profile of its own, third-party cookies blocked, and every made-up host name
// led to one TLS port of this machine.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import { findChromium } from './find-chromium.ts'

export type BrowserOptions = {
  /** Default: Chromium's own. */
  readonly userAgent?: string
  /** Default: true. */
  readonly blockThirdPartyCookies?: boolean
  /** A folder that outlives the browser. Default: one that goes with it. */
  readonly profile?: string
}

export type Browser = {
  readonly context: BrowserContext
  readonly close: () => Promise<void>
}

/** `port` is the TLS front's. */
export const startBrowser = async (
  port: number,
  options: BrowserOptions = {},
): Promise<Browser> => {
  const { userAgent, blockThirdPartyCookies = true } = options
  const profile = options.profile ?? (await mkdtemp(join(tmpdir(), 'browser-')))
  await writePreferences(profile, blockThirdPartyCookies)
  const context = await chromium.launchPersistentContext(profile, {
    ...launchOptions(port),
    ignoreHTTPSErrors: true,
    ...(userAgent === undefined ? {} : { userAgent }),
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

export const launchOptions = (port: number) => ({
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
