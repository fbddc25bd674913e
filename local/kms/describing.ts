// What KMS tells an administrator of a key, in its JSON protocol.
import * as v from 'valibot'
import type { KeyStanding } from './double.ts'
import { KmsRefusal } from './refusal.ts'

type Answer = Record<string, unknown>

/** Undefined for calls of another kind. Errors: `KmsRefusal`. */
export const describing = (
  standing: KeyStanding,
  target: string | undefined,
  body: unknown,
): Answer | undefined => {
  const answerOf = answers[target?.replace('TrentService.', '') ?? '']
  if (answerOf === undefined) return undefined
  if (standing.gone) throw new KmsRefusal('NotFoundException')
  return answerOf(standing, v.parse(request, body).KeyId)
}

export const arnOf = (keyId: string): string =>
  keyId.startsWith('arn:') ? keyId : `arn:aws:kms:local:000000000000:key/${keyId}`

const request = v.object({ KeyId: v.string() })

const answers: Readonly<Record<string, (standing: KeyStanding, keyId: string) => Answer>> = {
  DescribeKey: ({ enabled }, keyId) => ({
    KeyMetadata: {
      KeyId: keyId,
      Arn: arnOf(keyId),
      Enabled: enabled,
      KeyState: enabled ? 'Enabled' : 'Disabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyManager: 'CUSTOMER',
    },
  }),
  GetKeyRotationStatus: ({ rotates }, keyId) => {
    assertNoAlias(keyId)
    return { KeyId: keyId, KeyRotationEnabled: rotates }
  },
  GetKeyPolicy: ({ policy }, keyId) => {
    assertNoAlias(keyId)
    return { Policy: policy, PolicyName: 'default' }
  },
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html */
const assertNoAlias = (keyId: string): void => {
  if (/^alias\/|:alias\//.test(keyId)) throw new KmsRefusal('ValidationException')
}
