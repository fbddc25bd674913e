// The zip of each function: one file, its own tenant, and nothing else of the machine that packages.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileTenant } from '../../../cli/tenant-file.ts'
import { findSecrets } from '../../canary/search.ts'
import { bundleFunctions } from '../function-bundles.ts'
import { canaries, fileCanaries, grownBytes, stages } from '../packaged.ts'
import type { Packaged, StageName } from '../packaged.ts'

const bundles: readonly [string, string, string][] = [
  ['issueApiToken', 'functions/issue-api-token.cjs', 'handler'],
  ['issueApiTokenDirect', 'functions/issue-api-token.cjs', 'direct'],
  ['acquireEmbedSession', 'functions/acquire-embed-session.cjs', 'handler'],
  ['acquireEmbedSessionDirect', 'functions/acquire-embed-session.cjs', 'direct'],
  ['generateEmbedTokens', 'functions/generate-embed-tokens.cjs', 'handler'],
  ['generateEmbedTokensDirect', 'functions/generate-embed-tokens.cjs', 'direct'],
  ['embedSession', 'functions/embed-session.cjs', 'handler'],
  ['embedSessionDirect', 'functions/embed-session.cjs', 'direct'],
  ['health', 'functions/health.cjs', 'handler'],
  ['renewApiTokens', 'functions/renew-api-tokens.cjs', 'handler'],
  ['sessions', 'functions/sessions.cjs', 'handler'],
  ['sessionsDirect', 'functions/sessions.cjs', 'direct'],
  ['revokeEverythingDirect', 'functions/revoke-everything.cjs', 'direct'],
  ['endDueSessions', 'functions/end-due-sessions.cjs', 'handler'],
  ['examineLookerDirect', 'functions/examine-looker.cjs', 'direct'],
]

/** Files, handlers and sizes are those of every tenant; how a grown one is, is checked apart. */
const alike: StageName = 'jwt'

export const checkBundles = (stage: StageName, of: () => Packaged): void => {
  const codeOf = (name: string, path: string): Buffer =>
    of().filesOf(name).get(path) ?? Buffer.alloc(0)

  describe('a bundle', () => {
    it.each(bundles)(
      'of %s is one file, with the entry that Lambda asks for',
      (name, path, entry) => {
        const files = of().filesOf(name)
        const resource = `${name[0]?.toUpperCase()}${name.slice(1)}LambdaFunction`
        const properties = of().template.Resources[resource]?.Properties ?? {}

        expect([...files.keys()]).toEqual([path])
        expect(properties['Handler']).toBe(`${path.replace('.cjs', '')}.${entry}`)
      },
    )

    it('holds no secret of the machine that packages, no other tenant, nothing not deployed', () => {
      const written = bundles.map(([source, path]) => ({
        source,
        text: codeOf(source, path).toString(),
      }))
      const others = stages.filter((other) => other !== stage).map((other) => `client-of-${other}`)

      const secrets = [...Object.values(canaries), ...fileCanaries, ...others]

      expect(findSecrets(written, secrets)).toEqual([])
      expect(written.map(({ text }) => text).join('')).not.toMatch(
        /local-client|127\.0\.0\.1:4010|sourceMappingURL|parseDocument/,
      )
    })

    it('holds the tenant file where it is read', () => {
      const readers = bundles.filter(([name]) => name !== 'health')

      for (const [name, path] of readers) {
        expect(codeOf(name, path).toString()).toContain(`"client_id":"client-of-${stage}"`)
      }
    })
  })

  if (stage === alike) checkMakeAndLoad(of, codeOf)
  if (stage === 'without-embed') checkGrown(of, codeOf)
}

type CodeOf = (name: string, path: string) => Buffer

const checkMakeAndLoad = (of: () => Packaged, codeOf: CodeOf): void => {
  describe('a bundle', () => {
    // So what the budgets are held against (budgets.test.ts) is what is deployed.
    it('is made as the one that has a budget', async () => {
      const file = readFileSync(join(of().folder, `tenants/${alike}.yml`), 'utf8')
      const budgeted = await bundleFunctions({ tenant: compileTenant(alike, file) })

      const differing = bundles.filter(([name, path]) => {
        const made = budgeted.find((one) => one.name === basename(path, '.cjs'))
        return !made?.code.equals(codeOf(name, path))
      })

      expect(differing).toEqual([])
      expect(budgeted).toHaveLength(new Set(bundles.map(([, path]) => path)).size)
    })

    it.each(bundles)('of %s loads as CommonJS in a bare process', (name, path, entry) => {
      expect(load(of(), name, path, `typeof require('./${path}').${entry}`)).toBe('function')
    })
  })
}

const checkGrown = (of: () => Packaged, codeOf: CodeOf): void => {
  describe('a tenant file beyond any environment', () => {
    it('travels in the bundle, and the bundle loads', () => {
      const file = readFileSync(join(of().folder, `tenants/without-embed.yml`))
      const code = codeOf('issueApiTokenDirect', 'functions/issue-api-token.cjs')

      expect(file.length).toBeGreaterThanOrEqual(grownBytes)
      expect(code.toString()).toContain('"role":"caller-2499"')
      expect(
        load(
          of(),
          'issueApiTokenDirect',
          'functions/issue-api-token.cjs',
          `(await require('./functions/issue-api-token.cjs').direct({}, ${context})).type`,
        ),
      ).toBe('urn:problem-type:looker-token-broker:forbidden')
    })
  })
}

const context = `{ awsRequestId: 'request-1', getRemainingTimeInMillis: () => 20_000 }`

/** What an expression says in a process that has what Lambda sets, and nothing else. */
const load = (of: Packaged, name: string, path: string, expression: string): string => {
  const place = join(of.folder, 'unpacked', name)
  mkdirSync(join(place, 'functions'), { recursive: true })
  writeFileSync(join(place, path), of.filesOf(name).get(path) ?? '')
  const script = `(async () => process.stdout.write('\\n' + (${expression})))()`
  const printed = execFileSync(process.execPath, ['-e', script], { cwd: place, env: lambda })
  return printed.toString().split('\n').at(-1) ?? ''
}

const lambda = {
  STAGE: 'acme',
  TABLE_NAME: 'looker-token-broker-acme',
  KEY_ID: 'arn:aws:kms:eu-central-1:123456789012:key/0',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_SESSION_TOKEN: 'example',
}
