// Version 1 of the sealed frame: layout, key derivation, sealing and opening. Byte offsets, labels and
// the additional data are written down in docs/sealed-records.md. Pure: salt and nonce are given.
import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { SealError } from '../errors.ts'
import { additionalDataOf, assertBindable, type RecordBinding } from './binding.ts'
import type { FrameContent, UnverifiedFrame } from './frame.ts'

const cipherName = 'aes-256-gcm'
const derivationLabel = 'looker-token-broker sealed record v1'

const version = 1
const wrappedAt = 13
const saltLength = 16
const nonceLength = 12
const commitmentLength = 32
const tagLength = 16
const recordKeyLength = 32

/** What AWS KMS accepts as `CiphertextBlob` of `Decrypt`. */
const maxWrappedLength = 6144

/** Errors: `RangeError` for a value that the frame cannot carry. */
export const sealV1 = (content: FrameContent): Uint8Array => {
  assertCarriable(content)
  const derived = derive(content.material, content.salt)
  const header = headerOf(content, derived.commitment)
  const cipher = createCipheriv(cipherName, derived.recordKey, content.nonce, {
    authTagLength: tagLength,
  })
  cipher.setAAD(additionalDataOf(header, content.binding))
  const ciphertext = cipher.update(content.plaintext)
  return Buffer.concat([header, ciphertext, cipher.final(), cipher.getAuthTag()])
}

/** Reads the header of a version 1 frame; nothing of it is proven before `open`. Errors: `SealError`. */
export const parseV1 = (bytes: Uint8Array): UnverifiedFrame => {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Promise: a frame that is too short for its parts is refused.
  if (frame.length < wrappedAt) throw new SealError('the frame is cut off')
  const wrappedLength = frame.readUInt16BE(11)
  if (wrappedLength === 0 || wrappedLength > maxWrappedLength) {
    throw new SealError('the frame has no wrapped key of a possible length')
  }
  const parts = partsOf(frame, wrappedAt + wrappedLength)
  return {
    wrapped: frame.subarray(wrappedAt, wrappedAt + wrappedLength),
    createdAtSeconds: frame.readUInt32BE(7),
    open: (binding, material) => ({
      plaintext: openParts(parts, binding, material),
      expiresAtMs: frame.readUIntBE(1, 6),
    }),
  }
}

type Parts = Readonly<
  Record<'header' | 'salt' | 'nonce' | 'commitment' | 'ciphertext' | 'tag', Buffer>
>

const partsOf = (frame: Buffer, saltAt: number): Parts => {
  const nonceAt = saltAt + saltLength
  const commitmentAt = nonceAt + nonceLength
  const ciphertextAt = commitmentAt + commitmentLength
  const tagAt = frame.length - tagLength
  if (tagAt < ciphertextAt) throw new SealError('the frame is cut off')
  return {
    header: frame.subarray(0, ciphertextAt),
    salt: frame.subarray(saltAt, nonceAt),
    nonce: frame.subarray(nonceAt, commitmentAt),
    commitment: frame.subarray(commitmentAt, ciphertextAt),
    ciphertext: frame.subarray(ciphertextAt, tagAt),
    tag: frame.subarray(tagAt),
  }
}

const openParts = (parts: Parts, binding: RecordBinding, material: KeyObject): Uint8Array => {
  assertBindable(binding, (message) => new SealError(message))
  const derived = derive(material, parts.salt)
  // Promise: a frame opens under one data key only, even if its maker built it to open under two.
  if (!timingSafeEqual(derived.commitment, parts.commitment)) {
    throw new SealError('the frame is not committed to this data key')
  }
  const decipher = createDecipheriv(cipherName, derived.recordKey, parts.nonce, {
    authTagLength: tagLength,
  })
  decipher.setAAD(additionalDataOf(parts.header, binding)).setAuthTag(parts.tag)
  const plaintext = decipher.update(parts.ciphertext)
  try {
    // Checks the tag; GCM has no bytes left to give.
    decipher.final()
    return plaintext
  } catch (cause) {
    throw new SealError('the frame is altered or of another row, kind or generation', cause)
  }
}

const derive = (material: KeyObject, salt: Uint8Array) => {
  const derived = Buffer.from(
    hkdfSync('sha256', material, salt, derivationLabel, recordKeyLength + commitmentLength),
  )
  return {
    recordKey: derived.subarray(0, recordKeyLength),
    commitment: derived.subarray(recordKeyLength),
  }
}

const headerOf = (content: FrameContent, commitment: Uint8Array): Buffer => {
  const fixed = Buffer.alloc(wrappedAt)
  fixed.writeUInt8(version, 0)
  fixed.writeUIntBE(content.expiresAtMs, 1, 6)
  fixed.writeUInt32BE(content.createdAtSeconds, 7)
  fixed.writeUInt16BE(content.wrapped.length, 11)
  return Buffer.concat([fixed, content.wrapped, content.salt, content.nonce, commitment])
}

const assertCarriable = (content: FrameContent): void => {
  assertBindable(content.binding, (message) => new RangeError(message))
  assertWhole('expiry in milliseconds', content.expiresAtMs, 2 ** 48 - 1)
  assertWhole('creation time in seconds', content.createdAtSeconds, 2 ** 32 - 1)
  assertWhole('length of the wrapped key', content.wrapped.length - 1, maxWrappedLength - 1)
  if (content.salt.length !== saltLength) throw new RangeError('the salt is not 16 bytes')
  if (content.nonce.length !== nonceLength) throw new RangeError('the nonce is not 12 bytes')
}

const assertWhole = (name: string, value: number, max: number): void => {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`the ${name} does not fit into the frame`)
  }
}
