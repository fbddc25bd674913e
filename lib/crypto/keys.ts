// The data keys of one stage and table: made by KMS, unwrapped once, kept in memory. What KMS itself
// is lies behind `KmsPort`; how records are sealed under these keys is not known here.
import type { KeyObject } from 'node:crypto'
import { KeysError } from '../errors.ts'
import type { Clock } from '../time.ts'
import { type DataKey, HeldDataKey } from './data-key.ts'

/** KMS encryption context of a data key: KMS itself refuses to unwrap it under any other. */
export type KeyContext = {
  readonly stage: string
  readonly table: string
  /** Creation time in whole seconds, `2026-01-31T12:00:00Z`. */
  readonly created: string
}

export type GeneratedKey = { readonly material: KeyObject; readonly wrapped: Uint8Array }

/** All that is asked of KMS. Errors: `KeysError`; `SealError` for a wrapped key that is not ours. */
export type KmsPort = {
  readonly generate: (context: KeyContext) => Promise<GeneratedKey>
  readonly decrypt: (wrapped: Uint8Array, context: KeyContext) => Promise<KeyObject>
}

/** Errors of both: as of `KmsPort`. Concurrent calls for the same key share one call to KMS. */
export type Keys = {
  readonly generate: () => Promise<DataKey>
  readonly unwrap: (wrapped: Uint8Array, createdAtSeconds: number) => Promise<DataKey>
}

export type KeysOptions = {
  readonly kms: KmsPort
  readonly stage: string
  readonly table: string
  readonly clock: Pick<Clock, 'now'>
  /** Unwrapped keys kept, least recently used out first. Default 64. */
  readonly capacity?: number
}

export const createKeys = ({ kms, stage, table, clock, capacity = 64 }: KeysOptions): Keys => {
  const kept = new Map<string, DataKey>()
  const flights = new Map<string, Promise<DataKey>>()

  const keep = (dataKey: DataKey): DataKey => {
    const name = nameOf(dataKey.wrapped, dataKey.createdAtSeconds)
    kept.delete(name)
    kept.set(name, dataKey)
    for (const oldest of kept.keys()) {
      if (kept.size <= capacity) break
      kept.delete(oldest)
    }
    return dataKey
  }

  // Promise: a failure of KMS is not remembered.
  const share = (name: string, fetch: () => Promise<DataKey>): Promise<DataKey> => {
    const flight = flights.get(name) ?? fetch().finally(() => flights.delete(name))
    flights.set(name, flight)
    return flight
  }

  const contextAt = (createdAtSeconds: number): KeyContext => ({
    stage,
    table,
    created: wholeSeconds(createdAtSeconds),
  })

  const make = async (): Promise<DataKey> => {
    const createdAtSeconds = Math.floor(clock.now() / 1000)
    const { material, wrapped } = await kms.generate(contextAt(createdAtSeconds))
    return keep(held(material, wrapped, createdAtSeconds))
  }

  const fetchUnwrapped = async (wrapped: Uint8Array, createdAtSeconds: number) => {
    const material = await kms.decrypt(wrapped, contextAt(createdAtSeconds))
    return keep(held(material, wrapped, createdAtSeconds))
  }

  return {
    generate: () => share('new', make),
    unwrap: async (wrapped, createdAtSeconds) => {
      const name = nameOf(wrapped, createdAtSeconds)
      const known = kept.get(name)
      if (known !== undefined) return keep(known)
      return share(name, () => fetchUnwrapped(wrapped, createdAtSeconds))
    },
  }
}

// The claimed time is part of the name: an edited one must neither use nor spoil the true key's entry.
const nameOf = (wrapped: Uint8Array, createdAtSeconds: number): string =>
  `${createdAtSeconds} ${Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.length).toString('latin1')}`

const wholeSeconds = (epochSeconds: number): string =>
  new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z')

const held = (material: KeyObject, wrapped: Uint8Array, createdAtSeconds: number): DataKey => {
  if (material.symmetricKeySize !== 32) throw new KeysError('KMS gave a key that is not 32 bytes')
  return new HeldDataKey(material, wrapped, createdAtSeconds)
}
