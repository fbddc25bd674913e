// The Sessions page as files: document, style, script and settings, for whoever builds or serves it.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { parseSettings, type Settings } from '../pages/sessions/settings.ts'

export type PageFile = { readonly name: string; readonly type: string; readonly text: string }

/** Errors: `ValiError` for settings that are none. */
export const sessionsPageFiles = async (unverified: unknown): Promise<readonly PageFile[]> => {
  const settings = parseSettings(unverified)
  const [document, style, script] = await Promise.all([
    readFile(placeOf('index.html'), 'utf8'),
    readFile(placeOf('page.css'), 'utf8'),
    bundle(),
  ])
  return [
    {
      name: 'index.html',
      type: 'text/html',
      text: document.replace('{{policy}}', policyFor(settings)),
    },
    { name: 'page.css', type: 'text/css', text: style },
    { name: 'page.js', type: 'text/javascript', text: script },
    {
      name: 'config.json',
      type: 'application/json',
      text: `${JSON.stringify(settings, null, 2)}\n`,
    },
  ]
}

// Whom the page may call is fixed when it is built: a script that got in could send the token nowhere else.
const policyFor = ({ apiUrl, signIn: { issuer, origins } }: Settings): string => {
  const called = [apiUrl, issuer, ...origins].map((url) => new URL(url).origin)
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src 'self' ${[...new Set(called)].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

const placeOf = (name: string): string =>
  fileURLToPath(new URL(`../pages/sessions/${name}`, import.meta.url))

const bundle = async (): Promise<string> => {
  const options = {
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  } as const
  const { outputFiles } = await build({ ...options, entryPoints: [placeOf('main.ts')] })
  return outputFiles.map(({ text }) => text).join('\n')
}
