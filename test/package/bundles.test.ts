// What a bundler takes of the installed package into a function or a page: what is used, and nothing else.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { BuildOptions } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { install } from './packed.ts'

let folder: string
/** Without any of the optional packages. */
let bare: string

beforeAll(async () => {
  folder = await install(['@looker', '@aws-sdk'])
  bare = await install()
}, 180_000)

type Bundle = {
  readonly bytes: number
  /** Files that something is left of, as they are called in the package or after `node_modules/`. */
  readonly files: readonly string[]
  readonly imports: readonly string[]
}

const bundle = async (
  program: string,
  options: BuildOptions,
  project = folder,
): Promise<Bundle> => {
  const entry = join(project, 'entry.mjs')
  writeFileSync(entry, program)
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: project,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: 'out',
    logLevel: 'silent',
    ...options,
  })
  const outputs = Object.values(metafile?.outputs ?? {})
  const files = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path.replace(/^.*looker-token-broker\/dist\/|^.*node_modules\//, '')),
  )
  return {
    bytes: outputFiles?.[0]?.contents.length ?? Number.NaN,
    files,
    imports: outputs.flatMap(({ imports }) => imports.map(({ path }) => path)),
  }
}

const clientsIn = (imports: readonly string[]): readonly string[] =>
  [...new Set(imports)].filter((name) => name.startsWith('@aws-sdk/')).toSorted()

const inFunction: BuildOptions = {
  platform: 'node',
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  external: ['@aws-sdk/*'],
}
const inPage: BuildOptions = { platform: 'browser', target: 'es2022', format: 'esm' }

// Work that many wait for, and a pause that Looker asks for, are understood without the table as well.
const ofTable =
  /^(?:esm|cjs)\/(?:broker|sources\/table|tokens\/(?!flights)|crypto\/|store\/|looker\/(?!retry-after))/

describe('a bundle', () => {
  it('of functionTokens has nothing of the table, its keys and its seals', async () => {
    const program =
      "import { functionTokens } from 'looker-token-broker'\nconsole.log(functionTokens)"

    const { files, imports } = await bundle(program, inFunction)

    expect(files).toContain('esm/sources/function-tokens.js')
    expect(files.filter((path) => ofTable.test(path))).toEqual([])
    expect(clientsIn(imports)).toEqual(['@aws-sdk/client-lambda'])
  })

  it('is made where no AWS client is installed, if they are left to the runtime', async () => {
    const program =
      "import { functionTokens } from 'looker-token-broker'\nconsole.log(functionTokens)"

    const { imports } = await bundle(program, inFunction, bare)

    expect(clientsIn(imports)).toEqual(['@aws-sdk/client-lambda'])
  })

  it('of the error alone is small', async () => {
    const program = "import { TokenError } from 'looker-token-broker'\nconsole.log(TokenError)"

    const { bytes, imports } = await bundle(program, inFunction)

    expect(bytes).toBeLessThan(2_000)
    expect(imports).toEqual([])
  })

  it('of a session with functionTokens has nothing of the table', async () => {
    const program = `
      import { brokerSession, functionTokens } from 'looker-token-broker/sdk'
      console.log(brokerSession, functionTokens)`

    const { files, imports } = await bundle(program, inFunction)

    expect(files).toContain('esm/sdk/session.js')
    expect(files.filter((path) => ofTable.test(path))).toEqual([])
    expect(clientsIn(imports)).toEqual(['@aws-sdk/client-lambda'])
    expect(files.filter((path) => path.startsWith('ini/'))).toEqual([])
  })

  it('of tableTokens has no way to invoke the broker', async () => {
    const program = "import { tableTokens } from 'looker-token-broker'\nconsole.log(tableTokens)"

    const { files, imports } = await bundle(program, inFunction)

    expect(files).toEqual(expect.arrayContaining(['esm/broker.js', 'esm/tokens/shared-login.js']))
    expect(files.filter((path) => path.includes('function-tokens'))).toEqual([])
    expect(clientsIn(imports)).toEqual(['@aws-sdk/client-dynamodb', '@aws-sdk/client-kms'])
  })

  it('of CommonJS carries both sources, and still loads what one of them needs when it needs it', async () => {
    const program = "console.log(require('looker-token-broker').functionTokens)"

    const { files } = await bundle(program, { ...inFunction, format: 'cjs' })

    expect(files).toContain('cjs/sources/table-tokens.js')
  })

  it('of the browser part has nothing of Node, of the other parts, and no other package', async () => {
    const program = `
      import { createBrokerSession } from 'looker-token-broker/browser'
      console.log(createBrokerSession)`

    const { files, imports } = await bundle(program, inPage)

    expect(files).toContain('esm/browser/index.js')
    expect(files.filter((path) => !/^(?:esm\/browser\/|entry\.mjs$)/.test(path))).toEqual([])
    expect(imports).toEqual([])
  })

  it('of a page cannot have the part for functions', async () => {
    const program =
      "import { functionTokens } from 'looker-token-broker'\nconsole.log(functionTokens)"

    const bundling = bundle(program, inPage)

    await expect(bundling).rejects.toThrow('node:')
  })
})
