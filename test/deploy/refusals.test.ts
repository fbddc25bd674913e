// What packaging refuses, and what the serverless command must do with a stage all the same.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { bundleOptions, deployedFoldersOnly, functionBundle } from '../../cli/bundle-options.ts'
import { copyService, runServerless } from './service-copy.ts'
import { namesOfType, readTemplate } from './template.ts'

const withTenant = (change: (file: string) => string): string => {
  const folder = copyService()
  const path = join(folder, 'tenants/acme.yml')
  writeFileSync(path, change(readFileSync(path, 'utf8')))
  return folder
}

describe('packaging refuses', { timeout: 90_000 }, () => {
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

  it('plain http and every other mistake of a tenant file, all named', async () => {
    const folder = withTenant((file) =>
      file
        .replace('https://acme', 'http://acme')
        .replace('margin_seconds: 30', 'margin_seconds: 301')
        .replace('nightly-reports', 'nightly reports'),
    )

    const run = await runServerless(folder, 'package', '--stage', 'acme')

    expect(run.exitCode).toBe(1)
    expect(run.output).toContain('looker.base_url: write the origin alone: https://')
    expect(run.output).toContain('api_tokens.margin_seconds: write a whole number')
    expect(run.output).toContain('api_tokens.callers[0].role: write the name of the IAM role')
    expect(run.output).not.toMatch(/\n\s+at /)
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

describe('a tenant file', { timeout: 90_000 }, () => {
  it('sets what browsers are told, parallel runs and the life of logs', async () => {
    const folder = withTenant((file) =>
      file
        .replace('https://portal.acme.example', 'https://app.acme.example')
        .replace('reserved_concurrency: null', 'reserved_concurrency: 7')
        .replace('log_retention_days: 30', 'log_retention_days: 90'),
    )

    const run = await runServerless(folder, 'package', '--stage', 'acme')
    const template = readTemplate(folder)
    const valueOf = (name: string, property: string) =>
      template.Resources[name]?.Properties[property]

    expect(run.exitCode).toBe(0)
    expect(valueOf('HttpApi', 'CorsConfiguration')).toMatchObject({
      AllowOrigins: ['https://app.acme.example'],
      AllowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    })
    expect(
      namesOfType(template, 'AWS::Lambda::Function').map((name) => [
        name,
        valueOf(name, 'ReservedConcurrentExecutions'),
      ]),
    ).toEqual([
      ['IssueApiTokenLambdaFunction', 7],
      ['IssueApiTokenDirectLambdaFunction', 7],
      ['AcquireEmbedSessionLambdaFunction', 7],
      ['AcquireEmbedSessionDirectLambdaFunction', 7],
      ['GenerateEmbedTokensLambdaFunction', 7],
      ['GenerateEmbedTokensDirectLambdaFunction', 7],
      ['EmbedSessionLambdaFunction', 7],
      ['EmbedSessionDirectLambdaFunction', 7],
      ['SessionsLambdaFunction', undefined],
      ['SessionsDirectLambdaFunction', undefined],
      ['HealthLambdaFunction', undefined],
      ['RenewApiTokensLambdaFunction', undefined],
      ['EndDueSessionsLambdaFunction', undefined],
    ])
    expect(
      namesOfType(template, 'AWS::Logs::LogGroup').map((name) => valueOf(name, 'RetentionInDays')),
    ).toEqual(Array(13).fill(90))
  })

  it('of the local stage can be printed, for the local gateway takes its routes from there', async () => {
    const run = await runServerless(copyService(), 'print', '--stage', 'local', '--format', 'json')

    expect(run.exitCode).toBe(0)
    expect(run.output).toContain('"path": "/api-token"')
    expect(run.output).toContain('https://localhost:4014')
  })
})
