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
  const texts = textsOf(binding).map((text) => ({ text, length: Buffer.byteLength(text, 'utf8') }))
  const ofTexts = texts.reduce((sum, { length }) => sum + lengthBytes + length, 0)
  const data = Buffer.alloc(lengthBytes + header.length + ofTexts + lengthBytes + generationBytes)
  let at = data.writeUInt32BE(header.length)
  data.set(header, at)
  at += header.length
  for (const { text, length } of texts) {
    at = data.writeUInt32BE(length, at)
    at += data.write(text, at, 'utf8')
  }
  at = data.writeUInt32BE(generationBytes, at)
  data.writeBigUInt64BE(BigInt(binding.generation), at)
  return data
}

const lengthBytes = 4
const generationBytes = 8

const textsOf = ({ table, key, kind }: RecordBinding): string[] => [
  table,
  key.partition,
  key.sort,
  kind,
]
