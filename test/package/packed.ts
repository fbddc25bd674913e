// The package as `npm pack` makes it of a copy of the project, and projects that install it without a network.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { temporaryFolder } from '../temporary-folder.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export type Packed = { readonly tarball: string; readonly files: readonly string[] }

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
export const pack = (): Packed => {
  const folder = temporaryFolder()
  for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const stdout = npm(folder, 'pack', '--json', '--silent')
  const [{ filename, files }] = v.parse(packSchema, JSON.parse(stdout))
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) }
}

/** An empty project with the package in it, and what is named of `node_modules` linked beside it. */
export const install = ({ tarball }: Packed, linked: readonly string[] = []): string => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const dependencies = ['ini', 'valibot'].map((name) => join(root, 'node_modules', name))
  npm(
    folder,
    'install',
    '--offline',
    '--install-links',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    tarball,
    ...dependencies,
  )
  for (const name of linked) link(folder, name)
  return folder
}

const link = (folder: string, name: string): void => {
  const path = join(folder, 'node_modules', name)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), path)
}

const npm = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('npm', args, {
    cwd,
    // Nothing of the run that this test is part of.
    env: { PATH: process.env['PATH'], HOME: cwd },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
