import { describe, expect, test } from 'vitest'
import { claimsOnTheWire } from '../../../local/gateway/claims.ts'

describe('JWT claims on the wire', () => {
  test.each([
    ['a text', 'a text'],
    ['', ''],
    [1_583_348_700, '1583348700'],
    [1.5, '1.5'],
    [true, 'true'],
    [false, 'false'],
    [['a', 'b'], '[a b]'],
    [['a b', 'c'], '[a b c]'],
    [[], '[]'],
    [[1, true, null], '[1 true <nil>]'],
    [{ b: 1, a: ['x'] }, 'map[a:[x] b:1]'],
  ])('%j is handed over as %j', (value, expected) => {
    expect(claimsOnTheWire({ claim: value })).toEqual({ claim: expected })
  })

  test('a claim that is null is not handed over', () => {
    expect(claimsOnTheWire({ gone: null, kept: 'x' })).toEqual({ kept: 'x' })
  })
})
