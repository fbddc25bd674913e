// An item of a session, with everything that can stand in it at once, costs two write units.
import { describe, expect, it } from 'vitest'
import { digestOf, partitionOf, sessionKind } from '../../lib/embed/session-key.ts'
import { encodeSessionRecord } from '../../lib/embed/session-record.ts'
import { Secret } from '../../lib/secret.ts'
import { keyAttributes } from '../../lib/store/items.ts'
import { localKms, sealerAt } from '../crypto/sealers.ts'
import { sizeOfItem } from './item-size.ts'
import { wholeSession } from './session-raw-items.ts'

const nowAtMs = 1_800_000_000_123
const generation = 1_800_000_000
const key = {
  partition: partitionOf(
    'https://acme-analytics.eu.cloud.looker.com',
    'auth0|5f7c8ec7c33c6c004bbafe82',
  ),
  sort: `device#${digestOf('x')}`,
}
const sessionId = '3f0c1a52-6f5e-4c39-9a2e-2d8f5b6c7d8e'

const frameOf = async (referenceLength: number): Promise<Uint8Array> => {
  const sealer = sealerAt({ kms: localKms().kms, clock: { nowMs: nowAtMs } })
  const dataKey = await sealer.currentKey(undefined)
  const expiresAtMs = nowAtMs + 3_600_000
  const plaintext = encodeSessionRecord({
    reference: new Secret('r'.repeat(referenceLength)),
    sessionId,
    userAgentDigest: digestOf('x'),
    profileDigest: digestOf('x'),
    claimsAtMs: nowAtMs,
    startedAtMs: nowAtMs,
    lookerEndsAtMs: expiresAtMs,
    expiresAtMs,
    times: {
      startedAtMs: nowAtMs,
      periodAtMs: nowAtMs,
      endsAtMs: expiresAtMs,
      lastsUntilMs: expiresAtMs,
      activeAtMs: nowAtMs,
      stays: false,
    },
    details: {
      firstName: 'Bartholomew',
      lastName: 'Featherstonehaugh',
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
      address: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
      place: 'San Francisco, US',
    },
  })
  return sealer.seal({ plaintext, expiresAtMs }, { key, kind: sessionKind, generation }, dataKey)
}

/** Every attribute, with numbers of today's length. */
const sizeWith = async (referenceLength: number): Promise<number> => {
  const seconds = { N: String(generation) }
  const instant = { N: String(nowAtMs) }
  return sizeOfItem({
    ...wholeSession(),
    ...keyAttributes(key),
    generation: seconds,
    session_generation: seconds,
    failure_generation: seconds,
    ttl_epoch_seconds: seconds,
    lease_until_ms: instant,
    claims_at_ms: instant,
    profile_digest: { S: digestOf('x') },
    ended_at_ms: instant,
    acquire_window_ms: instant,
    failure_retry_at_ms: instant,
    session_id: { S: sessionId },
    lease_owner: { S: 'o'.repeat(22) },
    end_reason: { S: 'profile-changed' },
    failure_reason: { S: 'workspace-not-confirmed' },
    acquire_count: { N: '30' },
    start_ms: { N: '5000' },
    kind: { S: 'embed-session' },
    due_at: instant,
    sealed: { B: await frameOf(referenceLength) },
  })
}

describe('a session item with everything in it', () => {
  it.each([
    ['a usual reference token of 400 characters', 400, 2_048],
    ['one of 2,048 characters', 2_048, 4_096],
  ])('and %s has at most so many bytes', async (_, length, most) => {
    const size = await sizeWith(length)

    expect(size).toBeLessThanOrEqual(most)
  })
})
