import { expect, test } from 'vitest'
import {
  agingAtMs,
  ageOf,
  canLast,
  expiresInSeconds,
  renewalDueAtMs,
} from '../../lib/tokens/token.ts'
import { tokenWith } from './samples.ts'

test('a token is fresh, then aging 75 s after its renewal was due, then expired when its margin begins', () => {
  const ages = [0, 3_314_999, 3_315_000, 3_569_999, 3_570_000].map((nowAtMs) =>
    ageOf(tokenWith(), nowAtMs, 30_000),
  )

  expect(ages).toEqual(['fresh', 'fresh', 'aging', 'aging', 'expired'])
})

test('the schedule renews in the last tenth of the life, wherever that began', () => {
  expect(renewalDueAtMs(tokenWith())).toBe(3_240_000)
  expect(renewalDueAtMs(tokenWith({ issuedAtMs: 1_000, expiresAtMs: 11_000 }))).toBe(10_000)
})

test('callers renew later than the schedule: by 75 s, or a fortieth of a short life', () => {
  expect(agingAtMs(tokenWith())).toBe(3_315_000)
  expect(agingAtMs(tokenWith({ expiresAtMs: 60_000 }))).toBe(55_500)
})

test('a token can last for less than its whole life', () => {
  expect(canLast(tokenWith(), 3_599_999)).toBe(true)
  expect(canLast(tokenWith(), 3_600_000)).toBe(false)
})

test('the seconds left are rounded down and never negative', () => {
  expect(expiresInSeconds(tokenWith(), 1)).toBe(3_599)
  expect(expiresInSeconds(tokenWith(), 0)).toBe(3_600)
  expect(expiresInSeconds(tokenWith(), 3_600_001)).toBe(0)
})
