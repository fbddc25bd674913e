// A value that must not be printed. Everything that could print it (string conversion, JSON, the
// console) shows a placeholder; only `reveal` gives the text, so every use can be found by that name.
import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const placeholder = '[secret]'

export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  /** SHA-256 of the text, as unpadded base64url (43 characters). */
  digest(): string {
    return createHash('sha256').update(this.#text, 'utf8').digest('base64url')
  }

  /** Compares with a digest as `digest()` writes it, in constant time. */
  hasDigest(digest: string): boolean {
    const own = Buffer.from(this.digest(), 'utf8')
    const other = Buffer.from(digest, 'utf8')
    return own.length === other.length && timingSafeEqual(own, other)
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
