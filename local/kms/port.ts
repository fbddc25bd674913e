// The KMS double inside the process, as the port that `lib/crypto` asks: no client, no socket.
import { createSecretKey } from 'node:crypto'
import type { KmsPort } from '../../lib/crypto/keys.ts'
import { KeysError, SealError } from '../../lib/errors.ts'
import type { KmsDouble, Outcome } from './double.ts'
import { KmsRefusal } from './refusal.ts'

/** Fails as the real port does; `hang` never settles (the deadline is the real port's). */
export const createLocalKms = (
  double: KmsDouble,
  keyId = 'alias/looker-token-broker-local',
): KmsPort => ({
  generate: async (context) => {
    const { plaintext, wrapped } = await settled(() =>
      double.generateDataKey(keyId, { ...context }),
    )
    return { material: createSecretKey(plaintext), wrapped }
  },
  decrypt: async (wrapped, context) => {
    const { plaintext } = await settled(() => double.decrypt(keyId, wrapped, { ...context }))
    return createSecretKey(plaintext)
  },
})

const notOurs: ReadonlySet<string> = new Set([
  'InvalidCiphertextException',
  'IncorrectKeyException',
])

const settled = async <T>(call: () => Outcome<T>): Promise<T> => {
  const outcome = outcomeOf(call)
  if ('answer' in outcome) return outcome.answer
  if (outcome.noAnswer === 'reset') throw new KeysError('KMS failed: connection reset')
  return new Promise<never>(() => {})
}

const outcomeOf = <T>(call: () => Outcome<T>): Outcome<T> => {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof KmsRefusal)) throw error
    if (notOurs.has(error.refusal)) throw new SealError('KMS refused the wrapped key', error)
    throw new KeysError(`KMS failed: ${error.refusal}`, error)
  }
}
