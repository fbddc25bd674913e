// The functions' bundles as packaging makes them, all in one build and without the time that packaging takes.
// test/deploy/package.test.ts compares the two, byte by byte.
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { bundleOptions } from '../../cli/bundle-options.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export type FunctionBundle = {
  readonly name: string
  readonly code: Buffer
  readonly gzipBytes: number
  /** Paths from the root, of the project and of packages. */
  readonly inputs: readonly string[]
}

/** The files in functions/, without their ending. */
export const functionNames: readonly string[] = readdirSync(`${root}/functions`)
  .map((file) => file.replace(/\.ts$/, ''))
  .toSorted((a, b) => a.localeCompare(b))

type Options = {
  /** Default: all. */
  readonly names?: readonly string[]
  /** Default: that of the stage `acme`. */
  readonly tenant?: object
  /** Default true: what is not used of the AWS SDK is left out, and the rest written to compile sooner. */
  readonly cut?: boolean
}

/** In the order of their names. */
export const bundleFunctions = async ({
  names = functionNames,
  tenant,
  cut = true,
}: Options = {}): Promise<readonly FunctionBundle[]> => {
  const packaging = bundleOptions('acme')
  const { exclude: _, outputFileExtension: _ending, skipRebuild: _again, ...options } = packaging
  const { outputFiles, metafile } = await build({
    ...options,
    ...(tenant && { define: { TENANT_FILE_JSON: JSON.stringify(JSON.stringify(tenant)) } }),
    ...(!cut && { plugins: [], supported: {} }),
    entryPoints: names.map((name) => `functions/${name}.ts`),
    absWorkingDir: root,
    outdir: 'bundled',
    logLevel: 'error',
    metafile: true,
    write: false,
  })
  return (outputFiles ?? []).map(({ path, contents }) => {
    const name = basename(path, '.js')
    const code = Buffer.from(contents)
    const inputs = Object.keys(metafile?.outputs[`bundled/${name}.js`]?.inputs ?? {})
    return { name, code, gzipBytes: gzipSync(code).length, inputs }
  })
}
