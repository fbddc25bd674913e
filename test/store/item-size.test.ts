// An item of an API token, with everything that can stand in it at once, costs one write unit.
import { describe, expect, it } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import { keyAttributes } from '../../lib/store/items.ts'
import type { Attributes } from '../../lib/store/items.ts'
import { itemKeyOf } from '../../lib/tokens/principal.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import { encodeTokenRecord } from '../../lib/tokens/token-record.ts'
import { localKms, sealerAt } from '../crypto/sealers.ts'
import { sizeOfItem } from './item-size.ts'
import { wholeItem } from './raw-items.ts'

const nowAtMs = 1_800_000_000_123
const generation = 1_800_000_000

/** As Looker makes them: 40 characters of a token, 30 of a secret, 20 of a client id. */
const token = {
  secret: new Secret('t'.repeat(40)),
  issuedAtMs: nowAtMs,
  expiresAtMs: nowAtMs + 3_600_000,
  generation,
}
const service: Principal = {
  instance: 'https://acme-analytics.eu.cloud.looker.com',
  clientId: 'c'.repeat(20),
  workspace: 'production',
}
const clientSecret = { secret: new Secret('s'.repeat(30)), version: generation }

const frameOf = async (principal: Principal): Promise<Uint8Array> => {
  const sealer = sealerAt({ kms: localKms().kms, clock: { nowMs: nowAtMs } })
  const dataKey = await sealer.currentKey(undefined)
  const record = principal.userId === undefined ? { token, clientSecret } : { token }
  const sealed = { plaintext: encodeTokenRecord(record), expiresAtMs: token.expiresAtMs }
  const binding = { key: itemKeyOf(principal), kind: 'api-token', generation }
  return sealer.seal(sealed, binding, dataKey)
}

/** Every attribute, with numbers of today's length. */
const fullItemOf = async (principal: Principal): Promise<Attributes> => {
  const seconds = { N: String(generation) }
  const instant = { N: String(nowAtMs) }
  return {
    ...wholeItem(),
    ...keyAttributes(itemKeyOf(principal)),
    generation: seconds,
    token_generation: seconds,
    used_generation: seconds,
    refused_generation: seconds,
    revoked_generation: seconds,
    failure_secret_version: seconds,
    ttl_epoch_seconds: seconds,
    lease_until_ms: instant,
    refused_not_before_ms: instant,
    not_before_ms: instant,
    due_at: instant,
    lease_owner: { S: 'o'.repeat(22) },
    lease_length_ms: { N: '20250' },
    failure_reason: { S: 'workspace-not-confirmed' },
    failure_count: { N: '999' },
    refused_count: { N: '999' },
    login_ms: { N: '20000' },
    sealed: { B: await frameOf(principal) },
  }
}

describe('an API token item with everything in it', () => {
  it.each<[string, Principal]>([
    ['the service account', service],
    ['the service account in dev', { ...service, workspace: 'dev' }],
    ['a user', { ...service, userId: '12345678901234567890' }],
  ])('of %s has at most 1,024 bytes: one write unit, half a read unit', async (_, principal) => {
    const size = sizeOfItem(await fullItemOf(principal))

    expect(size).toBeLessThanOrEqual(1_024)
  })
})
