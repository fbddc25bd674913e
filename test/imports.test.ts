// The shape of the house: imports point down, never in a circle, and the outside is named in one file.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** From the top to the ground; a file may import its own row and the rows below. */
const rows: readonly (readonly string[])[] = [
  ['functions/'],
  ['lib/http/'],
  ['lib/sdk/'],
  ['lib/index.ts'],
  ['lib/sources/'],
  ['lib/embed-broker.ts', 'lib/doctor-broker.ts'],
  ['lib/broker.ts'],
  ['lib/embed/', 'lib/doctor/'],
  ['lib/tokens/'],
  ['lib/identity/', 'lib/crypto/'],
  ['lib/store/', 'lib/looker/'],
  ['lib/config.ts', 'lib/log.ts'],
  ['lib/metrics.ts'],
  ['lib/events.ts'],
  ['lib/config/'],
  ['lib/errors.ts', 'lib/secret.ts', 'lib/system.ts', 'lib/version.ts'],
  ['lib/time.ts'],
  // For browsers: stands alone.
  ['lib/browser/'],
]

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')

/** Relative imports, type-only ones and re-exports included, as paths from the root. */
const importsOf = (file: string, text = textOf(file)): string[] =>
  [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target = '']) =>
    normalize(join(dirname(file), target)),
  )

const rowOf = (file: string): number =>
  rows.findIndex((names) => names.some((name) => file.startsWith(name)))

const upward = (file: string, targets: readonly string[]): string[] =>
  targets.filter((target) => rowOf(target) < rowOf(file)).map((target) => `${file} -> ${target}`)

const circlesIn = (graph: ReadonlyMap<string, readonly string[]>): string[] => {
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')]
    if (done.has(file)) return []
    const found = (graph.get(file) ?? []).flatMap((target) => walk(target, [...path, file]))
    done.add(file)
    return found
  }
  return [...graph.keys()].flatMap((file) => walk(file, []))
}

const deployed = [...filesIn('lib'), ...filesIn('functions')]
const graphOf = (files: readonly string[]) => new Map(files.map((file) => [file, importsOf(file)]))

describe('imports', () => {
  it('point down in everything that is deployed', () => {
    const violations = deployed.flatMap((file) => upward(file, importsOf(file)))

    expect(deployed.map(rowOf)).not.toContain(-1)
    expect(violations).toEqual([])
  })

  it('are found upward when one points there', () => {
    const text = "import type { Broker } from '../broker.ts'"

    const violations = upward('lib/tokens/token.ts', importsOf('lib/tokens/token.ts', text))

    expect(violations).toEqual(['lib/tokens/token.ts -> lib/broker.ts'])
  })

  it('never go in a circle, not even for types', () => {
    const everything = [...deployed, ...filesIn('local'), ...filesIn('cli')]

    expect(circlesIn(graphOf(everything))).toEqual([])
    expect(
      circlesIn(
        new Map([
          ['a', ['b']],
          ['b', ['a']],
        ]),
      ),
    ).toEqual(['a -> b -> a'])
  })

  it('bring nothing of local, cli or test into what is deployed', () => {
    const targets = deployed.flatMap((file) => importsOf(file))

    expect(targets.filter((target) => !/^(lib|functions)\//.test(target))).toEqual([])
  })
})

describe('the outside', () => {
  const outside =
    /process\.env|Date\.now|new Date\(\)|Math\.random|randomBytes\b.*node:crypto|performance\.now|new \w+Client\(/

  it('is named in one file each for functions, callers and browsers, and the clock in one', () => {
    const naming = deployed.filter((file) => outside.test(textOf(file)))

    expect(naming.toSorted()).toEqual([
      'lib/broker.ts',
      'lib/browser/surroundings.ts',
      'lib/sources/surroundings.ts',
      'lib/system.ts',
    ])
  })
})
