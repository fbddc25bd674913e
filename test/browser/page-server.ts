// The customer's site: signs people in by a cookie of its own, gives them sign-in tokens, and serves the
// embedding page.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { cookieName, cookieOf, signInOf, type SignIn } from './sign-in.ts'

export type PageServerOptions = {
  /** Makes the sign-in token of a user. */
  readonly tokenFor: (signIn: SignIn) => Promise<string>
  readonly now: () => number
}

export const createPageServer = async ({ tokenFor, now }: PageServerOptions): Promise<Hono> => {
  const script = await (bundle ??= bundled())
  const app = new Hono()
  app.post('/sign-in/:user', (context) => {
    const cookie = cookieOf({
      user: context.req.param('user'),
      atSeconds: Math.floor(now() / 1000),
    })
    setCookie(context, cookieName, cookie, { secure: true, httpOnly: true })
    return context.body(null, 204)
  })
  app.get('/token', async (context) => {
    const signIn = signInOf(getCookie(context, cookieName))
    return signIn === undefined ? context.body(null, 401) : context.text(await tokenFor(signIn))
  })
  app.get('/main.js', (context) =>
    context.body(script, 200, { 'content-type': 'text/javascript;charset=utf-8' }),
  )
  app.get('/:form', (context) => context.html(markup))
  return app
}

const markup = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Customer</title>
<link rel="icon" href="data:,"><div id="frames"></div><script src="/main.js"></script></html>`

/** Once for all tests of a file. */
let bundle: Promise<string> | undefined

const bundled = async (): Promise<string> => {
  const main = fileURLToPath(new URL('page/main.ts', import.meta.url))
  const options = { bundle: true, write: false, format: 'iife', target: 'es2022' } as const
  const { outputFiles } = await build({ ...options, entryPoints: [main] })
  return outputFiles.map(({ text }) => text).join('\n')
}
