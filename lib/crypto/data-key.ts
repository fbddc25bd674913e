// A KMS data key as the process holds it: usable for sealing and opening, never printed or copied out.
import type { KeyObject } from 'node:crypto'
import { inspect } from 'node:util'

/** A KMS data key: 32 bytes that never leave the process, and their wrapped form for the records. */
export type DataKey = {
  readonly wrapped: Uint8Array
  /** Epoch seconds, authenticated: it is part of the KMS encryption context. */
  readonly createdAtSeconds: number
}

const placeholder = '[data key]'

/** The only `DataKey` that can seal. Printing it in any way shows a placeholder. */
export class HeldDataKey implements DataKey {
  readonly wrapped: Uint8Array
  readonly createdAtSeconds: number
  readonly #material: KeyObject

  constructor(material: KeyObject, wrapped: Uint8Array, createdAtSeconds: number) {
    this.#material = material
    this.wrapped = Uint8Array.from(wrapped)
    this.createdAtSeconds = createdAtSeconds
  }

  /** The key material. Throws `TypeError` for a data key that did not come from `createKeys`. */
  static materialOf(dataKey: DataKey): KeyObject {
    if (!(#material in dataKey)) throw new TypeError('not a data key of this process')
    return dataKey.#material
  }

  toString(): string {
    return placeholder
  }

  toJSON(): string {
    return placeholder
  }

  [inspect.custom](): string {
    return placeholder
  }
}
