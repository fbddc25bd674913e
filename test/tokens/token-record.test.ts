import { assert, integer, property, record, string } from 'fast-check'
import { expect, test } from 'vitest'
import { SealError } from '../../lib/errors.ts'
import { Secret } from '../../lib/secret.ts'
import { decodeTokenRecord, encodeTokenRecord } from '../../lib/tokens/token-record.ts'
import { tokenWith } from './samples.ts'

const dataKey = { wrapped: new Uint8Array([1]), createdAtSeconds: 0 }
const opened = (plaintext: Uint8Array) => ({ plaintext, expiresAtMs: 3_600_000, dataKey })

const decoded = (value: unknown) => decodeTokenRecord(opened(Buffer.from(JSON.stringify(value))), 7)

test('a record holds the token, when it was made, and the secret that made it', () => {
  const clientSecret = { secret: new Secret('the-secret'), version: 3 }

  const read = decodeTokenRecord(opened(encodeTokenRecord({ token: tokenWith(), clientSecret })), 7)

  expect(read.token).toMatchObject({ issuedAtMs: 0, expiresAtMs: 3_600_000, generation: 7 })
  expect(read.token.secret.reveal()).toBe('the-token')
  expect(read.token.dataKey).toBe(dataKey)
  expect(read.clientSecret?.secret.reveal()).toBe('the-secret')
  expect(read.clientSecret?.version).toBe(3)
})

test('any token and time come back as they were', () => {
  const values = record({
    text: string({ minLength: 1 }),
    issuedAtMs: integer({ min: 0 }),
    version: integer({ min: 0 }),
  })

  assert(
    property(values, ({ text, issuedAtMs, version }) => {
      const token = tokenWith({ secret: new Secret(text), issuedAtMs })
      const clientSecret = { secret: new Secret(text), version }
      const again = decodeTokenRecord(opened(encodeTokenRecord({ token, clientSecret })), 7)
      expect(again.token.secret.reveal()).toBe(text)
      expect(again.token.issuedAtMs).toBe(issuedAtMs)
      expect(again.clientSecret?.version).toBe(version)
    }),
  )
  expect(decoded({ access_token: 'a', issued_at_ms: 0 }).clientSecret).toBeUndefined()
})

test("the end of a token is the seal's, whatever stands in the record", () => {
  expect(() => decoded({ access_token: 'a', issued_at_ms: 0, expires_at_ms: 9e15 })).toThrow(
    SealError,
  )
})

test.each([
  undefined,
  null,
  [],
  'text',
  {},
  { access_token: '', issued_at_ms: 0 },
  { access_token: 5, issued_at_ms: 0 },
  { access_token: 'a' },
  { access_token: 'a', issued_at_ms: -1 },
  { access_token: 'a', issued_at_ms: 0.5 },
  { access_token: 'a', issued_at_ms: 0, client_secret: '' },
])('%j is no record of a token', (value) => {
  expect(() => decoded(value ?? null)).toThrow(SealError)
})

const decode = () => decodeTokenRecord(opened(Buffer.from('{"access_token": "sec')), 7)

test('bytes that are not JSON are a broken seal, whose error quotes nothing of them', () => {
  expect(decode).toThrow(SealError)
  expect(decode).not.toThrow(/sec/)
})
