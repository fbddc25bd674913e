// What the library says of itself: the declarations that the compiler would publish.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { version } from '../lib/version.ts'
import manifest from '../package.json' with { type: 'json' }

const folder = mkdtempSync(join(tmpdir(), 'declarations-'))
afterAll(() => rmSync(folder, { recursive: true }))

const publish = (): void => {
  const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false']
  execFileSync('npx', ['tsc', '--outDir', folder, ...options], { stdio: 'pipe' })
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
