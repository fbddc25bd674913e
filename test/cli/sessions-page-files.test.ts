import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sessionsPageFiles } from '../../cli/sessions-page-files.ts'
import { root } from '../local/processes.ts'

const example: unknown = JSON.parse(
  readFileSync(join(root, 'pages/sessions/config.example.json'), 'utf8'),
)

it('builds a page that may call the API and the issuer alone, and has no inline script', async () => {
  const files = await sessionsPageFiles(example)
  const document = files.find(({ name }) => name === 'index.html')?.text ?? ''

  expect(files.map(({ name }) => name)).toEqual([
    'index.html',
    'page.css',
    'page.js',
    'config.json',
  ])
  expect(document).toContain(
    "connect-src 'self' https://abcde12345.execute-api.eu-central-1.amazonaws.com https://login.example.com;",
  )
  expect(document).toContain("default-src 'none'; script-src 'self'")
  expect(document).not.toMatch(/<script(?! type="module" src="page\.js">)|style=|onclick/)
})

it('is not built for settings that are none', async () => {
  await expect(sessionsPageFiles({ apiUrl: 'nowhere' })).rejects.toThrow(/Invalid/)
})
