import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const textsOf = (folder: URL, ending: string): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n')

const library = textsOf(new URL('../../lib/crypto/', import.meta.url), '.ts')
const tests = textsOf(new URL('./', import.meta.url), '.test.ts')

const promises = [...library.matchAll(/\/\/ Promise: (.+)\.$/gm)].map(([, sentence]) => sentence)

/** A title may leave its subject to the `describe` around it. */
const isTested = (sentence: string | undefined): boolean =>
  sentence !== undefined &&
  [sentence, sentence.replace(/^a frame /, '')].some((title) => tests.includes(`it('${title}'`))

describe('each promise of the source', () => {
  it('is the title of a test, in the same words', () => {
    expect(promises.length).toBeGreaterThan(0)
    expect(promises.filter((sentence) => !isTested(sentence))).toEqual([])
  })
})
