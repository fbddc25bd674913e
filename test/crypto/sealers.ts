// Sealers of a made-up stage over the KMS double, and the one record that these tests seal.
import { randomBytes } from 'node:crypto'
import { createKeys, type KmsPort } from '../../lib/crypto/keys.ts'
import {
  type Binding,
  createSealer,
  type RandomBytes,
  type Sealer,
} from '../../lib/crypto/sealer.ts'
import { createKmsDouble } from '../../local/kms/double.ts'
import { createLocalKms } from '../../local/kms/port.ts'

export const binding: Binding = {
  key: { partition: 'api-token#service', sort: 'api-token' },
  kind: 'api-token',
  generation: 7,
}

export const record = { plaintext: Buffer.from('a token', 'utf8'), expiresAtMs: 3_600_000 }

export type Place = {
  readonly kms: KmsPort
  readonly stage?: string
  readonly table?: string
  /** Moved by hand by the test. */
  readonly clock?: { nowMs: number }
  readonly keyMaxAgeSeconds?: number
  readonly capacity?: number
  readonly random?: RandomBytes
}

/** A sealer with a memory of its own, as each process has one. */
export const sealerAt = (place: Place): Sealer => {
  const { kms, stage = 'acme', table = 'tokens', clock = { nowMs: 0 } } = place
  const { random = randomBytes } = place
  const now = () => clock.nowMs
  const capacity = place.capacity ?? 64
  const keys = createKeys({ kms, stage, table, clock: { now }, capacity })
  const keyMaxAgeSeconds = place.keyMaxAgeSeconds ?? 86_400
  return createSealer({ keys, table, random, now, keyMaxAgeSeconds })
}

export const localKms = () => {
  const double = createKmsDouble()
  return { double, kms: createLocalKms(double) }
}

/** The one record, sealed under a new key. */
export const sealOne = async (sealer: Sealer, at: Binding = binding): Promise<Uint8Array> =>
  sealer.seal(record, at, await sealer.currentKey(undefined))

/** The error that a promise is rejected with. */
export const failureOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
