// placeholder for the contract; the implementation follows
import type { ItemKey } from '../store/token-store.ts'

/** What a sealed record is bound to: it opens only in this row, as this kind, in this generation. */
export type Binding = {
  readonly key: ItemKey
  /** `api-token`, `looker-secret`, … */
  readonly kind: string
  readonly generation: number
}

/** A KMS data key: 32 bytes that never leave the process, and their wrapped form for the records. */
export type DataKey = {
  readonly wrapped: Uint8Array
  /** Epoch seconds, authenticated: it is part of the KMS encryption context. */
  readonly createdAtSeconds: number
}

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
