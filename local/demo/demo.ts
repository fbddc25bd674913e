// Serves the demo page: its document, its style, its script, and the buttons that move the simulated Looker.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Hono, type Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import * as v from 'valibot'
import { documentOf } from './document.ts'

/** What the buttons of the page ask of a simulated Looker. */
export type LookerSwitches = {
  /** Ends all embed sessions. */
  readonly expire: () => void
  /** From now on Looker's API answers 503 for this long. */
  readonly beAway: (ms: number) => void
  /** Broker and Looker, so many seconds on. */
  readonly skip: (seconds: number) => void
  readonly seen: () => { readonly started: number; readonly joined: number }
}

export type DemoOptions = {
  /** Origin of the page itself; https. */
  readonly origin: string
  /** Origin of the broker; https. */
  readonly broker: string
  /** Host of Looker, with its port where it is not 443. */
  readonly lookerHost: string
  /** Ends the session of whoever asks, in that browser. False: it was not ended. */
  readonly endAsAdministrator: (context: Context) => Promise<boolean>
  /** Absent with a real Looker. */
  readonly looker?: LookerSwitches
}

const awayMs = 20_000

export const createDemo = (options: DemoOptions): Hono => {
  const { origin, broker, lookerHost, looker } = options
  const demo = new Hono()

  demo.use(async (context, next) => {
    await next()
    context.header('content-security-policy', policyFor(options))
    context.header('referrer-policy', 'no-referrer')
    context.header('x-content-type-options', 'nosniff')
    context.header('cache-control', 'no-store')
  })
  demo.get('/', (context) => context.html(documentOf(looker !== undefined)))
  demo.get('/page.css', async (context) =>
    context.body(await style(), 200, { 'content-type': 'text/css;charset=utf-8' }),
  )
  demo.get('/page.js', async (context) =>
    context.body(await script(), 200, { 'content-type': 'text/javascript;charset=utf-8' }),
  )
  demo.get('/settings.json', (context) => context.json({ broker, lookerHost }))
  // Browsers name the origin of every POST, and no page can name another's.
  const ownPageOnly = createMiddleware(async (context, next) => {
    if (context.req.header('origin') !== origin) return context.json({ error: 'forbidden' }, 403)
    await next()
    return undefined
  })
  demo.post('/end-as-administrator', ownPageOnly, async (context) =>
    context.body(null, (await options.endAsAdministrator(context)) ? 204 : 502),
  )
  if (looker === undefined) return demo

  demo.get('/looker/seen', (context) => context.json(looker.seen()))
  demo.post('/looker/expire', ownPageOnly, (context) => {
    looker.expire()
    return context.body(null, 204)
  })
  demo.post('/skip', ownPageOnly, async (context) => {
    const asked = v.safeParse(skipped, await context.req.text())
    if (!asked.success) return context.json({ error: 'write {"seconds": 1 to 2592000}' }, 400)
    looker.skip(asked.output.seconds)
    return context.body(null, 204)
  })
  demo.post('/looker/away', ownPageOnly, (context) => {
    looker.beAway(awayMs)
    return context.body(null, 204)
  })
  return demo
}

const skipped = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ seconds: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2_592_000)) }),
)

const policyFor = ({ broker, lookerHost }: DemoOptions): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src 'self' ${broker}`,
    `frame-src https://${lookerHost}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

// Asked for here and not at the top: whoever bundles this file has no place of its own to ask from.
const placeOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const style = (): Promise<string> => readFile(placeOf('page.css'), 'utf8')

let bundled: Promise<string> | undefined

const script = (): Promise<string> => (bundled ??= bundle())

const bundle = async (): Promise<string> => {
  const options = { bundle: true, write: false, format: 'esm', target: 'es2022' } as const
  const { outputFiles } = await build({ ...options, entryPoints: [placeOf('page/main.ts')] })
  return outputFiles.map(({ text }) => text).join('\n')
}
