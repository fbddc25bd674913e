// What the library says of itself: the declarations that the compiler would publish.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { version } from '../lib/version.ts'
import manifest from '../package.json' with { type: 'json' }

const folder = mkdtempSync(join(tmpdir(), 'declarations-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
)

/** Of the library and the functions alone: the rest of the project takes four times as long. */
const project = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: folder,
    typeRoots: [join(root, 'node_modules/@types')],
  },
  include: ['lib', 'functions'].map((part) => join(root, part)),
  exclude: [],
}

const publish = (): void => {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
  execFileSync(process.execPath, [compiler, '--project', folder], { stdio: 'pipe' })
}

const anyType = /[:<,|&[(]\s*any\b(?!')/

describe('the published types', () => {
  it('hold no any', { timeout: 120_000 }, () => {
    publish()
    const files = ['lib', 'functions']
      .flatMap((part) =>
        readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(part, name),
        ),
      )
      .filter((name) => name.endsWith('.d.ts'))

    const withAny = files.filter((file) =>
      anyType.test(
        readFileSync(join(folder, file), 'utf8').replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, ''),
      ),
    )

    expect(files.length).toBeGreaterThan(30)
    expect(withAny).toEqual([])
  })

  it('would be found holding one', () => {
    expect(anyType.test('export declare const a: (b: any) => void')).toBe(true)
    expect(anyType.test("users: 'any' | readonly string[]")).toBe(false)
  })
})

describe('the version', () => {
  it('is that of package.json', () => {
    expect(version).toBe(manifest.version)
  })
})
