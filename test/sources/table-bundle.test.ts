// What a bundler takes along for tokens from the table.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What each file of the bundle is made of, the one that is loaded at the first token apart. */
const bundled = async () => {
  const contents = "export { tableTokens } from './lib/sources/table-tokens.ts'"
  const { metafile } = await build({
    stdin: { contents, resolveDir: root },
    absWorkingDir: root,
    outdir: 'out',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    external: ['@aws-sdk/*'],
  })
  const outputs = Object.entries(metafile.outputs)
  const filesOf = (isLater: boolean): readonly string[] =>
    outputs
      .filter(([name]) => /table-/.test(name) === isLater)
      .flatMap(([, { inputs }]) => Object.entries(inputs))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([name]) => name)
  const importsAtOnce = outputs
    .filter(([name]) => !/table-/.test(name))
    .flatMap(([, { imports }]) => imports)
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => path)
  return { atOnce: filesOf(false), later: filesOf(true), importsAtOnce }
}

test('the AWS clients and what works with them are loaded at the first token', async () => {
  const { atOnce, later, importsAtOnce } = await bundled()

  expect(importsAtOnce.filter((path) => path.startsWith('@aws-sdk/'))).toEqual([])
  expect(atOnce).not.toContain('lib/broker.ts')
  expect(later).toEqual(expect.arrayContaining(['lib/broker.ts', 'lib/tokens/shared-login.ts']))
})

test('nothing of embed sessions, HTTP, identities, functions or tenant files comes along', async () => {
  const { atOnce, later } = await bundled()

  const unwanted =
    /lib\/(embed|http|identity|browser|sdk)\/|functions\/|lib\/config(\.ts|\/(?!schema))/

  expect([...atOnce, ...later].filter((name) => unwanted.test(name))).toEqual([])
})
