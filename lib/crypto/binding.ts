// What a sealed record is bound to, and the one encoding of it that the seal authenticates.
import type { ItemKey } from '../store/token-store.ts'

/** What a sealed record is bound to: it opens only in this row, as this kind, in this generation. */
export type Binding = {
  readonly key: ItemKey
  /** `api-token`, `looker-secret`, … */
  readonly kind: string
  readonly generation: number
}

/** The binding with the table it holds in; the sealer adds the table. */
export type RecordBinding = Binding & { readonly table: string }

/**
 * Throws what `blame` makes unless the binding has exactly one encoding: the generation a whole
 * number from 0 to 2^53 - 1, the strings without lone surrogates.
 */
export const assertBindable = (binding: RecordBinding, blame: (message: string) => Error): void => {
  if (!Number.isSafeInteger(binding.generation) || binding.generation < 0) {
    throw blame('the generation is not a whole number from 0')
  }
  // UTF-8 writes every lone surrogate as the same U+FFFD, so two keys would share one encoding.
  if (textsOf(binding).some((text) => /\p{Surrogate}/u.test(text))) {
    throw blame('the binding holds a lone surrogate')
  }
}

/** Header and binding as length-prefixed fields: two different bindings never share an encoding. */
export const additionalDataOf = (header: Uint8Array, binding: RecordBinding): Uint8Array => {
  const generation = Buffer.alloc(8)
  generation.writeBigUInt64BE(BigInt(binding.generation))
  const texts = textsOf(binding).map((text) => Buffer.from(text, 'utf8'))
  return Buffer.concat([header, ...texts, generation].flatMap(withLength))
}

const textsOf = ({ table, key, kind }: RecordBinding): string[] => [
  table,
  key.partition,
  key.sort,
  kind,
]

const withLength = (field: Uint8Array): [Uint8Array, Uint8Array] => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(field.length)
  return [length, field]
}
