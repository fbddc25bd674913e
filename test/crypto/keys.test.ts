import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createKeys, type KeyContext, type KmsPort } from '../../lib/crypto/keys.ts'
import { KeysError, SealError } from '../../lib/errors.ts'
import { failureOf, localKms } from './sealers.ts'

const keysOver = (kms: KmsPort, capacity = 64) =>
  createKeys({ kms, stage: 'acme', table: 'tokens', clock: { now: () => 1_999 }, capacity })

const wrappedKey = async (kms: KmsPort) => {
  const { wrapped, createdAtSeconds } = await keysOver(kms).generate()
  return { wrapped, createdAtSeconds }
}

describe('data keys', () => {
  it('are bound to stage, table and creation time in whole seconds', async () => {
    const contexts: KeyContext[] = []
    const { kms } = localKms()
    const watched: KmsPort = {
      generate: (context) => (contexts.push(context), kms.generate(context)),
      decrypt: (wrapped, context) => (contexts.push(context), kms.decrypt(wrapped, context)),
    }
    const { wrapped, createdAtSeconds } = await wrappedKey(watched)

    await keysOver(watched).unwrap(wrapped, createdAtSeconds)

    const context = { stage: 'acme', table: 'tokens', created: '1970-01-01T00:00:01Z' }
    expect(contexts).toEqual([context, context])
  })

  it('are unwrapped once by 100 that race for the first use', async () => {
    const { double, kms } = localKms()
    const { wrapped, createdAtSeconds } = await wrappedKey(kms)
    const cold = keysOver(kms)

    const keys = await Promise.all(
      Array.from({ length: 100 }, () => cold.unwrap(wrapped, createdAtSeconds)),
    )

    expect(new Set(keys).size).toBe(1)
    expect(double.counts().Decrypt).toBe(1)
  })

  it('are unwrapped once each if several are raced for', async () => {
    const { double, kms } = localKms()
    const wrapped = await Promise.all(Array.from({ length: 5 }, () => wrappedKey(kms)))
    const cold = keysOver(kms)

    const uses = Array.from({ length: 20 }, () => wrapped).flat()
    await Promise.all(uses.map((one) => cold.unwrap(one.wrapped, one.createdAtSeconds)))

    expect(double.counts().Decrypt).toBe(5)
  })

  it('are known by their bytes, not by the buffer that holds them', async () => {
    const { double, kms } = localKms()
    const { wrapped, createdAtSeconds } = await wrappedKey(kms)
    const cold = keysOver(kms)

    await cold.unwrap(wrapped, createdAtSeconds)
    await cold.unwrap(Uint8Array.from(wrapped), createdAtSeconds)

    expect(double.counts().Decrypt).toBe(1)
  })

  it('need no KMS to open what was sealed under a key made here', async () => {
    const { double, kms } = localKms()
    const keys = keysOver(kms)
    const made = await keys.generate()

    const unwrapped = await keys.unwrap(made.wrapped, made.createdAtSeconds)

    expect(unwrapped).toBe(made)
    expect(double.counts().Decrypt).toBe(0)
  })

  it('are refused under another creation time, also where the key is known', async () => {
    const { kms } = localKms()
    const keys = keysOver(kms)
    const made = await keys.generate()

    const failure = await failureOf(keys.unwrap(made.wrapped, made.createdAtSeconds + 1))

    expect(failure).toBeInstanceOf(SealError)
    expect(await keys.unwrap(made.wrapped, made.createdAtSeconds)).toBe(made)
  })

  it('are not refused because an edited creation time is asked for at the same time', async () => {
    const { kms } = localKms()
    const { wrapped, createdAtSeconds } = await wrappedKey(kms)
    const cold = keysOver(kms)

    const edited = failureOf(cold.unwrap(wrapped, createdAtSeconds + 1))
    const honest = await cold.unwrap(wrapped, createdAtSeconds)

    expect(await edited).toBeInstanceOf(SealError)
    expect(honest.createdAtSeconds).toBe(1)
  })

  it('a failure of KMS is not remembered', async () => {
    const { double, kms } = localKms()
    const { wrapped, createdAtSeconds } = await wrappedKey(kms)
    const cold = keysOver(kms)
    double.addFault({ error: 'ThrottlingException', times: 2 })

    const unwrapping = await failureOf(cold.unwrap(wrapped, createdAtSeconds))
    const making = await failureOf(cold.generate())

    expect(unwrapping).toBeInstanceOf(KeysError)
    expect(making).toBeInstanceOf(KeysError)
    expect((await cold.unwrap(wrapped, createdAtSeconds)).createdAtSeconds).toBe(1)
    expect((await cold.generate()).createdAtSeconds).toBe(1)
  })

  it('share one failure among those that race', async () => {
    const { double, kms } = localKms()
    const { wrapped, createdAtSeconds } = await wrappedKey(kms)
    const cold = keysOver(kms)
    double.addFault({ error: 'KMSInternalException' })

    const failures = await Promise.all(
      Array.from({ length: 100 }, () => failureOf(cold.unwrap(wrapped, createdAtSeconds))),
    )

    expect(failures.every((failure) => failure instanceof KeysError)).toBe(true)
    expect(double.counts().Decrypt).toBe(1)
  })

  it('are made anew by each later call', async () => {
    const { double, kms } = localKms()
    const keys = keysOver(kms)

    const first = await keys.generate()
    const second = await keys.generate()

    expect(second).not.toBe(first)
    expect(double.counts().GenerateDataKey).toBe(2)
  })

  it('stay in memory up to the capacity, the least recently used out first', async () => {
    const { double, kms } = localKms()
    const [one, two, three] = [await wrappedKey(kms), await wrappedKey(kms), await wrappedKey(kms)]
    const keys = keysOver(kms, 2)
    const use = async ({ wrapped, createdAtSeconds }: typeof one) => {
      double.resetCounts()
      await keys.unwrap(wrapped, createdAtSeconds)
      return double.counts().Decrypt
    }

    expect([await use(one), await use(two)]).toEqual([1, 1])
    expect([await use(one), await use(two), await use(one)]).toEqual([0, 0, 0])
    expect([await use(three), await use(one), await use(two)]).toEqual([1, 0, 1])
  })

  it('that are not 32 bytes are not accepted', async () => {
    const material = createSecretKey(randomBytes(16))
    const kms: KmsPort = {
      generate: async () => ({ material, wrapped: randomBytes(184) }),
      decrypt: async () => material,
    }
    const keys = keysOver(kms)

    expect(await failureOf(keys.generate())).toBeInstanceOf(KeysError)
    expect(await failureOf(keys.unwrap(randomBytes(184), 1))).toBeInstanceOf(KeysError)
  })
})
