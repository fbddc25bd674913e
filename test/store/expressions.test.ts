import { describe, expect, it } from 'vitest'
import {
  dropDueWrite,
  dueQuery,
  leaseWrite,
  publishWrite,
  refuseWrite,
  releaseWrite,
  secretPut,
  useWrite,
} from '../../lib/store/expressions.ts'
import { parseTokenItem } from '../../lib/store/items.ts'
import type { Attributes } from '../../lib/store/items.ts'
import { bytes, claim, failure, first, key, publication } from '../contracts/leases.ts'
import { wholeItem } from './raw-items.ts'

const seenAs = (changes: Attributes) => parseTokenItem({ ...wholeItem(), ...changes })

type Built = {
  readonly UpdateExpression?: string
  readonly ConditionExpression?: string
  readonly KeyConditionExpression?: string
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>
}

/** Names of values that an expression names, and of those that are given for it. */
const valuesOf = (built: Built) => {
  const { UpdateExpression, ConditionExpression, KeyConditionExpression } = built
  const text = [UpdateExpression, ConditionExpression, KeyConditionExpression].join(' ')
  return {
    named: [...new Set(text.match(/:\w+/g))].toSorted(),
    given: Object.keys(built.ExpressionAttributeValues ?? {}).toSorted(),
  }
}

const refused = { generation: 1, count: 1, notBeforeAtMs: 40_000, nowAtMs: 10_000 }
const secret = { frame: bytes('frame-1'), generation: 1 }
const stalled = { owner: 'owner-2', generation: 2 }

describe('an expression', () => {
  it.each<[string, Built]>([
    ['lease on nothing', leaseWrite(claim())],
    ['lease on an item', leaseWrite(claim({ seen: seenAs({}) }))],
    ['lease on a stalled one', leaseWrite(claim({ seen: seenAs({}), stalled }))],
    ['lease on junk', leaseWrite(claim({ seen: seenAs({ lease_owner: { BOOL: true } }) }))],
    ['lease past the back-off', leaseWrite(claim({ pastNotBefore: true }))],
    ['publication', publishWrite(first, publication())],
    ['unused publication', publishWrite(first, publication({ used: false }))],
    ['release', releaseWrite(first, { ttlEpochSeconds: 1 })],
    ['release with a failure', releaseWrite(first, { failure, ttlEpochSeconds: 1 })],
    ['mark', refuseWrite(refused)],
    ['mark over junk', refuseWrite(refused, seenAs({ refused_count: { S: 'x' } }))],
    ['use', useWrite(1)],
    ['drop', dropDueWrite(1, true)],
    ['list', dueQuery('api-token', 90_000)],
    ['first secret', secretPut(key, secret, undefined)],
    ['next secret', secretPut(key, secret, { N: '1' })],
  ])('(%s) is given every value it names, and no other', (_, built) => {
    const { named, given } = valuesOf(built)

    expect(given).toEqual(named)
  })
})

describe('the condition of a lease', () => {
  it('on nothing wants nothing of it, no lease that is not over, and no back-off', () => {
    const { ConditionExpression, ExpressionAttributeValues } = leaseWrite(claim())

    expect(ConditionExpression).toBe(
      'attribute_not_exists(generation) AND attribute_not_exists(token_generation) ' +
        'AND (attribute_not_exists(lease_owner) OR lease_until_ms <= :over) ' +
        'AND (attribute_not_exists(not_before_ms) OR not_before_ms <= :now)',
    )
    expect(ExpressionAttributeValues).toMatchObject({
      ':over': { N: '9500' },
      ':now': { N: '10000' },
    })
  })

  it('compares generations as they stood, of whatever type', () => {
    const seen = seenAs({ generation: { S: 'x' }, token_generation: { L: [] } })

    const { ExpressionAttributeValues } = leaseWrite(claim({ seen }))

    expect(ExpressionAttributeValues).toMatchObject({
      ':seen_generation': { S: 'x' },
      ':seen_token_generation': { L: [] },
    })
  })

  it('does not look at a stalled lease of another generation than was seen', () => {
    const other = { owner: 'owner-2', generation: 3 }

    const { ConditionExpression } = leaseWrite(claim({ seen: seenAs({}), stalled: other }))

    expect(ConditionExpression).not.toContain(':stalled')
  })
})

describe('what is written', () => {
  it('is whole, whatever is asked', () => {
    const lease = leaseWrite(claim({ nowAtMs: 0.4, lengthMs: 5_000.4 }))
    const published = publishWrite(first, publication({ dueAtMs: 89_999.5, loginMs: 400.4 }))

    expect(lease.ExpressionAttributeValues).toMatchObject({
      ':until': { N: '5001' },
      ':length': { N: '5000' },
      ':now': { N: '0' },
    })
    expect(published.ExpressionAttributeValues).toMatchObject({
      ':due': { N: '90000' },
      ':login': { N: '400' },
    })
  })

  it('of a failure without a secret version takes the former version out', () => {
    const { UpdateExpression } = releaseWrite(first, {
      failure: { reason: 'timeout', count: 1, notBeforeAtMs: 12_000 },
      ttlEpochSeconds: 1,
    })

    expect(UpdateExpression).toMatch(/REMOVE .*failure_secret_version/)
  })
})
