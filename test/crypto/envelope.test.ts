import * as fc from 'fast-check'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { frameReaders, parseFrame, sealFrame } from '../../lib/crypto/envelope.ts'
import type { FrameContent } from '../../lib/crypto/frame.ts'
import { SealError } from '../../lib/errors.ts'
import { type RawRecord, sealRaw } from './raw-frame.ts'

const key = randomBytes(32)

const content: FrameContent = {
  plaintext: Buffer.from('x'.repeat(60), 'utf8'),
  expiresAtMs: 3_600_000,
  binding: { table: 't', key: { partition: 'p', sort: 's' }, kind: 'k', generation: 1 },
  material: createSecretKey(key),
  wrapped: randomBytes(184),
  createdAtSeconds: 1000,
  salt: randomBytes(16),
  nonce: randomBytes(12),
}

const open = (frame: Uint8Array) => parseFrame(frame).open(content.binding, content.material)

const sealed = () => Buffer.from(sealFrame(content))

/** Calls it and says what it threw; undefined if nothing. */
const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

const raw: RawRecord = {
  key,
  wrapped: Buffer.from(content.wrapped),
  salt: Buffer.from(content.salt),
  nonce: Buffer.from(content.nonce),
  createdAtSeconds: 1000,
  expiresAtMs: 3_600_000,
  plaintext: Buffer.from(content.plaintext),
  binding: { table: 't', partition: 'p', sort: 's', kind: 'k', generation: 1 },
}

describe('a frame', () => {
  it('gives back the text and the expiry that were sealed', () => {
    const opened = open(sealed())

    expect(Buffer.from(opened.plaintext).toString('utf8')).toBe('x'.repeat(60))
    expect(opened.expiresAtMs).toBe(3_600_000)
  })

  it('is 89 bytes longer than its text and the wrapped key', () => {
    expect(sealed().length).toBe(89 + 184 + 60)
  })

  it('does not show its text', () => {
    expect(sealed().includes('xxxx')).toBe(false)
  })

  it('opens also from the middle of a larger buffer', () => {
    const larger = Buffer.concat([randomBytes(5), sealed(), randomBytes(5)])

    const opened = open(new Uint8Array(larger.buffer, larger.byteOffset + 5, larger.length - 10))

    expect(opened.expiresAtMs).toBe(3_600_000)
  })

  it('opens under one data key only, even if its maker built it to open under two', () => {
    const uncommitted = sealRaw(raw, { commitment: randomBytes(32) })

    expect(open(sealRaw(raw)).expiresAtMs).toBe(3_600_000)
    expect(() => open(uncommitted)).toThrow(SealError)
  })

  it('that is too short for its parts is refused', () => {
    const whole = sealed()

    for (let length = 0; length < whole.length; length += 1) {
      expect(thrownBy(() => open(whole.subarray(0, length)))).toBeInstanceOf(SealError)
    }
  })

  it('is refused with any one bit changed', () => {
    const whole = sealed()

    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const altered = Buffer.from(whole)
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(thrownBy(() => open(altered))).toBeInstanceOf(SealError)
    }
  })

  it('is refused, and nothing else happens, in 10,000 random mutations', () => {
    const whole = sealed()
    const position = fc.nat({ max: whole.length })
    const splice = fc.record({ at: position, removed: position, added: fc.uint8Array() })

    fc.assert(
      fc.property(fc.array(splice, { minLength: 1, maxLength: 4 }), (splices) => {
        const mutant = splices.reduce(
          (frame, { at, removed, added }) =>
            Buffer.concat([frame.subarray(0, at), added, frame.subarray(at + (removed % 8))]),
          whole,
        )
        fc.pre(!mutant.equals(whole))
        expect(thrownBy(() => open(mutant))).toBeInstanceOf(SealError)
      }),
      { numRuns: 10_000 },
    )
  })

  it('of random bytes is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const mutant = Uint8Array.from([1, ...bytes])
        expect(thrownBy(() => open(mutant))).toBeInstanceOf(SealError)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('versions', () => {
  it('a frame of an unknown version is refused', () => {
    const next = sealed()
    next[0] = 2

    expect(() => parseFrame(next)).toThrow(SealError)
    expect(() => parseFrame(new Uint8Array())).toThrow(SealError)
  })

  it('a second version is read beside the first', () => {
    const second = { wrapped: new Uint8Array(), createdAtSeconds: 2000, open: () => open(sealed()) }
    const readers = new Map([...frameReaders, [2, () => second] as const])

    expect(parseFrame(Uint8Array.of(2), readers).createdAtSeconds).toBe(2000)
    expect(parseFrame(sealed(), readers).createdAtSeconds).toBe(1000)
  })
})

describe('sealing', () => {
  it.each<[string, Partial<FrameContent>]>([
    ['a negative expiry', { expiresAtMs: -1 }],
    ['a broken expiry', { expiresAtMs: 0.5 }],
    ['an expiry of no number', { expiresAtMs: Number.NaN }],
    ['an expiry beyond 48 bits', { expiresAtMs: 2 ** 48 }],
    ['a negative creation time', { createdAtSeconds: -1 }],
    ['a broken creation time', { createdAtSeconds: 0.5 }],
    ['a creation time beyond 32 bits', { createdAtSeconds: 2 ** 32 }],
    ['a wrapped key of no bytes', { wrapped: new Uint8Array() }],
    ['a wrapped key longer than KMS takes', { wrapped: new Uint8Array(6145) }],
    ['a short salt', { salt: randomBytes(15) }],
    ['a short nonce', { nonce: randomBytes(11) }],
    ['a long nonce', { nonce: randomBytes(13) }],
    ['a negative generation', { binding: { ...content.binding, generation: -1 } }],
    ['a broken generation', { binding: { ...content.binding, generation: 1.5 } }],
    ['a generation beyond 53 bits', { binding: { ...content.binding, generation: 2 ** 53 } }],
    ['a lone surrogate', { binding: { ...content.binding, kind: 'a\uD800' } }],
  ])('refuses %s', (_, changes) => {
    expect(() => sealFrame({ ...content, ...changes })).toThrow(RangeError)
  })

  it('takes the longest wrapped key that KMS takes', () => {
    const frame = sealFrame({ ...content, wrapped: randomBytes(6144) })

    expect(open(frame).expiresAtMs).toBe(3_600_000)
  })
})

describe('opening under a binding that cannot have been sealed', () => {
  it.each([
    ['a negative generation', { generation: -1 }],
    ['a generation of no number', { generation: Number.NaN }],
    ['a generation beyond 53 bits', { generation: 2 ** 53 }],
    ['a lone surrogate', { kind: '\uDC00' }],
    ['a lone surrogate in the table', { table: '\uD800' }],
    ['a lone surrogate in the partition key', { key: { partition: '\uD800', sort: 's' } }],
    ['a lone surrogate in the sort key', { key: { partition: 'p', sort: '\uD800' } }],
  ])('refuses %s', (_, changes) => {
    const frame = parseFrame(sealed())

    expect(() => frame.open({ ...content.binding, ...changes }, content.material)).toThrow(
      SealError,
    )
  })

  it('tells a lone surrogate from the character that replaces it in UTF-8', () => {
    const replaced = { ...content.binding, kind: '\uFFFD' }
    const frame = parseFrame(sealFrame({ ...content, binding: replaced }))

    expect(frame.open(replaced, content.material).expiresAtMs).toBe(3_600_000)
    expect(() => frame.open({ ...replaced, kind: '\uD800' }, content.material)).toThrow(SealError)
  })
})
