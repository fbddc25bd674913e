import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { systemSurroundings } from '../../lib/sources/surroundings.ts'

const { readFile, chance } = systemSurroundings()

test('a file is read as text', () => {
  const text = readFile(fileURLToPath(import.meta.url))

  expect(text).toContain('a file is read as text')
})

test('a file that is not there is undefined', () => {
  expect(readFile(fileURLToPath(new URL('nowhere.ini', import.meta.url)))).toBeUndefined()
})

test('a file that cannot be read is an error, not an absent one', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url))

  expect(() => readFile(folder)).toThrow('EISDIR')
})

test('chance is between 0 and 1', () => {
  const value = chance()

  expect(value).toBeGreaterThanOrEqual(0)
  expect(value).toBeLessThan(1)
})
