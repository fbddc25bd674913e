// AWS KMS as the keys need it: two calls, each under a deadline that is seen to work, and an error
// that tells "this wrapped key is not ours" from "KMS did not help this time".
import {
  DecryptCommand,
  GenerateDataKeyCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  type KMSClient,
  KMSServiceException,
} from '@aws-sdk/client-kms'
import { createSecretKey, type KeyObject } from 'node:crypto'
import { KeysError, SealError, codeOf } from '../errors.ts'
import type { KmsPort } from './keys.ts'

export type KmsOptions = {
  readonly client: Pick<KMSClient, 'send'>
  /** Key id, alias or ARN; named on `Decrypt` too, so no other key of the account is ever used. */
  readonly keyId: string
  /** Made anew for each call and covers its retries. Default: fires after 1.5 seconds. */
  readonly deadline?: () => AbortSignal
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html and `…/API_Decrypt.html` */
export const createKms = ({ client, keyId, deadline = defaultDeadline }: KmsOptions): KmsPort => ({
  generate: async (context) => {
    const command = new GenerateDataKeyCommand({
      KeyId: keyId,
      KeySpec: 'AES_256',
      EncryptionContext: context,
    })
    const { Plaintext, CiphertextBlob } = await answered(
      'GenerateDataKey',
      deadline(),
      (abortSignal) => client.send(command, { abortSignal }),
    )
    return { material: materialFrom(Plaintext), wrapped: present(CiphertextBlob) }
  },

  decrypt: async (wrapped, context) => {
    const command = new DecryptCommand({
      KeyId: keyId,
      CiphertextBlob: wrapped,
      EncryptionContext: context,
    })
    const { Plaintext } = await answered('Decrypt', deadline(), (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    return materialFrom(Plaintext)
  },
})

const defaultDeadline = (): AbortSignal => AbortSignal.timeout(1500)

type Operation = 'GenerateDataKey' | 'Decrypt'

const answered = async <T>(
  operation: Operation,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  try {
    // The client gives up by itself on most of its steps, but not on all (finding credentials).
    return await Promise.race([call(signal), failsWith(signal)])
  } catch (error) {
    throw judged(operation, error)
  }
}

const failsWith = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const fail = () => reject(signal.reason)
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail, { once: true })
  })

const judged = (operation: Operation, error: unknown): KeysError | SealError => {
  const name = codeOf(error)
  if (operation === 'Decrypt' && isNotOurs(error)) {
    return new SealError(`KMS refused the wrapped key: ${name}`, error)
  }
  // Only the service's own errors are kept: one about an unreadable answer carries that answer's
  // text, and that may hold the key.
  return new KeysError(
    `KMS ${operation} failed: ${name}`,
    error instanceof KMSServiceException ? error : undefined,
  )
}

const isNotOurs = (error: unknown): boolean =>
  error instanceof InvalidCiphertextException || error instanceof IncorrectKeyException

const materialFrom = (plaintext: Uint8Array | undefined): KeyObject => {
  const bytes = present(plaintext)
  const material = createSecretKey(bytes)
  bytes.fill(0)
  return material
}

const present = (bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined || bytes.length === 0) throw new KeysError('KMS answered without a key')
  return bytes
}
