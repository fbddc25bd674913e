import { describe, expect, it } from 'vitest'
import { KeysError, SealError } from '../../../lib/errors.ts'
import { createKmsDouble } from '../../../local/kms/double.ts'
import { createLocalKms } from '../../../local/kms/port.ts'

const context = { stage: 'acme', table: 'tokens', created: '1970-01-01T00:00:00Z' }

describe('the KMS double inside the process', () => {
  it('makes a data key and unwraps it again', async () => {
    const kms = createLocalKms(createKmsDouble())

    const { material, wrapped } = await kms.generate(context)
    const unwrapped = await kms.decrypt(wrapped, context)

    expect(unwrapped.equals(material)).toBe(true)
  })

  it('fails as the real port does', async () => {
    const double = createKmsDouble()
    const kms = createLocalKms(double)
    const { wrapped } = await kms.generate(context)

    await expect(kms.decrypt(wrapped, { ...context, stage: 'x' })).rejects.toThrow(SealError)
    double.addFault({ error: 'AccessDeniedException', times: 1 })
    await expect(kms.decrypt(wrapped, context)).rejects.toThrow(KeysError)
    double.addFault({ error: 'reset', times: 1 })
    await expect(kms.generate(context)).rejects.toThrow(KeysError)
  })

  it('does not blame the record when making a key fails', async () => {
    const double = createKmsDouble()
    double.addFault({ error: 'InvalidCiphertextException' })

    await expect(createLocalKms(double).generate(context)).rejects.toThrow(KeysError)
  })
})
