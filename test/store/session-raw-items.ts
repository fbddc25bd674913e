// A session's item as DynamoDB has it, with every attribute.
import { keyAttributes } from '../../lib/store/items.ts'
import type { Attributes } from '../../lib/store/items.ts'
import { bytes } from '../contracts/leases.ts'
import { sessionKey } from '../contracts/sessions.ts'

/** The lease is over at 16,000; the session ended at 11,000, and a later start failed. */
export const wholeSession = (): Attributes => ({
  ...keyAttributes(sessionKey),
  generation: { N: '2' },
  ttl_epoch_seconds: { N: '3615' },
  lease_owner: { S: 'owner-2' },
  lease_until_ms: { N: '15000' },
  lease_length_ms: { N: '5000' },
  sealed: { B: bytes('frame-1') },
  session_generation: { N: '1' },
  session_id: { S: 'session-1' },
  claims_at_ms: { N: '9000' },
  profile_digest: { S: 'profile-1' },
  ended_at_ms: { N: '11000' },
  end_reason: { S: 'signed-out' },
  needs_sign_in: { BOOL: false },
  acquire_window_ms: { N: '10000' },
  acquire_count: { N: '1' },
  failure_generation: { N: '2' },
  failure_reason: { S: 'timeout' },
  failure_retry_at_ms: { N: '14000' },
  start_ms: { N: '400' },
})

/** The same while it lives. */
export const livingSession = (): Attributes =>
  without(wholeSession(), [
    'ended_at_ms',
    'end_reason',
    'needs_sign_in',
    'lease_owner',
    'lease_until_ms',
    'lease_length_ms',
  ])

export const without = (item: Attributes, names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)))

export const freeSessionAttributes = Object.keys(without(wholeSession(), ['pk', 'sk']))
