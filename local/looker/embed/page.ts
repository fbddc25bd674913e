// The pages that the simulated Looker shows in an iframe. They need nothing from outside.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { html, raw } from 'hono/html'
import type { EmbedSession } from './sessions.ts'

/** Shows who the user is, and talks with the embedding page. */
export const sessionPage = async ({ user }: EmbedSession, embedDomain: string): Promise<Response> =>
  pageOf(
    200,
    html`<h1>Simulated Looker</h1>
      <dl>
        ${row('User', `${nameOf(user.profile)} (${user.externalId}), Looker id ${user.id}`)}
        ${row('Models', listOf(user.profile.models))}
        ${row('Permissions', listOf(user.profile.permissions))}
        ${row('User attributes', JSON.stringify(user.profile.user_attributes ?? {}))}
        ${row('Session', 'loading', 'state')} ${row('Session ends', '', 'session-ends')}
        ${row('Navigation token ends', '', 'navigation-ends')}
        ${row('API token ends', '', 'api-ends')} ${row('API call', '', 'api-call')}
      </dl>
      <button id="resume" hidden>Resume</button>
      <script>
        ${raw(await script())}
      </script>`,
    embedDomain,
  )

/** What Looker shows when anything about the tokens, the browser or the embedding page is wrong. */
export const refusalPage = (status: 401 | 403, reason: string): Promise<Response> =>
  pageOf(
    status,
    html`<h1>Content cannot be displayed</h1>
      <p>${reason}</p>`,
    '*',
  )

type Markup = ReturnType<typeof html>
type Profile = EmbedSession['user']['profile']

const style =
  'body{font:14px/1.5 system-ui,sans-serif;margin:2rem}dt{color:#555}dd{margin:0 0 .5rem}'

const pageOf = async (status: number, body: Markup, embedder: string): Promise<Response> => {
  const page = await html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <title>Simulated Looker</title>
      <style>
        ${raw(style)}
      </style>
      ${body}
    </html>`
  return new Response(String(page), {
    status,
    headers: {
      'content-type': 'text/html;charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': `default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors ${embedder}`,
    },
  })
}

const row = (term: string, text: string, id = '') =>
  html`<dt>${term}</dt>
    <dd id="${id}">${text}</dd>`

const nameOf = ({ first_name: first, last_name: last }: Profile): string =>
  `${first ?? 'Embed'} ${last ?? 'User'}`

const listOf = (names: readonly string[] | null | undefined): string => names?.join(', ') ?? 'none'

let bundled: Promise<string> | undefined

const script = (): Promise<string> => (bundled ??= bundle())

const bundle = async (): Promise<string> => {
  // Here and not at the top: whoever bundles this file has no place of its own to ask from.
  const main = fileURLToPath(new URL('../page/main.ts', import.meta.url))
  const options = { bundle: true, write: false, format: 'iife', target: 'es2022' } as const
  const { outputFiles } = await build({ ...options, entryPoints: [main] })
  return outputFiles.map(({ text }) => text).join('\n')
}
