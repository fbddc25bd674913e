import { createSecretKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { RecordBinding } from '../../lib/crypto/binding.ts'
import { parseFrame, sealFrame } from '../../lib/crypto/envelope.ts'
import { SealError } from '../../lib/errors.ts'
import frozen from './vectors.json' with { type: 'json' }

type Vector = (typeof frozen.vectors)[number]

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

const bindingOf = ({ binding }: Vector): RecordBinding => ({
  table: binding.table,
  key: { partition: binding.partition, sort: binding.sort },
  kind: binding.kind,
  generation: binding.generation,
})

const materialOf = (vector: Vector) => createSecretKey(bytes(vector.key))

const open = (vector: Vector) =>
  parseFrame(bytes(vector.frame)).open(bindingOf(vector), materialOf(vector))

const opening = frozen.vectors.flatMap(({ opensTo, ...rest }) =>
  opensTo === null ? [] : [{ ...rest, opensTo }],
)
const refused = frozen.vectors.filter(({ opensTo }) => opensTo === null)

describe('the frozen vectors', () => {
  it('are at least 30 that open and 30 that are refused', () => {
    expect(opening.length).toBeGreaterThanOrEqual(30)
    expect(refused.length).toBeGreaterThanOrEqual(30)
  })

  it.each(opening)('open: $name', (vector) => {
    const opened = open(vector)

    expect(opened.expiresAtMs).toBe(vector.opensTo.expiresAtMs)
    expect(Buffer.from(opened.plaintext).toString('hex')).toBe(vector.opensTo.plaintext)
  })

  it.each(opening)('name the data key to unwrap: $name', (vector) => {
    const frame = parseFrame(bytes(vector.frame))

    expect(frame.createdAtSeconds).toBe(vector.opensTo.createdAtSeconds)
    expect(Buffer.from(frame.wrapped).toString('hex')).toBe(vector.opensTo.wrapped)
  })

  it.each(opening)('are written alike today: $name', (vector) => {
    const frame = sealFrame({
      plaintext: bytes(vector.opensTo.plaintext),
      expiresAtMs: vector.opensTo.expiresAtMs,
      createdAtSeconds: vector.opensTo.createdAtSeconds,
      wrapped: bytes(vector.opensTo.wrapped),
      salt: bytes(vector.opensTo.salt),
      nonce: bytes(vector.opensTo.nonce),
      binding: bindingOf(vector),
      material: materialOf(vector),
    })

    expect(Buffer.from(frame).toString('hex')).toBe(vector.frame)
  })

  it.each(refused)('are refused: $name', (vector) => {
    expect(() => open(vector)).toThrow(SealError)
  })
})
