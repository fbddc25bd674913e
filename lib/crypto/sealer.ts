// Seals and opens the records of one table. The bytes of a sealed record are `envelope.ts`, the keys
// `keys.ts`; here they meet, with the table's name, fresh randomness and the age limit of keys.
import type { Binding } from './binding.ts'
import { type DataKey, HeldDataKey } from './data-key.ts'
import { parseFrame, sealFrame } from './envelope.ts'
import type { Keys } from './keys.ts'

export type { Binding } from './binding.ts'
export type { DataKey } from './data-key.ts'

export type Opened = {
  readonly plaintext: Uint8Array
  /** From inside the seal, so an edited attribute cannot lengthen it. Epoch milliseconds. */
  readonly expiresAtMs: number
  /** The key it was sealed under; whoever may not make keys seals under this one. */
  readonly dataKey: DataKey
}

export type Sealer = {
  /** The present key while it is younger than its limit, else a new one. Errors: `KeysError`. */
  readonly currentKey: (present: DataKey | undefined) => Promise<DataKey>
  readonly seal: (
    record: { readonly plaintext: Uint8Array; readonly expiresAtMs: number },
    binding: Binding,
    dataKey: DataKey,
  ) => Uint8Array
  /** Errors: `SealError` (not ours to open, ever), `KeysError` (KMS did not help this time). */
  readonly open: (frame: Uint8Array, binding: Binding) => Promise<Opened>
}

/** Cryptographically secure random bytes. */
export type RandomBytes = (length: number) => Uint8Array

export type SealerOptions = {
  readonly keys: Keys
  readonly table: string
  readonly random: RandomBytes
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number
  /** A data key of this age seals no more. Opening has no limit. */
  readonly keyMaxAgeSeconds: number
}

/** Clocks of our processes differ by less than this; a key from further ahead is not trusted. */
const keyClockSkewMs = 5 * 60_000

export const createSealer = (options: SealerOptions): Sealer => {
  const { keys, table, random, now, keyMaxAgeSeconds } = options

  const mayStillSeal = ({ createdAtSeconds }: DataKey): boolean => {
    const ageMs = now() - createdAtSeconds * 1000
    return ageMs >= -keyClockSkewMs && ageMs < keyMaxAgeSeconds * 1000
  }

  return {
    currentKey: async (present) =>
      present !== undefined && mayStillSeal(present) ? present : keys.generate(),

    seal: ({ plaintext, expiresAtMs }, binding, dataKey) =>
      sealFrame({
        plaintext,
        expiresAtMs,
        binding: { ...binding, table },
        material: HeldDataKey.materialOf(dataKey),
        wrapped: dataKey.wrapped,
        createdAtSeconds: dataKey.createdAtSeconds,
        ...drawSaltAndNonce(random),
      }),

    open: async (bytes, binding) => {
      const frame = parseFrame(bytes)
      const dataKey = await keys.unwrap(frame.wrapped, frame.createdAtSeconds)
      const opened = frame.open({ ...binding, table }, HeldDataKey.materialOf(dataKey))
      return { ...opened, dataKey }
    },
  }
}

/** Salt and nonce of one record, fresh from one draw of 28 bytes. */
export const drawSaltAndNonce = (
  random: RandomBytes,
): { readonly salt: Uint8Array; readonly nonce: Uint8Array } => {
  const bytes = random(28)
  return { salt: bytes.subarray(0, 16), nonce: bytes.subarray(16) }
}
