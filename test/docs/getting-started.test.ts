// The page that leads from nothing to a dashboard: its tenant file is one, and its page can be built.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { compileTenant } from '../../cli/tenant-file.ts'
import { codeBlocks } from './code-blocks.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(`${root}/docs/getting-started.md`, 'utf8')

const block = (name: string): string => {
  const code = codeBlocks(text).get(name)
  if (code === undefined) throw new Error(`docs/getting-started.md shows no ${name}`)
  return code
}

describe('the page for who begins', () => {
  it('shows a tenant file that can be deployed as it stands', () => {
    const tenant = compileTenant('yours', block('tenants/yours.yml'))

    expect(tenant.embed?.session_policy).toMatchObject({ session_duration: 3600 })
    expect(tenant.identity?.jwt).toMatchObject({ audience: ['looker-embed'] })
  })

  it('shows a page whose imports are those of the package', async () => {
    const { outputFiles, warnings } = await build({
      stdin: { contents: block('page.js'), resolveDir: root },
      alias: { 'looker-token-broker/browser': `${root}/lib/browser/index.ts` },
      bundle: true,
      format: 'esm',
      write: false,
    })

    expect(warnings).toEqual([])
    expect(outputFiles[0]?.text).toContain('/acquire-embed-session')
  })

  it('takes its steps in the order in which they work', () => {
    const commands = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, code = '']) => code.trim())

    expect(commands).toEqual([
      'npm ci\nnpm run tenant:check -- yours',
      'npx serverless deploy --stage yours',
      'npm run tenant:secret -- --stage yours < secret.txt',
      'npm run doctor -- --stage yours',
    ])
  })
})
