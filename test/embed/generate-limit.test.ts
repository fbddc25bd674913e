// How many calls for one record, and of how many records it is known.
import { expect, it } from 'vitest'
import { createGenerateLimit } from '../../lib/embed/generate-limit.ts'
import { codeOf } from '../identity/visitor-samples.ts'

const setUp = (mostRecords?: number) => {
  const clock = { ms: 0, monotonic: () => clock.ms }
  const count = createGenerateLimit(clock, mostRecords)
  const counted = (record: string, times: number) => {
    for (let call = 0; call < times; call++) count(record)
  }
  return { clock, counted, code: (record: string) => codeOf(() => count(record)) }
}

it('30 calls within a minute of the first are let through, of each record', () => {
  const { clock, counted, code } = setUp()
  counted('a', 29)
  clock.ms = 59_999
  counted('a', 1)
  counted('b', 30)

  expect([code('a'), code('b')]).toEqual(['too-many-requests', 'too-many-requests'])
  clock.ms = 60_000
  expect([code('a'), code('b')]).toEqual([undefined, 'too-many-requests'])
})

it('the refusal says when the minute is over', () => {
  const { clock, counted } = setUp()
  counted('a', 30)
  clock.ms = 20_000

  expect(() => counted('a', 1)).toThrow(expect.objectContaining({ retryAfterMs: 40_000 }))
})

it('the oldest are forgotten when there are too many', () => {
  const { counted, code } = setUp(2)
  for (const record of ['a', 'b', 'c']) counted(record, 30)

  expect([code('c'), code('b')]).toEqual(['too-many-requests', 'too-many-requests'])
  expect(code('a')).toBeUndefined()
})

it('a record that is counted again is not among the oldest', () => {
  const { clock, counted, code } = setUp(2)
  counted('a', 1)
  counted('b', 1)
  clock.ms = 60_000
  counted('a', 30)
  counted('c', 1)

  expect(code('a')).toBe('too-many-requests')
})
