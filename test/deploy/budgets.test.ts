// What every function carries and what its loading does, against the budgets in budgets.json.
import { beforeAll, describe, expect, it } from 'vitest'
import { budgets, countLoad, mistakesIn } from './budgets.ts'
import { bundleFunctions, functionNames } from './function-bundles.ts'
import type { FunctionBundle } from './function-bundles.ts'
import { temporaryFolder } from '../temporary-folder.ts'

let bundles: readonly FunctionBundle[]

beforeAll(async () => {
  bundles = await bundleFunctions()
})

const bundleOf = (name: string): FunctionBundle => {
  const bundle = bundles.find((one) => one.name === name)
  if (!bundle) throw new Error(`${name} was not bundled`)
  return bundle
}

const spentBy = async (bundle: FunctionBundle) => {
  const { nodeModules, ...ran } = await countLoad(bundle, temporaryFolder())
  return { nodeModules, spent: { bytes: bundle.code.length, gzipBytes: bundle.gzipBytes, ...ran } }
}

describe('the functions', () => {
  it.each(functionNames)('%s keeps to its budget', async (name) => {
    const { spent } = await spentBy(bundleOf(name))

    expect(mistakesIn(spent, budgets[name])).toEqual([])
  })

  it.each(functionNames)('%s is no larger than any function may be', (name) => {
    const { code, gzipBytes } = bundleOf(name)

    expect(code.length).toBeLessThanOrEqual(250_000)
    expect(gzipBytes).toBeLessThanOrEqual(75_000)
  })

  // What makes V8 slow to compile a file, as cli/bundle-options.ts tells.
  it.each(functionNames)('%s has no arrow function', (name) => {
    expect(bundleOf(name).code.toString()).not.toContain('=>')
  })

  it.each(functionNames)(
    '%s carries nothing of the Looker SDK, of YAML, or of the commands',
    (name) => {
      const { inputs } = bundleOf(name)

      expect(inputs).toContain(`functions/${name}.ts`)
      expect(
        inputs.filter((path) => /@looker|node_modules\/yaml|^(?:cli|local)\//.test(path)),
      ).toEqual([])
    },
  )

  it.each(functionNames)('%s loads no more of Node than calls to AWS need', async (name) => {
    const { nodeModules } = await spentBy(bundleOf(name))

    const needed = ['crypto', 'fs', 'https', 'os', 'process', 'stream', 'util']
    expect(needed.map((module) => `node:${module}`)).toEqual(expect.arrayContaining(nodeModules))
  })

  it('each have a budget, and nobody else', () => {
    expect(Object.keys(budgets).toSorted()).toEqual(functionNames)
  })
})

const hundred = { bytes: 100, gzipBytes: 100, bytesThatRan: 100, functionsThatRan: 100 }

describe('a budget', () => {
  it('is kept with what it says, and with a little less', () => {
    const all = mistakesIn(hundred, hundred)
    const less = mistakesIn({ ...hundred, bytes: 90 }, hundred)

    expect([all, less]).toEqual([[], []])
  })

  it.each(Object.keys(hundred))('is broken by one more of %s', (name) => {
    const mistakes = mistakesIn({ ...hundred, [name]: 101 }, hundred)

    expect(mistakes).toEqual([`${name}: 101 of 100, too much`])
  })

  it('that is far above what is spent asks to be lowered', () => {
    const mistakes = mistakesIn({ ...hundred, gzipBytes: 80 }, hundred)

    expect(mistakes).toEqual(['gzipBytes: 80 of 100, lower the budget'])
  })

  it('that is missing is asked for, with what to write', () => {
    const mistakes = mistakesIn(hundred, undefined)

    expect(mistakes).toEqual([
      `no budget: add it to test/deploy/budgets.json, from ${JSON.stringify(hundred)}`,
    ])
  })
})

const count = (name: string, text: string) =>
  countLoad({ name, code: Buffer.from(text) }, temporaryFolder())

const idle =
  'const idle = () => { let sum = 0; for (let i = 0; i < 9; i += 1) sum += i; return sum }\n'

describe('the counts of a load', () => {
  it('are of what ran, and grow with it', async () => {
    const asleep = await count('asleep', idle)
    const awake = await count('awake', `${idle}idle()\nrequire('node:os')\ncrypto.subtle`)

    expect(awake.functionsThatRan).toBe(asleep.functionsThatRan + 1)
    expect(awake.bytesThatRan).toBeGreaterThan(asleep.bytesThatRan + 60)
    expect([asleep.nodeModules, awake.nodeModules]).toEqual([[], ['node:os', 'webcrypto']])
  })
})
