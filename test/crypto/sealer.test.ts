import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { drawSaltAndNonce } from '../../lib/crypto/sealer.ts'
import { KeysError, SealError } from '../../lib/errors.ts'
import { binding, failureOf, localKms, record, sealerAt, sealOne } from './sealers.ts'

const at = (clock: { nowMs: number }, keyMaxAgeSeconds = 86_400) => {
  const { double, kms } = localKms()
  return { double, sealer: sealerAt({ kms, clock, keyMaxAgeSeconds }) }
}

describe('opening', () => {
  it('gives text, expiry and the key of the record to a process that never saw it', async () => {
    const { kms } = localKms()
    const frame = await sealOne(sealerAt({ kms, clock: { nowMs: 5_999 } }))

    const opened = await sealerAt({ kms }).open(frame, binding)

    expect(Buffer.from(opened.plaintext).toString('utf8')).toBe('a token')
    expect(opened.expiresAtMs).toBe(3_600_000)
    expect(opened.dataKey.createdAtSeconds).toBe(5)
  })

  it('seals anew under the key that came with a record, without KMS', async () => {
    const { double, kms } = localKms()
    const frame = await sealOne(sealerAt({ kms }))
    const cold = sealerAt({ kms })

    const { dataKey } = await cold.open(frame, binding)
    const next = cold.seal(record, { ...binding, generation: 8 }, dataKey)

    expect((await cold.open(next, { ...binding, generation: 8 })).expiresAtMs).toBe(3_600_000)
    expect(double.counts()).toEqual({ GenerateDataKey: 1, Decrypt: 1 })
  })

  it('asks KMS once for 10,000 records under one key', async () => {
    const { double, kms } = localKms()
    const writer = sealerAt({ kms })
    const dataKey = await writer.currentKey(undefined)
    const reader = sealerAt({ kms })

    for (let generation = 0; generation < 10_000; generation += 1) {
      const one = { ...binding, generation }
      await reader.open(writer.seal(record, one, dataKey), one)
    }

    expect(double.counts()).toEqual({ GenerateDataKey: 1, Decrypt: 1 })
  })

  it('opens old records after the KMS key was rotated, and seals new ones', async () => {
    const { double, kms } = localKms()
    const old = await sealOne(sealerAt({ kms }))
    double.rotate()
    const young = await sealOne(sealerAt({ kms }))

    const reader = sealerAt({ kms })

    expect((await reader.open(old, binding)).expiresAtMs).toBe(3_600_000)
    expect((await reader.open(young, binding)).expiresAtMs).toBe(3_600_000)
    expect(Buffer.from(young.subarray(13, 29))).not.toEqual(Buffer.from(old.subarray(13, 29)))
  })

  it('goes on with keys in memory while the KMS key is disabled; a cold process cannot', async () => {
    const { double, kms } = localKms()
    const warm = sealerAt({ kms })
    const frame = await sealOne(warm)
    double.disable()

    expect((await warm.open(frame, binding)).expiresAtMs).toBe(3_600_000)
    expect(await failureOf(sealerAt({ kms }).open(frame, binding))).toBeInstanceOf(KeysError)
    expect(await failureOf(warm.currentKey(undefined))).toBeInstanceOf(KeysError)
  })

  it('opens again once the KMS key is enabled', async () => {
    const { double, kms } = localKms()
    const frame = await sealOne(sealerAt({ kms }))
    const cold = sealerAt({ kms })
    double.disable()
    await failureOf(cold.open(frame, binding))
    double.enable()

    expect((await cold.open(frame, binding)).expiresAtMs).toBe(3_600_000)
  })

  it('refuses an unknown version without asking KMS', async () => {
    const { double, kms } = localKms()
    const frame = await sealOne(sealerAt({ kms }))
    frame[0] = 2

    expect(await failureOf(sealerAt({ kms }).open(frame, binding))).toBeInstanceOf(SealError)
    expect(double.counts().Decrypt).toBe(0)
  })
})

describe('the key to seal under', () => {
  it('is the present one just before its limit, and a new one at the limit', async () => {
    const clock = { nowMs: 0 }
    const { sealer } = at(clock, 3600)
    const present = await sealer.currentKey(undefined)

    clock.nowMs = 3_599_999
    const inside = await sealer.currentKey(present)
    clock.nowMs = 3_600_000
    const outside = await sealer.currentKey(present)

    expect(inside).toBe(present)
    expect(outside).not.toBe(present)
    expect(outside.createdAtSeconds).toBe(3600)
  })

  it('may be from five minutes ahead, and from no further', async () => {
    const clock = { nowMs: 1_300_000 }
    const { sealer } = at(clock)
    const present = await sealer.currentKey(undefined)

    clock.nowMs = 1_000_000
    const inside = await sealer.currentKey(present)
    clock.nowMs = 999_999
    const outside = await sealer.currentKey(present)

    expect(inside).toBe(present)
    expect(outside).not.toBe(present)
  })

  it('is never older than its limit, even if KMS gives no new one', async () => {
    const clock = { nowMs: 0 }
    const { double, sealer } = at(clock, 3600)
    const present = await sealer.currentKey(undefined)
    double.addFault({ error: 'KMSInternalException' })
    clock.nowMs = 3_600_000

    expect(await failureOf(sealer.currentKey(present))).toBeInstanceOf(KeysError)
  })

  it('is made once for all that ask at the same time', async () => {
    const { double, sealer } = at({ nowMs: 0 })

    const keys = await Promise.all(Array.from({ length: 100 }, () => sealer.currentKey(undefined)))

    expect(new Set(keys).size).toBe(1)
    expect(double.counts().GenerateDataKey).toBe(1)
  })

  it('cannot be a key that was not made or unwrapped here', () => {
    const { sealer } = at({ nowMs: 0 })
    const forged = { wrapped: randomBytes(184), createdAtSeconds: 0 }

    expect(() => sealer.seal(record, binding, forged)).toThrow(TypeError)
  })
})

/** The first eight bytes: what does not repeat in them does not repeat at all. */
const startOf = (bytes: Uint8Array): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)

const repetitionsIn = (starts: BigUint64Array): number => {
  const sorted = starts.toSorted()
  return sorted.filter((start, index) => start === sorted[index + 1]).length
}

describe('salt and nonce', () => {
  it('do not repeat in 1,000,000 draws', () => {
    const salts = new BigUint64Array(1_000_000)
    const nonces = new BigUint64Array(1_000_000)

    for (let draw = 0; draw < 1_000_000; draw += 1) {
      const { salt, nonce } = drawSaltAndNonce(randomBytes)
      salts[draw] = startOf(salt)
      nonces[draw] = startOf(nonce)
    }

    expect(repetitionsIn(salts)).toBe(0)
    expect(repetitionsIn(nonces)).toBe(0)
  }, 120_000)

  it('are drawn anew for each record', async () => {
    const { sealer } = at({ nowMs: 0 })
    const dataKey = await sealer.currentKey(undefined)
    const seen = new Set<string>()

    for (let index = 0; index < 1000; index += 1) {
      const frame = sealer.seal(record, binding, dataKey)
      seen.add(Buffer.from(frame.subarray(197, 225)).toString('latin1'))
    }

    expect(seen.size).toBe(1000)
  })

  it('stand in the frame as they were drawn', async () => {
    const { kms } = localKms()
    const drawn = randomBytes(28)
    const sealer = sealerAt({ kms, random: () => drawn })

    const frame = await sealOne(sealer)

    expect(Buffer.from(frame.subarray(197, 225))).toEqual(drawn)
  })

  it('of the wrong length are refused', async () => {
    const { kms } = localKms()

    const failure = await failureOf(sealOne(sealerAt({ kms, random: () => randomBytes(27) })))

    expect(failure).toBeInstanceOf(RangeError)
  })
})
