// What goes to those who install the package, as the tools of the trade see it.
import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import type { Packed } from '../setup/package.ts'
import { packOnce, root } from './packed.ts'

let packed: Packed
let installed: string

beforeAll(async () => {
  packed = await packOnce()
  installed = `${packed.installed}/node_modules/looker-token-broker`
}, 180_000)

const textOf = (path: string): string => readFileSync(`${installed}/${path}`, 'utf8')

const namesOf = (format: string, end: string): readonly string[] =>
  packed.files
    .filter((path) => path.startsWith(`dist/${format}/`) && path.endsWith(end))
    .map((path) => path.slice(`dist/${format}/`.length, -end.length))

describe('the tarball', () => {
  it('holds what is built, and how to use it', () => {
    const built = /^dist\/(?:esm|cjs)\/(?:package\.json|[\w/-]+\.js|[\w/-]+\.d\.ts)$/

    const others = packed.files.filter((path) => !built.test(path))

    expect(others.toSorted()).toEqual(['CHANGELOG.md', 'README.md', 'package.json'])
  })

  it('holds every file both as an ES module and as CommonJS, with its types', () => {
    const names = namesOf('esm', '.js')

    expect(names).toContain('sdk/session')
    expect(namesOf('cjs', '.js')).toEqual(names)
    expect(namesOf('esm', '.d.ts')).toEqual(names)
    expect(namesOf('cjs', '.d.ts')).toEqual(names)
  })

  it('holds nothing of functions, of the simulator, of tenants or of this machine', () => {
    const folders = ['functions', 'local', 'tenants', 'cli', 'test', 'lib/http', 'lib/identity']

    const all = packed.files.map(textOf).join('\n')

    expect(all).not.toContain(root)
    expect(all).not.toMatch(/node_modules\/|\/tmp\/|\/home\/|\/root\//)
    expect(all).not.toMatch(/AKIA[0-9A-Z]{16}|-----BEGIN|client_secret=\w/)
    for (const folder of folders) {
      expect(packed.files.filter((path) => path.includes(`/${folder}/`))).toEqual([])
    }
  })

  it('runs nothing where it is installed, and asks for nothing that a caller may not need', () => {
    const { scripts, dependencies, peerDependencies, peerDependenciesMeta } = manifest

    expect(Object.keys(scripts)).not.toContain('postinstall')
    expect(Object.keys(scripts)).not.toContain('install')
    expect(Object.keys(scripts)).not.toContain('prepare')
    expect(Object.keys(dependencies)).toEqual(['ini', 'valibot'])
    expect(Object.keys(peerDependenciesMeta)).toEqual(Object.keys(peerDependencies))
  })

  it('has the same ranges for its optional packages as its tests', () => {
    const { peerDependencies, devDependencies } = manifest

    expect(devDependencies).toMatchObject(peerDependencies)
  })
})

describe('its types', () => {
  it('are right in every way to load it', async () => {
    const { types, ...result } = await checkPackage(
      createPackageFromTarballData(readFileSync(packed.tarball)),
    )

    const problems = 'problems' in result ? result.problems : ['no types at all']

    // What Node 10 finds is of no use: the package needs Node 20.
    expect(types).toMatchObject({ kind: 'included' })
    expect(
      problems.filter(
        (problem) =>
          typeof problem === 'string' ||
          !('resolutionKind' in problem) ||
          problem.resolutionKind !== 'node10',
      ),
    ).toEqual([])
  }, 120_000)
})

describe('its package.json', () => {
  it('is without mistakes', async () => {
    const { messages } = await publint({ pkgDir: installed, pack: false, strict: true })

    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([])
  })
})
