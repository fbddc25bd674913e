import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseDueToken,
  parseSecretItem,
  parseTokenItem,
  parseVersion,
} from '../../lib/store/items.ts'
import { bytes, key, plain } from '../contracts/leases.ts'
import { freeAttributes, misfitsOf, oddValues, wholeItem } from './raw-items.ts'

const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.constantFrom(...Object.values(oddValues)),
  fc.record({ N: fc.oneof(fc.nat().map(String), fc.double().map(String), fc.string()) }),
  fc.record({ S: fc.string() }),
  fc.record({ B: fc.uint8Array({ maxLength: 40 }) }),
)

const names = [...Object.keys(wholeItem()), 'of_others', '__proto__', 'constructor', 'toString']

/** The whole item, with some attributes replaced and others taken away. */
const mutatedItem = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...names), anyValue), { maxLength: 8 }),
    fc.subarray(freeAttributes, { maxLength: 6 }),
  )
  .map(([replaced, removed]) => {
    const kept = Object.entries(wholeItem()).filter(([name]) => !removed.includes(name))
    return Object.fromEntries([...kept, ...replaced])
  })

const numbersOf = (part: object | undefined): number[] =>
  Object.values(part ?? {}).filter((value): value is number => typeof value === 'number')

const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

describe('an item', () => {
  it('that is whole is read whole', () => {
    const item = parseTokenItem(wholeItem())

    expect(plain(item)).toEqual({
      key,
      generation: 2,
      ttlEpochSeconds: 3_615,
      lease: { owner: 'owner-2', untilAtMs: 15_000, lengthMs: 5_000 },
      sealed: { frame: bytes('frame-1'), generation: 1 },
      usedGeneration: 1,
      revokedGeneration: 1,
      refused: { generation: 1, count: 1, notBeforeAtMs: 12_000 },
      failure: { reason: 'timeout', count: 3, notBeforeAtMs: 14_000, secretVersion: 7 },
      loginMs: 400,
    })
  })

  it('that is not there is undefined', () => {
    expect(parseTokenItem(undefined)).toBeUndefined()
    expect(parseSecretItem(undefined)).toBeUndefined()
    expect(parseVersion(undefined)).toBeUndefined()
  })

  it.each(misfitsOf(freeAttributes))(
    'with another type in %s (%s) reads as without it',
    (name, _, value) => {
      const { [name]: _removed, ...missing } = wholeItem()

      const item = parseTokenItem({ ...wholeItem(), [name]: value })

      expect(plain(item)).toEqual(plain(parseTokenItem(missing)))
    },
  )

  it.each([
    ['0', 0],
    ['999999999999999', 999_999_999_999_999],
    ['1000000000000000', 0],
    ['-1', 0],
    ['1.0', 0],
    ['1e3', 0],
  ])('of generation %s is read as %d', (N, generation) => {
    expect(parseTokenItem({ ...wholeItem(), generation: { N } })?.generation).toBe(generation)
  })

  it.each([
    ['900000', 900_000],
    ['900001', undefined],
  ])('with a lease of %s ms has one of %s', (N, lengthMs) => {
    const item = parseTokenItem({ ...wholeItem(), lease_length_ms: { N } })

    expect(item?.lease?.lengthMs).toBe(lengthMs)
  })

  it('mutated in 10,000 ways is read without a crash, and only sense comes out', () => {
    const holds = fc.property(mutatedItem, (attributes) => {
      const item = parseTokenItem(attributes)
      parseDueToken(attributes)
      parseSecretItem(attributes)
      parseVersion(attributes)
      const { lease, failure, refused, sealed } = item ?? {}
      const numbers = [item, lease, failure, refused, sealed].flatMap(numbersOf)
      expect(numbers.every(isWhole)).toBe(true)
      expect(sealed === undefined || sealed.frame instanceof Uint8Array).toBe(true)
    })

    fc.assert(holds, { numRuns: 10_000 })
  })
})
