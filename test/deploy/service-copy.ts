// A copy of what is deployed in a folder of its own, so that packaging neither meets nor leaves anything
// in the checkout, and the serverless command run on it without a network.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../temporary-folder.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** esbuild takes from tsconfig.json that the code is strict. */
const deployed = [
  'package.json',
  'tsconfig.json',
  'serverless.yml',
  'cli',
  'functions',
  'lib',
  'tenants',
]

/** The folder's path. */
export const copyService = (): string => {
  const folder = temporaryFolder()
  for (const name of deployed) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

export type Run = {
  readonly exitCode: number
  readonly output: string
  /** Connections that were tried, one a line. */
  readonly network: string
}

/** Without credentials, region or anything else of this machine's environment. */
export const runServerless = (folder: string, ...args: readonly string[]): Promise<Run> =>
  runServerlessWith({}, folder, ...args)

export const runServerlessWith = (
  variables: Readonly<Record<string, string>>,
  folder: string,
  ...args: readonly string[]
): Promise<Run> => {
  const command = join(root, 'node_modules/serverless/bin/serverless.js')
  const attempts = join(folder, 'network-attempts')
  const env = {
    ...variables,
    PATH: process.env['PATH'],
    HOME: folder,
    NETWORK_ATTEMPTS: attempts,
  }
  const guard = join(root, 'test/deploy/no-network.cjs')
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--require', guard, command, ...args],
      { cwd: folder, env, timeout: 540_000 },
      (error, stdout, stderr) =>
        resolve({
          exitCode: error === null ? 0 : Number(error.code ?? -1),
          output: `${stdout}${stderr}`,
          network: existsSync(attempts) ? readFileSync(attempts, 'utf8') : '',
        }),
    )
  })
}
