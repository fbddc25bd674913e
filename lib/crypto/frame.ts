// What every version of the sealed frame takes and gives; the versions themselves are files of their own.
import type { KeyObject } from 'node:crypto'
import type { RecordBinding } from './binding.ts'

/** Everything that goes into a frame, randomness included. */
export type FrameContent = {
  readonly plaintext: Uint8Array
  /** Epoch milliseconds, whole, below 2^48. */
  readonly expiresAtMs: number
  readonly binding: RecordBinding
  /** The 32 bytes of the data key. */
  readonly material: KeyObject
  readonly wrapped: Uint8Array
  readonly createdAtSeconds: number
  /** 16 random bytes. */
  readonly salt: Uint8Array
  /** 12 random bytes. */
  readonly nonce: Uint8Array
}

/** A frame whose parts were found but not proven: the wrapped key says which data key would open it. */
export type UnverifiedFrame = {
  readonly wrapped: Uint8Array
  readonly createdAtSeconds: number
  /** Errors: `SealError` unless every byte of the frame and of the binding is as sealed. */
  readonly open: (
    binding: RecordBinding,
    material: KeyObject,
  ) => { readonly plaintext: Uint8Array; readonly expiresAtMs: number }
}

export type FrameReader = (bytes: Uint8Array) => UnverifiedFrame
