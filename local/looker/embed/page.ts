// The pages that the simulated Looker shows in an iframe. They need nothing from outside.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { html, raw } from 'hono/html'
import { dashboardOf } from './dashboard.ts'
import type { EmbedSession } from './sessions.ts'

/** Shows who the user is and what they may see, and talks with the embedding page. */
export const sessionPage = async (
  { user }: EmbedSession,
  { path, embedDomain }: { readonly path: string; readonly embedDomain: string },
): Promise<Response> =>
  pageOf(200, {
    embedder: embedDomain,
    script: await script(),
    body: html`${dashboardOf(user.profile, path)}
      <footer>
        <dl>
          ${fact('User', `${nameOf(user.profile)} (${user.externalId}), Looker id ${user.id}`)}
          ${fact('Attributes', JSON.stringify(user.profile.user_attributes ?? {}))}
          ${fact('Session', 'loading', 'state')} ${fact('ends', '', 'session-ends')}
          ${fact('Navigation token ends', '', 'navigation-ends')}
          ${fact('API token ends', '', 'api-ends')} ${fact('API call', '', 'api-call')}
        </dl>
      </footer>
      <div id="interrupted" class="overlay" hidden>
        <section class="dialog" role="alertdialog" aria-labelledby="interrupted-title">
          <h2 id="interrupted-title">Session interrupted</h2>
          <p>The embedding page gave no tokens.</p>
          <button id="resume">Resume</button>
        </section>
      </div>
      <div id="expired" class="overlay" hidden>
        <section class="dialog" role="alertdialog" aria-labelledby="expired-title">
          <h2 id="expired-title">Session expired</h2>
          <p>The embedding page has to begin a new session.</p>
        </section>
      </div>`,
  })

/** What Looker shows when anything about the tokens, the browser or the embedding page is wrong. */
export const refusalPage = (status: 401 | 403, reason: string): Promise<Response> =>
  pageOf(status, {
    embedder: '*',
    body: html`<section class="tile refusal">
      <h1>Content cannot be displayed</h1>
      <p>${reason}</p>
      <p><span class="badge">Simulated Looker</span></p>
    </section>`,
  })

type Page = {
  readonly body: ReturnType<typeof html>
  /** Origins that may frame it. */
  readonly embedder: string
  readonly script?: string
}

const pageOf = async (status: number, page: Page): Promise<Response> => {
  const css = await style()
  // Without a blank inside: the policy names their digests.
  const tags = { style: `<style>${css}</style>`, script: `<script>${page.script ?? ''}</script>` }
  const text = await html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Simulated Looker</title>
      ${raw(tags.style)} ${page.body} ${page.script === undefined ? '' : raw(tags.script)}
    </html>`
  return new Response(String(text), {
    status,
    headers: {
      'content-type': 'text/html;charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': [
        "default-src 'none'",
        `script-src ${page.script === undefined ? "'none'" : digestOf(page.script)}`,
        `style-src ${digestOf(css)}`,
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        `frame-ancestors ${page.embedder}`,
      ].join('; '),
    },
  })
}

const digestOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const fact = (term: string, text: string, id?: string) =>
  html`<div>
    <dt>${term}</dt>
    ${id === undefined ? html`<dd>${text}</dd>` : html`<dd id="${id}">${text}</dd>`}
  </div>`

type Profile = EmbedSession['user']['profile']

const nameOf = ({ first_name: first, last_name: last }: Profile): string =>
  `${first ?? 'Embed'} ${last ?? 'User'}`

// Asked for here and not at the top: whoever bundles this file has no place of its own to ask from.
const placeOf = (name: string): string => fileURLToPath(new URL(`../page/${name}`, import.meta.url))

const style = (): Promise<string> => readFile(placeOf('page.css'), 'utf8')

let bundled: Promise<string> | undefined

const script = (): Promise<string> => (bundled ??= bundle())

const bundle = async (): Promise<string> => {
  const options = { bundle: true, write: false, format: 'iife', target: 'es2022' } as const
  const { outputFiles } = await build({ ...options, entryPoints: [placeOf('main.ts')] })
  return outputFiles.map(({ text }) => text).join('\n')
}
