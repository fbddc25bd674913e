// Writes vectors.json: frames of version 1 that every later version of the library must judge alike.
// Deterministic; all keys in it are test keys. Run: npx tsx test/crypto/make-vectors.ts
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { deriveRaw, type RawBinding, type RawRecord, sealRaw } from './raw-frame.ts'

const bytes = (label: string, length: number): Buffer => {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`test vector ${label} ${index}`).digest(),
  )
  return Buffer.concat(blocks).subarray(0, length)
}

const binding: RawBinding = {
  table: 'looker-token-broker-test',
  partition: 'api-token#https%3A%2F%2Facme.example#client#service#production',
  sort: 'api-token',
  kind: 'api-token',
  generation: 1_767_225_600,
}

const base: RawRecord = {
  key: bytes('key', 32),
  wrapped: bytes('wrapped', 184),
  salt: bytes('salt', 16),
  nonce: bytes('nonce', 12),
  createdAtSeconds: 1_767_225_600,
  expiresAtMs: 1_767_229_200_000,
  plaintext: Buffer.from('{"token":"not a real token"}', 'utf8'),
  binding,
}

const bound = (changes: Partial<RawBinding>): Partial<RawRecord> => ({
  binding: { ...binding, ...changes },
})

const hex = (buffer: Buffer): string => buffer.toString('hex')

const opens = (name: string, changes: Partial<RawRecord>) => {
  const record = { ...base, ...changes }
  return {
    name,
    key: hex(record.key),
    binding: record.binding,
    frame: hex(sealRaw(record)),
    opensTo: {
      plaintext: hex(record.plaintext),
      expiresAtMs: record.expiresAtMs,
      createdAtSeconds: record.createdAtSeconds,
      wrapped: hex(record.wrapped),
      salt: hex(record.salt),
      nonce: hex(record.nonce),
    },
  }
}

const refused = (name: string, frame: Buffer, bindingOfReader = binding, key = base.key) => ({
  name,
  key: hex(key),
  binding: bindingOfReader,
  frame: hex(frame),
  opensTo: null,
})

const frame = sealRaw(base)

const patched = (at: number, replacement: readonly number[]): Buffer => {
  const copy = Buffer.from(frame)
  copy.set(replacement, at < 0 ? copy.length + at : at)
  return copy
}

const positive = [
  ...[0, 1, 15, 16, 17, 31, 32, 33, 400, 4096].map((length) =>
    opens(`a plaintext of ${length} bytes`, { plaintext: bytes('plaintext', length) }),
  ),
  ...[1, 2, 183, 184, 185, 6144].map((length) =>
    opens(`a wrapped key of ${length} bytes`, { wrapped: bytes('wrapped', length) }),
  ),
  ...[0, 1, 2 ** 32, 2 ** 48 - 1].map((expiresAtMs) =>
    opens(`an expiry at ${expiresAtMs} ms`, { expiresAtMs }),
  ),
  ...[0, 2 ** 31, 2 ** 32 - 1].map((createdAtSeconds) =>
    opens(`a data key created at ${createdAtSeconds} s`, { createdAtSeconds }),
  ),
  ...[0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER].map((generation) =>
    opens(`generation ${generation}`, bound({ generation })),
  ),
  opens('empty names', bound({ table: '', partition: '', sort: '', kind: '' })),
  opens('names with separators', bound({ partition: 'a#b#c', sort: 'a#b', kind: '#' })),
  opens('names beyond ASCII', bound({ partition: 'Zoë Ångström 東京', sort: '🔑', kind: 'é' })),
  opens('names with a zero byte', bound({ partition: 'a\0b', sort: '\0' })),
  opens('a name of 2,048 bytes', bound({ partition: 'x'.repeat(2048) })),
  opens('another data key', { key: bytes('another key', 32) }),
  opens('a data key of zero bytes', { key: Buffer.alloc(32) }),
  opens('salt and nonce of zero bytes', { salt: Buffer.alloc(16), nonce: Buffer.alloc(12) }),
  opens('the kind of the client secret', bound({ kind: 'looker-secret', sort: 'looker-secret' })),
]

const otherBindings: readonly [string, Partial<RawBinding>][] = [
  ['another table', { table: 'looker-token-broker-other' }],
  ['another partition', { partition: `${binding.partition}x` }],
  ['another sort key', { sort: 'api-token2' }],
  ['another kind', { kind: 'looker-secret' }],
  ['the next generation', { generation: binding.generation + 1 }],
  ['the generation before', { generation: binding.generation - 1 }],
  ['a character moved from partition to sort key', moved()],
  ['partition and sort key exchanged', { partition: binding.sort, sort: binding.partition }],
  ['no kind', { kind: '' }],
  ['a kind in capitals', { kind: 'API-TOKEN' }],
]

function moved(): Partial<RawBinding> {
  return {
    partition: binding.partition.slice(0, -1),
    sort: `${binding.partition.slice(-1)}${binding.sort}`,
  }
}

const committed = deriveRaw(base.key, base.salt).commitment

const negative = [
  ...otherBindings.map(([name, changes]) => refused(name, frame, { ...binding, ...changes })),
  refused('another data key than it was sealed under', frame, binding, bytes('another key', 32)),
  refused('version 0', patched(0, [0])),
  refused('version 2', patched(0, [2])),
  refused('version 255', patched(0, [255])),
  refused('a later expiry', patched(1, [255])),
  refused('an expiry one millisecond later', patched(6, [(frame[6] ?? 0) + 1])),
  refused('another creation time', patched(10, [(frame[10] ?? 0) ^ 1])),
  refused('a wrapped key of no bytes', sealRaw({ ...base, wrapped: Buffer.alloc(0) })),
  refused('no length of the wrapped key', patched(11, [0, 0])),
  refused('a wrapped key one byte shorter', patched(11, [0, 183])),
  refused('a wrapped key one byte longer', patched(11, [0, 185])),
  refused('a wrapped key longer than the frame', patched(11, [0x17, 0xff])),
  refused('a wrapped key longer than KMS takes', sealRaw({ ...base, wrapped: bytes('w', 6145) })),
  refused('an altered wrapped key', patched(13, [(frame[13] ?? 0) ^ 1])),
  refused('an altered salt', patched(197, [(frame[197] ?? 0) ^ 1])),
  refused('an altered nonce', patched(213, [(frame[213] ?? 0) ^ 1])),
  refused('an altered commitment', patched(225, [(frame[225] ?? 0) ^ 1])),
  refused('an altered ciphertext', patched(257, [(frame[257] ?? 0) ^ 1])),
  refused('an altered tag', patched(-1, [(frame.at(-1) ?? 0) ^ 1])),
  refused(
    'a tag of zero bytes',
    patched(
      -16,
      Array.from({ length: 16 }, () => 0),
    ),
  ),
  refused('no bytes', Buffer.alloc(0)),
  refused('the version alone', frame.subarray(0, 1)),
  refused('twelve bytes', frame.subarray(0, 12)),
  refused('the fixed header alone', frame.subarray(0, 13)),
  refused('a frame that ends before its tag', frame.subarray(0, 257)),
  refused('a frame without its last byte', frame.subarray(0, -1)),
  refused('a frame with a byte more', Buffer.concat([frame, Buffer.alloc(1)])),
  refused('two frames in a row', Buffer.concat([frame, frame])),
  refused(
    'a commitment that is authenticated but not of the data key',
    sealRaw(base, { commitment: Buffer.alloc(32) }),
  ),
  refused(
    'a commitment with one wrong bit that is authenticated',
    sealRaw(base, {
      commitment: Buffer.concat([
        committed.subarray(0, 31),
        Buffer.from([(committed[31] ?? 0) ^ 1]),
      ]),
    }),
  ),
  refused('no additional data', sealRaw(base, { additionalData: Buffer.alloc(0) })),
]

const path = new URL('vectors.json', import.meta.url)
const note = 'Written by make-vectors.ts. Test keys only: no secret is in this file.'
writeFileSync(path, `${JSON.stringify({ note, vectors: [...positive, ...negative] }, null, 2)}\n`)
console.log(`${positive.length} that open, ${negative.length} that are refused`)
