// Vitest global setup: the package as `npm pack` makes it of a copy of the project, and an empty project that
// installed it without a network. Made once for a whole run, in the folder of test/setup/folder.ts, when the first test
// asks: see test/package/packed.ts.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Hono } from 'hono'
import * as v from 'valibot'
import type { TestProject } from 'vitest/node'
import { listen } from '../browser/listen.ts'

declare module 'vitest' {
  interface ProvidedContext {
    packageUrl: string
  }
}

export type Packed = {
  readonly tarball: string
  readonly files: readonly string[]
  /** The folder of a project that has the package and nothing else. */
  readonly installed: string
}

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const { folder } = project.getProvidedContext()
  let packing: Promise<Packed> | undefined
  const packOnce = (): Promise<Packed> => (packing ??= pack(mkdtempSync(join(folder, 'package-'))))
  project.onTestsRerun(() => {
    packing = undefined
  })
  const app = new Hono()
  app.get('/', async (context) => context.json(await packOnce()))
  app.onError((error, context) => context.text(error.message, 500))
  const { url, close } = await listen(app)
  project.provide('packageUrl', url)
  return close
}

const root = fileURLToPath(new URL('../..', import.meta.url))

const copied = [
  'CHANGELOG.md',
  'README.md',
  'SECURITY.md',
  'cli',
  'docs',
  'functions',
  'lib',
  'local',
  'package.json',
  'serverless.yml',
  'tenants',
  'test/fixtures',
  'tsconfig.json',
  'tsconfig.package.json',
]

const packSchema = v.tuple([
  v.object({ filename: v.string(), files: v.array(v.object({ path: v.string() })) }),
])

/** Builds it first: `prepack` does. */
const pack = async (folder: string): Promise<Packed> => {
  const source = join(folder, 'source')
  for (const name of copied) cpSync(join(root, name), join(source, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'))
  const stdout = await npm(source, 'pack', '--json', '--silent')
  const [{ filename, files }] = v.parse(packSchema, JSON.parse(stdout))
  const tarball = join(source, filename)
  return {
    tarball,
    files: files.map(({ path }) => path),
    installed: await install(folder, tarball),
  }
}

const install = async (folder: string, tarball: string): Promise<string> => {
  const installed = join(folder, 'installed')
  mkdirSync(installed)
  writeFileSync(join(installed, 'package.json'), '{ "private": true }\n')
  const dependencies = ['ini', 'valibot'].map((name) => join(root, 'node_modules', name))
  const offline = ['--offline', '--install-links', '--ignore-scripts', '--no-audit', '--no-fund']
  await npm(installed, 'install', ...offline, tarball, ...dependencies)
  return installed
}

const npm = async (cwd: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)('npm', args, {
    cwd,
    // Nothing of the run that this test is part of.
    env: { PATH: process.env['PATH'], HOME: cwd },
    timeout: 120_000,
    killSignal: 'SIGKILL',
  })
  return stdout
}
