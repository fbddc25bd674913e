// What of others comes with the package, into a bundle or onto the machine of who builds: what docs/dependencies.md
// names with its reason, and nothing else.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { BuildOptions } from 'esbuild'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { functionBundle } from '../../cli/bundle-options.ts'
import { unusedSdkParts } from '../../cli/unused-sdk-parts.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

const names = v.optional(v.record(v.string(), v.string()), {})

const manifest = v.parse(
  v.object({
    scripts: names,
    dependencies: names,
    peerDependencies: names,
    optionalDependencies: names,
  }),
  JSON.parse(textOf('package.json')),
)

const lock = v.parse(
  v.object({
    packages: v.record(
      v.string(),
      v.object({
        resolved: v.optional(v.string()),
        integrity: v.optional(v.string()),
        hasInstallScript: v.optional(v.boolean(), false),
      }),
    ),
  }),
  JSON.parse(textOf('package-lock.json')),
)

/** Packages in the table under a heading, each with a reason. */
const namedUnder = (heading: string): ReadonlySet<string> => {
  const [, section = ''] = textOf('docs/dependencies.md').split(`\n## ${heading}\n`)
  const [own = ''] = section.split('\n## ')
  const rows = [...own.matchAll(/^\| `([^`]+)` +\|.*[\w.] *\|$/gm)]
  return new Set(rows.map(([, name = '']) => name))
}

/** `node_modules/a/node_modules/@b/c/index.js` is of `@b/c`. */
const packageOf = (path: string): string | undefined =>
  [...path.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].at(-1)?.[1]

const bundledBy = async (options: BuildOptions): Promise<ReadonlySet<string>> => {
  const { metafile } = await build({
    ...options,
    absWorkingDir: root,
    metafile: true,
    write: false,
  })
  const inputs = Object.values(metafile?.outputs ?? {}).flatMap((output) =>
    Object.entries(output.inputs),
  )
  return new Set(
    inputs
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .flatMap(([path]) => packageOf(path) ?? []),
  )
}

describe('what is named with its reason', () => {
  it('is what the package brings and expects', () => {
    const { dependencies, peerDependencies, optionalDependencies } = manifest

    const all = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })

    expect(new Set(all)).toEqual(namedUnder('Of the package'))
  })

  it('is what is bundled into the functions', async () => {
    const bundled = await bundledBy({
      ...functionBundle,
      entryPoints: readdirSync(join(root, 'functions')).map((name) => `functions/${name}`),
      outdir: 'out',
      plugins: [unusedSdkParts],
    })

    expect(bundled).toEqual(namedUnder('Of the functions'))
  })

  it('is what is bundled into the Sessions page', async () => {
    const bundled = await bundledBy({
      entryPoints: ['pages/sessions/main.ts'],
      bundle: true,
      format: 'esm',
      platform: 'browser',
    })

    expect(bundled).toEqual(namedUnder('Of the Sessions page'))
  })

  it('is what has an install script', () => {
    const withScript = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .flatMap(([path]) => packageOf(path) ?? [])

    expect(new Set(withScript)).toEqual(namedUnder('Install scripts'))
  })
})

describe('an install', () => {
  it('runs no script of this project', () => {
    const runByInstall = /^(pre|post)?(install|prepare|prepublish|dependencies)$/

    expect(Object.keys(manifest.scripts).filter((name) => runByInstall.test(name))).toEqual([])
  })

  it('is proven to need no script, because every run of the checks does without', () => {
    expect(textOf('.ci/run')).toMatch(/^npm ci .*--ignore-scripts$/m)
  })

  it('takes each package from the registry of who installs, and only if it is the very one', () => {
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '')

    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
    expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  })
})
