// How long the table remembers that a session ended.
import { expect, it } from 'vitest'
import { isSignedInSince, tombstoneOf } from '../../lib/embed/tombstone.ts'
import type { SessionItem } from '../../lib/store/session-store.ts'

const itemOf = (ttlEpochSeconds: number): SessionItem => ({
  key: { partition: 'embed-session#looker#ada', sort: 'device#1' },
  generation: 1,
  ttlEpochSeconds,
})

it.each([
  ['for an hour', false, 0, 4_600],
  ['as long as its session, if that is longer', false, 4_601, 4_601],
  ['for 30 days and an hour if it asks for a sign-in', true, 0, 2_596_600],
  ['longer than that, if its session is', true, 2_596_601, 2_596_601],
])('an end is remembered %s', (_howLong, needsSignIn, sessionTtl, ttlEpochSeconds) => {
  const end = { reason: 'expired', needsSignIn } as const

  const tombstone = tombstoneOf(itemOf(sessionTtl), end, 1_000_000)

  expect(tombstone).toEqual({ ...end, atMs: 1_000_000, ttlEpochSeconds })
})

it.each([
  [undefined, false],
  [999, false],
  [1_000, false],
  [1_001, true],
])('who signed in at %j has done so after an end at 1,000: %j', (signedInAtMs, since) => {
  const end = { atMs: 1_000, reason: 'expired', needsSignIn: true } as const

  expect(isSignedInSince(signedInAtMs, end)).toBe(since)
})
