// The page that leads from nothing to a dashboard, followed to the letter as far as that goes without an account:
// its commands are run on its tenant file, in a copy of the project, and its page is built.
import { execFile } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileTenant } from '../../cli/tenant-file.ts'
import { readTemplate } from '../deploy/template.ts'
import { cleanEnvironment } from '../local/processes.ts'
import { hasDynamoDb } from '../setup/table.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { startAws } from './aws-of-a-stage.ts'
import type { AwsOfAStage } from './aws-of-a-stage.ts'
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
})

const commands = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, code = '']) =>
  code.trim().split('\n'),
)
const [install, check = '', deploy = '', tell = '', storeSecret = '', examine = '', ...others] =
  commands

describe('the commands of the page', () => {
  it('come in the order in which they work', () => {
    expect([install, others]).toEqual(['npm ci', []])
    expect(deploy).toBe('npx serverless deploy --stage yours')
  })

  it('take the secret from a file that no commit takes', () => {
    const [, file = ''] = / < (\S+)$/.exec(storeSecret) ?? []
    const ignored = readFileSync(`${root}/.gitignore`, 'utf8').split('\n')

    expect(file).toMatch(/secret\.txt$/)
    expect(ignored).toContain('*secret.txt')
  })
})

type Ended = { readonly exitCode: number; readonly output: string }

/** Without what this machine says of AWS and Looker. */
const runIn = (
  folder: string,
  command: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...cleanEnvironment(), ...variables }
    execFile('bash', ['-c', command], { cwd: folder, env, timeout: 110_000 }, (error, out, err) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), output: out + err }),
    )
  })

const clientSecret = 'getting-started-secret-0001'

const folders = ['cli', 'functions', 'lib', 'local', 'tenants']
const parts = [...folders, 'package.json', 'serverless.yml', 'tsconfig.json']

/** A clone after `npm ci`, with the two files that the reader makes. */
const cloneOfReader = (): string => {
  const folder = temporaryFolder('getting-started-')
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'tenants/yours.yml'), block('tenants/yours.yml'))
  writeFileSync(join(folder, 'secret.txt'), `${clientSecret}\n`)
  return folder
}

describe.skipIf(!hasDynamoDb())('a reader who follows the page', { timeout: 120_000 }, () => {
  let folder: string
  let aws: AwsOfAStage
  let packaged: Promise<Ended>

  beforeAll(async () => {
    folder = cloneOfReader()
    // Deploying needs an account; what of it can be done here is packaging. The other steps need not wait for it.
    packaged = runIn(folder, deploy.replace('serverless deploy', 'serverless package'))
    const tenant = compileTenant('yours', block('tenants/yours.yml'))
    const outputs = () => Object.keys(readTemplate(folder).Outputs)
    aws = await startAws({ stage: 'yours', tenant, clientSecret, outputs })
  })

  afterAll(async () => {
    await packaged
    await aws.close()
  })

  it('is told that the tenant file is good', async () => {
    expect(await runIn(folder, check)).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('tenants/yours.yml is good: https://acme.cloud.looker.com'),
    })
  })

  it('stores the secret, and is told by the doctor that all is well', async () => {
    const stored = await runIn(folder, storeSecret, aws.variables)
    const examined = await runIn(folder, examine, aws.variables)

    expect(stored).toMatchObject({ exitCode: 0, output: expect.stringContaining('Stored for ') })
    expect(examined).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('\nThe stage yours is well: '),
    })
    expect(stored.output + examined.output).not.toContain(clientSecret)
  })

  it('packages a stage of all functions', async () => {
    expect(await packaged).toMatchObject({ exitCode: 0 })
    expect(readdirSync(join(folder, '.serverless'))).toEqual(
      expect.arrayContaining(['issueApiToken.zip', 'acquireEmbedSession.zip', 'sessions.zip']),
    )
  })

  it('is told by the deployed stack where the API is, and who may store the secret', async () => {
    await packaged

    const told = await runIn(folder, tell, aws.variables)

    expect(told.exitCode).toBe(0)
    for (const name of ['HttpApiUrl', 'SecretWriterRoleArn']) {
      expect(text).toContain(`\`${name}\``)
      expect(told.output).toContain(`${name}: value-of-${name}`)
    }
  })
})
