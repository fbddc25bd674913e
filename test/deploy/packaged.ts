// Three tenants that differ, each packaged once for all tests: without a network, on a machine full of
// secrets.
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyService, root, runServerlessWith } from './service-copy.ts'
import type { Run } from './service-copy.ts'
import { readTemplate } from './template.ts'
import type { Template } from './template.ts'
import { unzip } from './zip.ts'

export const stages = ['jwt', 'lambda', 'without-embed'] as const

export type StageName = (typeof stages)[number]

export type Packaged = {
  readonly run: Run
  readonly template: Template
  /** The template as it is written. */
  readonly text: string
  readonly folder: string
  /** Name to content of the files in a function's zip. */
  readonly filesOf: (functionName: string) => ReadonlyMap<string, Buffer>
}

/** What a machine may have lying about, none of which belongs into a template or a bundle. */
export const canaries = {
  LOOKERSDK_CLIENT_ID: 'canary-looker-client-id',
  LOOKERSDK_CLIENT_SECRET: 'canary-looker-client-secret',
  LOOKERSDK_BASE_URL: 'https://canary-looker.customer.example',
  AWS_ACCESS_KEY_ID: 'AKIACANARYCANARY0000',
  AWS_SECRET_ACCESS_KEY: 'canary/aws+secret/access+key',
  AWS_SESSION_TOKEN: 'canary-aws-session-token',
  NPM_TOKEN: 'canary-npm-token-of-this-machine',
  KEY_ID: 'canary-key-id-of-this-machine',
  TABLE_NAME: 'canary-table-name-of-this-machine',
}

export const fileCanaries = ['canary-in-a-comment', 'canary-in-a-file-beside', 'canary-in-dot-env']

export const grownBytes = 200_000

export const packageStage = async (stage: StageName): Promise<Packaged> => {
  const folder = copyService()
  cpSync(join(root, 'test/deploy/tenants'), join(folder, 'tenants'), { recursive: true })
  const [comment = '', beside = '', dotEnv = ''] = fileCanaries
  const file = join(folder, `tenants/${stage}.yml`)
  appendFileSync(file, `# ${comment}\n`)
  writeFileSync(join(folder, 'tenants/client-secret'), beside)
  writeFileSync(join(folder, '.env'), `LOOKERSDK_CLIENT_SECRET=${dotEnv}\n`)
  if (stage === 'without-embed') appendFileSync(file, manyCallers())
  const run = await runServerlessWith(canaries, folder, 'package', '--stage', stage)
  if (run.exitCode !== 0) throw new Error(run.output)
  const template = join(folder, '.serverless/cloudformation-template-update-stack.json')
  return {
    run,
    template: readTemplate(folder),
    text: readFileSync(template, 'utf8'),
    folder,
    filesOf: (name) => unzip(readFileSync(join(folder, `.serverless/${name}.zip`))),
  }
}

const manyCallers = (): string => {
  const lines = Array.from({ length: 2_500 }, (_, index) => callerLine(index))
  return `api_tokens:\n  callers:\n${lines.join('')}`
}

const callerLine = (index: number): string =>
  `    - { account: '123456789012', role: caller-${index}, users: ['1', '2'], workspaces: [dev] }\n`
