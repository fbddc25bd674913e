// The sealed frame a second time, from docs/sealed-records.md alone and without lib/crypto: makes the
// frozen vectors, and frames that the library would never make (controls, broken promises).
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

export type RawRecord = {
  readonly key: Buffer
  readonly wrapped: Buffer
  readonly salt: Buffer
  readonly nonce: Buffer
  readonly createdAtSeconds: number
  readonly expiresAtMs: number
  readonly plaintext: Buffer
  readonly binding: RawBinding
}

export type RawBinding = {
  readonly table: string
  readonly partition: string
  readonly sort: string
  readonly kind: string
  readonly generation: number
}

export type RawChanges = {
  readonly commitment?: Buffer
  /** Replaces the additional data of the cipher; empty: nothing is bound. */
  readonly additionalData?: Buffer
}

const bigEndian = (value: number, bytes: number): Buffer =>
  Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex')

const hmac = (key: Buffer, ...data: Buffer[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(data)).digest()

/** HKDF-SHA-256 to 64 bytes, written out as RFC 5869 section 2 has it. */
export const deriveRaw = (key: Buffer, salt: Buffer): { recordKey: Buffer; commitment: Buffer } => {
  const info = Buffer.from('looker-token-broker sealed record v1', 'utf8')
  const pseudorandomKey = hmac(salt, key)
  const recordKey = hmac(pseudorandomKey, info, Buffer.from([1]))
  return { recordKey, commitment: hmac(pseudorandomKey, recordKey, info, Buffer.from([2])) }
}

export const rawHeader = (record: RawRecord, commitment: Buffer): Buffer =>
  Buffer.concat([
    bigEndian(1, 1),
    bigEndian(record.expiresAtMs, 6),
    bigEndian(record.createdAtSeconds, 4),
    bigEndian(record.wrapped.length, 2),
    record.wrapped,
    record.salt,
    record.nonce,
    commitment,
  ])

export const rawAdditionalData = (header: Buffer, binding: RawBinding): Buffer =>
  Buffer.concat(
    [
      header,
      Buffer.from(binding.table, 'utf8'),
      Buffer.from(binding.partition, 'utf8'),
      Buffer.from(binding.sort, 'utf8'),
      Buffer.from(binding.kind, 'utf8'),
      bigEndian(binding.generation, 8),
    ].flatMap((field) => [bigEndian(field.length, 4), field]),
  )

export const sealRaw = (record: RawRecord, changes: RawChanges = {}): Buffer => {
  const derived = deriveRaw(record.key, record.salt)
  const header = rawHeader(record, changes.commitment ?? derived.commitment)
  const cipher = createCipheriv('aes-256-gcm', derived.recordKey, record.nonce)
  cipher.setAAD(changes.additionalData ?? rawAdditionalData(header, record.binding))
  return Buffer.concat([
    header,
    cipher.update(record.plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/** Opens by position, with whatever additional data it is told; throws what GCM throws. */
export const openRaw = (frame: Buffer, key: Buffer, additionalData: Buffer): Buffer => {
  const saltAt = 13 + frame.readUInt16BE(11)
  const salt = frame.subarray(saltAt, saltAt + 16)
  const nonce = frame.subarray(saltAt + 16, saltAt + 28)
  const decipher = createDecipheriv('aes-256-gcm', deriveRaw(key, salt).recordKey, nonce)
  decipher.setAAD(additionalData).setAuthTag(frame.subarray(-16))
  return Buffer.concat([decipher.update(frame.subarray(saltAt + 60, -16)), decipher.final()])
}
