// `serverless remove` for a stage whose tenant file may be gone: from a folder of its own, with a serverless.yml that
// has just what names the stack and its deployment bucket.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { parse as parseYaml } from 'yaml'
import { Remedy } from './remedy.ts'

const deployed = v.object({
  service: v.string(),
  frameworkVersion: v.string(),
  provider: v.object({
    name: v.string(),
    runtime: v.string(),
    deploymentBucket: v.optional(v.unknown()),
    deploymentPrefix: v.optional(v.string()),
    stackName: v.optional(v.string()),
  }),
})

/** JSON is YAML. `root`: the folder with the serverless.yml that is deployed. */
export const bareService = (
  root: string,
  { stage, region }: { readonly stage: string; readonly region: string },
): string => {
  const text = readFileSync(join(root, 'serverless.yml'), 'utf8')
  const { provider, ...rest } = v.parse(deployed, parseYaml(text))
  return JSON.stringify({ ...rest, provider: { ...provider, stage, region } })
}

/** Errors: `Remedy`. */
export const serverlessRemove = async (
  root: string,
  where: { readonly stage: string; readonly region: string },
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'tenant-remove-'))
  try {
    writeFileSync(join(folder, 'serverless.yml'), bareService(root, where))
    const exitCode = await run(folder, ['remove', '--stage', where.stage, '--region', where.region])
    if (exitCode === 0) return
    throw new Remedy(
      'The stack is not removed; the lines above say why. Mend that, and run this again.',
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const run = (cwd: string, args: readonly string[]): Promise<number | null> => {
  const require = createRequire(import.meta.url)
  const command = join(dirname(require.resolve('serverless/package.json')), 'bin/serverless.js')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      cwd,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', reject).once('close', resolve)
  })
}
