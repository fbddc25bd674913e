import { describe, expect, test } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import { replaces, standingOf } from '../../lib/sources/held-token.ts'
import type { HeldToken } from '../../lib/sources/held-token.ts'

/** Received at 0 of both clocks. */
const held = (text: string, lifeMs: number): HeldToken => ({
  token: {
    secret: new Secret(text),
    expiresAtMs: lifeMs,
    userId: undefined,
    workspace: 'production',
  },
  lifeMs,
  endsMs: lifeMs,
})

const digest = (text: string): string => new Secret(text).digest()

const at = (ms: number) => ({ nowAtMs: ms, nowMs: ms })

describe('the standing of a token', () => {
  test.each([
    ['an hour', 3_600_000, 0, 'fresh'],
    ['an hour', 3_600_000, 3_539_999, 'fresh'],
    ['an hour', 3_600_000, 3_540_000, 'aging'],
    ['an hour', 3_600_000, 3_589_999, 'aging'],
    ['an hour', 3_600_000, 3_590_000, 'over'],
    ['five minutes', 300_000, 269_999, 'fresh'],
    ['five minutes', 300_000, 270_000, 'aging'],
    ['a minute', 60_000, 49_999, 'fresh'],
    ['a minute', 60_000, 50_000, 'over'],
    ['eleven seconds', 11_000, 0, 'fresh'],
    ['ten seconds', 10_000, 0, 'over'],
  ])('that had %s (%i ms) is after %i ms: %s', (_, lifeMs, ms, expected) => {
    expect(standingOf(held('one', lifeMs), at(ms))).toBe(expected)
  })

  test.each([
    ['wall', { nowAtMs: 3_590_000, nowMs: 0 }],
    ['monotonic', { nowAtMs: 0, nowMs: 3_590_000 }],
  ])('is over as soon as the %s clock says so', (_, moment) => {
    expect(standingOf(held('one', 3_600_000), moment)).toBe('over')
  })
})

describe('the better of two tokens', () => {
  const nobody = { now: undefined, before: undefined }

  test.each([
    ['the one that ends later', held('new', 3_600_000), nobody, 0, true],
    ['not the one that ends earlier', held('new', 3_599_998), nobody, 0, false],
    ['the one that ends at the same time', held('new', 3_599_999), nobody, 0, true],
    ['the same with a newer answer', held('old', 3_599_000), nobody, 0, true],
    ['any after the end of the known one', held('new', 3_599_000), nobody, 3_589_999, true],
    [
      'the earlier one after a report of the known one',
      held('new', 60_000),
      { now: digest('old'), before: undefined },
      0,
      true,
    ],
    [
      'not one that was reported before',
      held('bad', 9_000_000),
      { now: undefined, before: digest('bad') },
      0,
      false,
    ],
  ])('is %s', (_, given, refused, ms, expected) => {
    expect(replaces(given, held('old', 3_599_999), refused, at(ms))).toBe(expected)
  })
})
