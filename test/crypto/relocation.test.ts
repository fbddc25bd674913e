// A sealed record opens only where it was sealed. Every move between every two places is tried, and
// a control shows that it is the additional data (or the KMS context) that stops it.
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseFrame } from '../../lib/crypto/envelope.ts'
import type { KmsPort } from '../../lib/crypto/keys.ts'
import { SealError } from '../../lib/errors.ts'
import { createKmsDouble } from '../../local/kms/double.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import {
  openRaw,
  type RawBinding,
  rawAdditionalData,
  type RawRecord,
  sealRaw,
} from './raw-frame.ts'
import { binding, failureOf, localKms, sealerAt, sealOne } from './sealers.ts'

const both = [0, 1] as const

/** 32 places: two tables, tenants, sort keys, kinds and generations, in every combination. */
const places: readonly RawBinding[] = both.flatMap((table) =>
  both.flatMap((partition) =>
    both.flatMap((sort) =>
      both.flatMap((kind) =>
        both.map((generation) => ({
          table: `table-${table}`,
          partition: `api-token#tenant-${partition}`,
          sort: `sort-${sort}`,
          kind: ['api-token', 'looker-secret'][kind] ?? '',
          generation,
        })),
      ),
    ),
  ),
)

const moves = places.flatMap((from) =>
  places.filter((to) => to !== from).map((to) => ({ from, to })),
)

const key = randomBytes(32)

const recordAt = (place: RawBinding): RawRecord => ({
  key,
  wrapped: randomBytes(184),
  salt: randomBytes(16),
  nonce: randomBytes(12),
  createdAtSeconds: 0,
  expiresAtMs: 3_600_000,
  plaintext: Buffer.from('a token', 'utf8'),
  binding: place,
})

const opensAt = (frame: Uint8Array, { table, partition, sort, kind, generation }: RawBinding) => {
  const there = { table, key: { partition, sort }, kind, generation }
  try {
    parseFrame(frame).open(there, createSecretKey(key))
    return true
  } catch (error) {
    if (error instanceof SealError) return false
    throw error
  }
}

const opensWith = (frame: Buffer, additionalData: Buffer) => {
  try {
    openRaw(frame, key, additionalData)
    return true
  } catch {
    return false
  }
}

describe('a record moved to another row, kind or generation', () => {
  it('never opens, in all 992 moves between 32 places', () => {
    const opened = moves.filter(({ from, to }) => opensAt(sealRaw(recordAt(from)), to))

    expect(moves).toHaveLength(992)
    expect(opened).toEqual([])
  })

  it('opens in its own place, in all 32', () => {
    const opened = places.filter((place) => opensAt(sealRaw(recordAt(place)), place))

    expect(opened).toHaveLength(32)
  })

  it('would open after every move if nothing were bound (control)', () => {
    const unbound = { additionalData: Buffer.alloc(0) }

    const opened = moves.filter(({ from }) => {
      return opensWith(sealRaw(recordAt(from), unbound), unbound.additionalData)
    })
    const openedIfBound = moves.filter(({ from, to }) => {
      const frame = sealRaw(recordAt(from))
      return opensWith(frame, rawAdditionalData(frame.subarray(0, 257), to))
    })

    expect(opened).toHaveLength(992)
    expect(openedIfBound).toEqual([])
  })

  it('does not open where only the border between two names moved', () => {
    const place = { table: 't', kind: 'k', generation: 0 }
    const frame = sealRaw(recordAt({ ...place, partition: 'ab', sort: 'c' }))

    expect(opensAt(frame, { ...place, partition: 'ab', sort: 'c' })).toBe(true)
    expect(opensAt(frame, { ...place, partition: 'a', sort: 'bc' })).toBe(false)
  })
})

/** A KMS that does not look at a part of the context, and is otherwise the double. */
const blindTo = (part: 'stage' | 'table' | 'created'): KmsPort => {
  const { kms } = localKms()
  return {
    generate: (context) => kms.generate({ ...context, [part]: '' }),
    decrypt: (wrapped, context) => kms.decrypt(wrapped, { ...context, [part]: '' }),
  }
}

describe('a record moved to another stage, table or KMS key', () => {
  const away = [
    { stage: 'globex', table: 'tokens' },
    { stage: 'acme', table: 'other' },
    { stage: 'globex', table: 'other' },
  ]

  it.each(away)('never opens at $stage in $table', async (there) => {
    const { kms } = localKms()
    const frame = await sealOne(sealerAt({ kms, stage: 'acme', table: 'tokens' }))

    const failure = await failureOf(sealerAt({ kms, ...there }).open(frame, binding))

    expect(failure).toBeInstanceOf(SealError)
  })

  it('would open at another stage if KMS did not bind the stage (control)', async () => {
    const kms = blindTo('stage')
    const frame = await sealOne(sealerAt({ kms, stage: 'acme' }))

    const opened = await sealerAt({ kms, stage: 'globex' }).open(frame, binding)

    expect(opened.expiresAtMs).toBe(3_600_000)
  })

  it('never opens in another table, even if KMS did not bind the table', async () => {
    const kms = blindTo('table')
    const frame = await sealOne(sealerAt({ kms, table: 'tokens' }))

    const failure = await failureOf(sealerAt({ kms, table: 'other' }).open(frame, binding))

    expect(failure).toBeInstanceOf(SealError)
  })

  it('never opens under another KMS key, of the same KMS or of another', async () => {
    const double = createKmsDouble()
    const frame = await sealOne(sealerAt({ kms: createLocalKms(double, 'alias/one') }))

    const other = sealerAt({ kms: createLocalKms(double, 'alias/two') })
    const foreign = sealerAt({ kms: createLocalKms(createKmsDouble(), 'alias/one') })

    expect(await failureOf(other.open(frame, binding))).toBeInstanceOf(SealError)
    expect(await failureOf(foreign.open(frame, binding))).toBeInstanceOf(SealError)
  })

  it('never opens with the wrapped key of another record in its place', async () => {
    const sealer = sealerAt({ kms: localKms().kms })
    const one = Buffer.from(await sealOne(sealer))
    const two = Buffer.from(await sealOne(sealer))
    const mixed = Buffer.concat([one.subarray(0, 13), two.subarray(13, 197), one.subarray(197)])

    expect(await failureOf(sealer.open(mixed, binding))).toBeInstanceOf(SealError)
  })
})

describe('a record with an edited header', () => {
  it.each([
    ['a longer life', 6],
    ['a younger data key', 10],
    ['another length of the wrapped key', 12],
    ['another wrapped key', 13],
    ['another salt', 197],
    ['another nonce', 213],
    ['another commitment', 225],
  ])('does not open with %s', async (_, at) => {
    const { kms } = localKms()
    const frame = await sealOne(sealerAt({ kms }))
    frame[at] = (frame[at] ?? 0) ^ 1

    expect(await failureOf(sealerAt({ kms }).open(frame, binding))).toBeInstanceOf(SealError)
  })

  it('does not open with any one byte changed, also where the data key is known', async () => {
    const { kms } = localKms()
    const warm = sealerAt({ kms })
    const frame = await sealOne(warm)

    for (const sealer of [warm, sealerAt({ kms })]) {
      for (let at = 0; at < frame.length; at += 1) {
        const altered = Uint8Array.from(frame)
        altered[at] = (altered[at] ?? 0) ^ 0x10
        expect(await failureOf(sealer.open(altered, binding))).toBeInstanceOf(SealError)
      }
    }
  })

  it('lets KMS itself refuse an edited creation time', async () => {
    const { double, kms } = localKms()
    const frame = await sealOne(sealerAt({ kms }))
    frame[10] = 1

    const failure = await failureOf(sealerAt({ kms }).open(frame, binding))

    expect(failure).toMatchObject({ cause: { refusal: 'InvalidCiphertextException' } })
    expect(double.counts().Decrypt).toBe(1)
  })
})
