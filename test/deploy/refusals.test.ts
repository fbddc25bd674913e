// What packaging refuses, and what the serverless command must do with a stage all the same.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { bundleOptions, deployedFoldersOnly, functionBundle } from '../../cli/bundle-options.ts'
import { copyService, runServerless } from './service-copy.ts'

const withTenant = (change: (file: string) => string): string => {
  const folder = copyService()
  const path = join(folder, 'tenants/acme.yml')
  writeFileSync(path, change(readFileSync(path, 'utf8')))
  return folder
}

describe('packaging refuses', { timeout: 300_000 }, () => {
  it('a stage without a tenant file, and tells the stages there are', async () => {
    const run = await runServerless(copyService(), 'package', '--stage', 'nobody')

    expect(run.exitCode).toBe(1)
    expect(run.output).toContain('There is no tenants/nobody.yml. Stages: acme')
  })

  it('the local stage, and ends', async () => {
    const run = await runServerless(copyService(), 'package', '--stage', 'local')

    expect(run.exitCode).toBe(1)
    expect(run.output).toContain('The stage local runs on one machine only')
  })

  it.each([
    'http://acme.cloud.looker.com',
    'https://canary:canary@acme.cloud.looker.com/?canary#canary',
    'https://2130706433',
  ])('%s and every other mistake of a tenant file, all named and none quoted', async (address) => {
    const folder = withTenant((file) =>
      file
        .replace('https://acme.cloud.looker.com', address)
        .replace(/issuer: .*/, 'issuer: https://localhost/canary')
        .replace(
          /^origins: .*$/m,
          "origins: [https://*.canary.example, 'https://a.example/canary']",
        )
        .replace('margin_seconds: 30', 'margin_seconds: 301')
        .replace('nightly-reports', 'nightly canary'),
    )

    const run = await runServerless(folder, 'package', '--stage', 'acme')

    expect(run.exitCode).toBe(1)
    expect(run.output.match(/^ {2}[\w.[\]]+(?=:)/gm)).toEqual([
      '  looker.base_url',
      '  api_tokens.margin_seconds',
      '  api_tokens.callers[0].role',
      '  origins[0]',
      '  origins[1]',
      '  identity.jwt.issuer',
    ])
    expect(run.output).not.toMatch(/canary|\n\s+at /)
    expect(run.network).toBe('')
  })

  it.each(['local', 'test', 'cli'])('a bundle with a file of %s/', async (place) => {
    const folder = join(copyService(), 'bundled')
    mkdirSync(join(folder, 'functions'), { recursive: true })
    mkdirSync(join(folder, place), { recursive: true })
    writeFileSync(join(folder, place, 'part.ts'), 'export const part = 1')
    writeFileSync(join(folder, 'functions/f.ts'), `export * from '../${place}/part.ts'`)

    const attempt = build({
      ...functionBundle,
      absWorkingDir: folder,
      entryPoints: ['functions/f.ts'],
      plugins: [deployedFoldersOnly],
      write: false,
      logLevel: 'silent',
    })

    await expect(attempt).rejects.toThrow(`Not to be deployed: ${place}/part.ts`)
    expect(bundleOptions('acme').plugins).toContain(deployedFoldersOnly)
  })
})

describe('a tenant file', { timeout: 300_000 }, () => {
  it('of the local stage can be printed, for the local gateway takes its routes from there', async () => {
    const run = await runServerless(copyService(), 'print', '--stage', 'local', '--format', 'json')

    expect(run.exitCode).toBe(0)
    expect(run.output).toContain('"path": "/api-token"')
    expect(run.output).toContain('https://localhost:4014')
  })
})
