// The cryptography of the KMS double: data keys wrapped by AES-GCM under random master keys that live
// only in memory, with the encryption context as additional data. Size and answers are as KMS's.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { KmsRefusal } from './refusal.ts'

export type Context = Readonly<Record<string, string>>

export type Masters = {
  /** A new data key under the newest master of the KMS key; a KMS key exists from its first use. */
  readonly wrapNew: (keyId: string, context: Context) => { plaintext: Buffer; wrapped: Buffer }
  /** Errors: `KmsRefusal` with `InvalidCiphertextException` or `IncorrectKeyException`. */
  readonly unwrap: (keyId: string | undefined, wrapped: Uint8Array, context: Context) => Buffer
  /** Wrap new data keys under new masters; the old masters still unwrap. */
  readonly rotate: () => void
}

type Master = { readonly id: string; readonly keyId: string; readonly key: Buffer }

// id 16 | nonce 12 | padding 108 | encrypted data key 32 | tag 16: 184 bytes, as KMS writes for AES_256
const idLength = 16
const nonceAt = 16
const paddingAt = 28
const encryptedAt = 136
const tagAt = 168
const blobLength = 184

export const createMasters = (): Masters => {
  const byId = new Map<string, Master>()
  const newestByKey = new Map<string, Master>()

  const newestOf = (keyId: string): Master => {
    const master = newestByKey.get(keyId) ?? newMaster(keyId)
    byId.set(master.id, master)
    newestByKey.set(keyId, master)
    return master
  }

  return {
    wrapNew: (keyId, context) => {
      const plaintext = randomBytes(32)
      return { plaintext, wrapped: wrap(newestOf(bare(keyId)), plaintext, context) }
    },
    unwrap: (keyId, wrapped, context) => {
      const master = byId.get(Buffer.from(wrapped.subarray(0, idLength)).toString('hex'))
      if (master === undefined || wrapped.length !== blobLength) {
        throw new KmsRefusal('InvalidCiphertextException')
      }
      if (keyId !== undefined && bare(keyId) !== master.keyId) {
        throw new KmsRefusal('IncorrectKeyException')
      }
      return unwrap(master, wrapped, context)
    },
    rotate: () => newestByKey.clear(),
  }
}

const newMaster = (keyId: string): Master => ({
  id: randomBytes(idLength).toString('hex'),
  keyId,
  key: randomBytes(32),
})

/** A key id, alias or ARN names the same key by its last part. */
const bare = (keyId: string): string =>
  keyId
    .split(':')
    .at(-1)
    ?.replace(/^key\//, '') ?? keyId

const wrap = (master: Master, plaintext: Buffer, context: Context): Buffer => {
  const start = Buffer.concat([Buffer.from(master.id, 'hex'), randomBytes(encryptedAt - idLength)])
  const cipher = createCipheriv('aes-256-gcm', master.key, start.subarray(nonceAt, paddingAt))
  cipher.setAAD(additionalData(start, context))
  return Buffer.concat([start, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

const unwrap = (master: Master, wrapped: Uint8Array, context: Context): Buffer => {
  const start = wrapped.subarray(0, encryptedAt)
  const nonce = wrapped.subarray(nonceAt, paddingAt)
  const decipher = createDecipheriv('aes-256-gcm', master.key, nonce)
  decipher.setAAD(additionalData(start, context)).setAuthTag(wrapped.subarray(tagAt))
  const plaintext = decipher.update(wrapped.subarray(encryptedAt, tagAt))
  try {
    return Buffer.concat([plaintext, decipher.final()])
  } catch {
    throw new KmsRefusal('InvalidCiphertextException')
  }
}

const additionalData = (start: Uint8Array, context: Context): Buffer => {
  const entries = Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat([start, Buffer.from(JSON.stringify(entries), 'utf8')])
}
