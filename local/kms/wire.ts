// KMS's JSON protocol, as far as the double speaks it: a request body in, an answer's body out.
import * as v from 'valibot'
import type { KmsDouble } from './double.ts'
import { arnOf, describing } from './describing.ts'
import { KmsRefusal } from './refusal.ts'

export type WireOutcome =
  { readonly answer: Record<string, unknown> } | { readonly noAnswer: 'hang' | 'reset' }

/** Errors: `KmsRefusal`; a valibot error for a malformed request. */
export const answer = (
  double: KmsDouble,
  target: string | undefined,
  body: unknown,
): WireOutcome => {
  if (target === 'TrentService.GenerateDataKey') return generateDataKey(double, body)
  if (target === 'TrentService.Decrypt') return decrypt(double, body)
  const described = describing(double.standing(), target, body)
  if (described !== undefined) return { answer: described }
  throw new KmsRefusal('ValidationException')
}

const base64 = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text) => Buffer.from(text, 'base64')),
)
const context = v.optional(v.record(v.string(), v.string()), {})

const generateDataKeyRequest = v.object({
  KeyId: v.string(),
  KeySpec: v.literal('AES_256'),
  EncryptionContext: context,
})

const decryptRequest = v.object({
  KeyId: v.optional(v.string()),
  CiphertextBlob: v.pipe(base64, v.minLength(1), v.maxLength(6144)),
  EncryptionContext: context,
})

const generateDataKey = (double: KmsDouble, body: unknown): WireOutcome => {
  const request = v.parse(generateDataKeyRequest, body)
  const outcome = double.generateDataKey(request.KeyId, request.EncryptionContext)
  if ('noAnswer' in outcome) return outcome
  const { plaintext, wrapped } = outcome.answer
  return {
    answer: {
      KeyId: arnOf(request.KeyId),
      Plaintext: plaintext.toString('base64'),
      CiphertextBlob: wrapped.toString('base64'),
    },
  }
}

const decrypt = (double: KmsDouble, body: unknown): WireOutcome => {
  const request = v.parse(decryptRequest, body)
  const outcome = double.decrypt(request.KeyId, request.CiphertextBlob, request.EncryptionContext)
  if ('noAnswer' in outcome) return outcome
  return {
    answer: {
      KeyId: arnOf(request.KeyId ?? 'unnamed'),
      Plaintext: outcome.answer.plaintext.toString('base64'),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    },
  }
}
