import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const vitest = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
)
const reporter = fileURLToPath(new URL('closing-line.ts', import.meta.url))

/** Runs test files of their own in a folder of their own; the last line that is printed. */
const lastLineOf = async (files: Readonly<Record<string, string>>): Promise<string | undefined> => {
  const root = await mkdtemp(join(tmpdir(), 'closing-line-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text)
  const options = ['--root', root, '--globals', '--reporter=default', `--reporter=${reporter}`]
  const printed = await new Promise<string>((resolve) => {
    execFile(process.execPath, [vitest, 'run', ...options], (_, stdout) => resolve(stdout))
  })
  await rm(root, { recursive: true })
  return printed.trimEnd().split('\n').at(-1)
}

test('a run that passed ends with the two numbers', async () => {
  const line = await lastLineOf({ 'a.test.js': "test('one', () => {}); test('two', () => {})" })

  expect(line).toBe('2 passed, 0 failed')
}, 60_000)

test('failures in tests, hooks and files are counted, and skipped tests named', async () => {
  const line = await lastLineOf({
    'a.test.js': "test('one', () => {}); test.skip('two', () => {})",
    'b.test.js': "test('three', () => { throw new Error('no') })",
    'c.test.js': "throw new Error('no file')",
    'd.test.js':
      "describe('s', () => { beforeAll(() => { throw new Error('no') }); test('four', () => {}) })",
  })

  expect(line).toBe('1 passed, 3 failed, 2 skipped')
}, 60_000)
