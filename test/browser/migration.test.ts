// The pages that docs/migration.md and docs/getting-started.md show, as they stand there, in a real browser: only
// the names of the hosts are those of the stage.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { codeBlocks, migrationBlock } from '../docs/code-blocks.ts'
import { hosts, startStage, type Form, type Stage } from './stage.ts'

let stage: Stage

afterEach(() => stage.close())

const scriptOf = async (name: string): Promise<string> => {
  const contents = migrationBlock(name)
    .replaceAll('looker.example.com', hosts.looker)
    .replaceAll('broker.example.com', hosts.broker)
  const resolveDir = fileURLToPath(new URL('.', import.meta.url))
  const stdin = { contents, resolveDir, loader: 'js' } as const
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'iife' })
  return outputFiles.map(({ text }) => text).join('\n')
}

/** What the page has of its own: a place for the dashboard, and a way to its user's sign-in token. */
const furnish = (page: Page) =>
  page.evaluate(async () => {
    const dashboard = document.createElement('div')
    dashboard.id = 'dashboard'
    document.body.append(dashboard)
    const token = await (await fetch('/token')).text()
    Object.assign(window, { signInToken: () => token })
  })

/** What became of a page that ran this script, and of its first tokens. */
const livedWith = async (script: string, form: Form) => {
  const browser = await stage.browser()
  const visit = await browser.visit(form, 'ada')
  await furnish(visit.page)
  await visit.page.addScriptTag({ content: await scriptOf(script) })
  await expect.poll(() => visit.shows('api-call')).toMatch(/^accepted/)

  await stage.advance(12 * 60_000)

  const { embedSessionsStarted, embedLogins, embedTokensGenerated } = stage.looker.counts()
  return {
    connected: await visit.page.evaluate(() => {
      const made: unknown = Reflect.get(window, 'dashboard')
      return typeof made === 'object' && made !== null && 'send' in made
    }),
    frame: await visit.shows('state'),
    sessions: embedSessionsStarted,
    logins: embedLogins,
    isRefreshed: embedTokensGenerated > 0,
  }
}

const lived = { connected: true, frame: 'live', sessions: 1, logins: 1, isRefreshed: true }

describe('the page of the migration guide', () => {
  it.each(['page-with-objects.js', 'page-with-callbacks.js'])(
    'lives on another origin than the broker: %s',
    async (script) => {
      stage = await startStage()

      expect(await livedWith(script, 'callback')).toEqual(lived)
    },
  )

  it('lives without any change where it shares its origin with the broker', async () => {
    stage = await startStage({ identity: 'cookie' })

    expect(await livedWith('page-of-the-demo-server.js', 'string')).toEqual(lived)
  })
})

describe('the page of the first steps', () => {
  const text = readFileSync(new URL('../../docs/getting-started.md', import.meta.url), 'utf8')
  const block = codeBlocks(text).get('page.js') ?? ''

  it('shows its dashboard, and goes on for longer than its first tokens', async () => {
    stage = await startStage()
    const visit = await (await stage.browser()).visit('callback', 'ada')
    await furnish(visit.page)
    await visit.page.evaluate(() => {
      const freshToken: unknown = Reflect.get(window, 'signInToken')
      Object.assign(window, { signIn: { freshToken } })
    })

    await visit.page.addScriptTag({ content: await moduleOf(block), type: 'module' })

    await expect.poll(() => visit.shows('api-call')).toMatch(/^accepted/)
    await stage.advance(12 * 60_000)
    expect(await visit.shows('state')).toBe('live')
    expect(stage.looker.counts()).toMatchObject({ embedSessionsStarted: 1, embedLogins: 1 })
    expect(stage.looker.counts().embedTokensGenerated).toBeGreaterThan(0)
  })
})

const moduleOf = async (page: string): Promise<string> => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const contents = page
    .replaceAll('acme.cloud.looker.com', hosts.looker)
    .replaceAll(/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/g, hosts.broker)
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'js' },
    alias: { 'looker-token-broker/browser': `${root}/lib/browser/index.ts` },
    bundle: true,
    write: false,
    format: 'esm',
  })
  return outputFiles.map(({ text }) => text).join('\n')
}
