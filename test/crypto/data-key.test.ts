import { createSecretKey, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { HeldDataKey } from '../../lib/crypto/data-key.ts'
import { localKms, sealerAt } from './sealers.ts'

const material = Buffer.from('0123456789abcdef0123456789abcdef', 'utf8')

const key = () => new HeldDataKey(createSecretKey(material), randomBytes(184), 1000)

describe('a data key', () => {
  it.each<[string, (value: unknown) => string]>([
    ['a string', (value) => String(value)],
    ['a sentence', (value) => ['', value].join('')],
    ['JSON', (value) => JSON.stringify(value)],
    ['the console', (value) => inspect(value)],
    ['the console with all depths and hidden fields', (value) => inspect(value, true, null)],
  ])('prints as a placeholder in %s', (_, print) => {
    expect(print(key())).toMatch(/^"?\[data key\]"?$/)
  })

  it('prints as a placeholder inside an error and an object', () => {
    const error = new Error('failed', { cause: { dataKey: key() } })

    expect(inspect(error)).toContain('[data key]')
    expect(inspect(error, true, null)).not.toContain('30 31 32 33')
  })

  it('gives its bytes to no copy of its fields', () => {
    const copies = [structuredClone(key()), Object.assign({}, key())]

    for (const copy of copies) expect(Object.keys(copy)).toEqual(['wrapped', 'createdAtSeconds'])
  })

  it('prints as a placeholder as it comes from the sealer', async () => {
    const dataKey = await sealerAt({ kms: localKms().kms }).currentKey(undefined)

    expect(inspect({ dataKey })).toBe('{ dataKey: [data key] }')
  })

  it('has no material if it was not made here', () => {
    const forged = { wrapped: randomBytes(184), createdAtSeconds: 1000 }

    expect(() => HeldDataKey.materialOf(forged)).toThrow(TypeError)
  })

  it('keeps its own copy of the wrapped bytes', () => {
    const wrapped = randomBytes(184)
    const dataKey = new HeldDataKey(createSecretKey(material), wrapped, 1000)
    const before = wrapped[0]

    wrapped[0] = (before ?? 0) ^ 1

    expect(dataKey.wrapped[0]).toBe(before)
  })
})
