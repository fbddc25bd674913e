// The KMS double inside the process, as the port that `lib/crypto` asks: no client, no socket.
import { createSecretKey } from 'node:crypto'
import type { KmsPort } from '../../lib/crypto/keys.ts'
import { KeysError, SealError } from '../../lib/errors.ts'
import type { KmsDouble, Outcome } from './double.ts'
import { KmsRefusal, type RefusalName } from './refusal.ts'

/** Fails as the real port does; `hang` never settles (the deadline is the real port's). */
export const createLocalKms = (
  double: KmsDouble,
  keyId = 'alias/looker-token-broker-local',
): KmsPort => ({
  generate: async (context) => {
    const call = () => double.generateDataKey(keyId, { ...context })
    const { plaintext, wrapped } = await settled(call, new Set())
    return { material: createSecretKey(plaintext), wrapped }
  },
  decrypt: async (wrapped, context) => {
    const call = () => double.decrypt(keyId, wrapped, { ...context })
    const { plaintext } = await settled(call, notOurs)
    return createSecretKey(plaintext)
  },
})

const notOurs: ReadonlySet<RefusalName> = new Set([
  'InvalidCiphertextException',
  'IncorrectKeyException',
])

const settled = async <T>(
  call: () => Outcome<T>,
  blamingTheRecord: ReadonlySet<RefusalName>,
): Promise<T> => {
  const outcome = outcomeOf(call, blamingTheRecord)
  if ('answer' in outcome) return outcome.answer
  if (outcome.noAnswer === 'reset') throw new KeysError('KMS failed: connection reset')
  return new Promise<never>(() => {})
}

const outcomeOf = <T>(
  call: () => Outcome<T>,
  blamingTheRecord: ReadonlySet<RefusalName>,
): Outcome<T> => {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof KmsRefusal)) throw error
    const message = `KMS failed: ${error.refusal}`
    if (blamingTheRecord.has(error.refusal)) throw new SealError(message, error)
    throw new KeysError(message, error)
  }
}
