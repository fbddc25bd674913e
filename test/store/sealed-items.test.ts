// Whoever can write the table can neither lengthen a token's life nor make it another's: what matters
// is in the seal, and the plain attributes beside it decide nothing.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import type { Opened, Sealer } from '../../lib/crypto/sealer.ts'
import { SealError } from '../../lib/errors.ts'
import { keyAttributes, parseTokenItem } from '../../lib/store/items.ts'
import type { Attributes } from '../../lib/store/items.ts'
import { failureOf, localKms, record, sealerAt } from '../crypto/sealers.ts'
import { bytes, key } from '../contracts/leases.ts'
import { freeAttributes, wholeItem } from './raw-items.ts'

const sealedItem = async (sealer: Sealer): Promise<Attributes> => {
  const binding = { key, kind: 'api-token', generation: 1 }
  const frame = sealer.seal(record, binding, await sealer.currentKey(undefined))
  return { ...wholeItem(), sealed: { B: frame } }
}

const open = (sealer: Sealer, attributes: Attributes): Promise<Opened> => {
  const item = parseTokenItem(attributes)
  if (!item?.sealed) throw new SealError('there is no sealed token')
  const { frame, generation } = item.sealed
  return sealer.open(frame, { key: item.key, kind: 'api-token', generation })
}

const bound = ['token_generation', 'sealed']
const edited = (name: string): AttributeValue =>
  'S' in (wholeItem()[name] ?? {}) ? { S: 'edited' } : { N: '999999999999999' }

describe('an edit of the item', () => {
  const others = [...freeAttributes, 'kind', 'due_at'].filter((name) => !bound.includes(name))

  it.each(others)('in %s changes neither the token nor its end', async (name) => {
    const sealer = sealerAt(localKms())
    const item = await sealedItem(sealer)

    const opened = await open(sealer, { ...item, [name]: edited(name) })

    expect(opened.expiresAtMs).toBe(3_600_000)
    expect(opened.plaintext).toEqual(record.plaintext)
  })

  it.each<[string, Attributes]>([
    ['to another generation', { token_generation: { N: '2' } }],
    ['to another partition key', keyAttributes({ ...key, partition: 'api-token#other' })],
    ['to another sort key', keyAttributes({ ...key, sort: 'other' })],
    ['to other bytes', { sealed: { B: bytes('x'.repeat(400)) } }],
    ['to no bytes', { sealed: { B: new Uint8Array() } }],
  ])('%s leaves a token that does not open', async (_, change) => {
    const sealer = sealerAt(localKms())
    const item = await sealedItem(sealer)

    const failed = await failureOf(open(sealer, { ...item, ...change }))

    expect(failed).toBeInstanceOf(SealError)
  })
})
