// The real KMS client against the KMS double over HTTP.
import { KMSClient } from '@aws-sdk/client-kms'
import { createSecretKey } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKms } from '../../lib/crypto/kms.ts'
import type { KeyContext } from '../../lib/crypto/keys.ts'
import { KeysError, SealError } from '../../lib/errors.ts'
import type { KmsFault } from '../../local/kms/double.ts'
import { type KmsServer, startKmsDouble } from '../../local/kms/server.ts'
import { failureOf } from './sealers.ts'

const context: KeyContext = { stage: 'acme', table: 'tokens', created: '1970-01-01T00:00:00Z' }

let server: KmsServer

const clientAt = (endpoint: string, maxAttempts = 1) =>
  new KMSClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
  })

const portAt = (keyId = 'alias/one') => createKms({ client: clientAt(server.url, 1), keyId })

/** A client that sends nothing and gives what it is told. */
const clientOf = (send: () => Promise<unknown>): KMSClient =>
  Object.assign(clientAt('http://127.0.0.1:9'), { send })

beforeAll(async () => {
  server = await startKmsDouble()
})

beforeEach(() => {
  server.double.clearFaults()
  server.double.enable()
  server.double.resetCounts()
})

afterAll(() => server.close())

describe('KMS', () => {
  it('makes a data key and unwraps it again', async () => {
    const { material, wrapped } = await portAt().generate(context)

    const unwrapped = await portAt().decrypt(wrapped, context)

    expect(unwrapped.equals(material)).toBe(true)
    expect(material.symmetricKeySize).toBe(32)
    expect(wrapped).toHaveLength(184)
  })

  it('tries again where the client is allowed to', async () => {
    server.double.addFault({ error: 'ThrottlingException', times: 1 })

    const client = clientAt(server.url, 2)
    // The usual deadline is shorter than a busy machine's second try may take.
    const kms = createKms({
      client,
      keyId: 'alias/one',
      deadline: () => AbortSignal.timeout(30_000),
    })

    const { material } = await kms.generate(context)

    expect(material.symmetricKeySize).toBe(32)
    expect(server.double.counts().GenerateDataKey).toBe(2)
  })
})

describe('a wrapped key that is not ours', () => {
  it.each([
    ['stage', { stage: 'globex' }],
    ['table', { table: 'other' }],
    ['creation time', { created: '1970-01-01T00:00:01Z' }],
  ])('is refused under another %s', async (_, changes) => {
    const { wrapped } = await portAt().generate(context)

    const failure = await failureOf(portAt().decrypt(wrapped, { ...context, ...changes }))

    expect(failure).toBeInstanceOf(SealError)
  })

  it('is refused if another key of the account wrapped it', async () => {
    const { wrapped } = await portAt('alias/two').generate(context)

    const failure = await failureOf(portAt('alias/one').decrypt(wrapped, context))

    expect(failure).toBeInstanceOf(SealError)
    expect(failure).toMatchObject({ cause: { name: 'IncorrectKeyException' } })
  })

  it('is refused if altered', async () => {
    const { wrapped } = await portAt().generate(context)
    wrapped[150] = (wrapped[150] ?? 0) ^ 1

    const failure = await failureOf(portAt().decrypt(wrapped, context))

    expect(failure).toBeInstanceOf(SealError)
  })
})

const faults: readonly KmsFault['error'][] = [
  'AccessDeniedException',
  'DependencyTimeoutException',
  'DisabledException',
  'KMSInternalException',
  'KMSInvalidStateException',
  'KeyUnavailableException',
  'NotFoundException',
  'ThrottlingException',
  'ValidationException',
  'reset',
]

describe('a failure of KMS says nothing of the record', () => {
  it.each(faults)('when unwrapping: %s', async (error) => {
    const { wrapped } = await portAt().generate(context)
    server.double.addFault({ error })

    const failure = await failureOf(portAt().decrypt(wrapped, context))

    expect(failure).toBeInstanceOf(KeysError)
  })

  it.each([...faults, 'InvalidCiphertextException', 'IncorrectKeyException'] as const)(
    'when making a key: %s',
    async (error) => {
      server.double.addFault({ error })

      expect(await failureOf(portAt().generate(context))).toBeInstanceOf(KeysError)
    },
  )

  it('with a disabled key', async () => {
    const { wrapped } = await portAt().generate(context)
    server.double.disable()

    expect(await failureOf(portAt().decrypt(wrapped, context))).toBeInstanceOf(KeysError)
    expect(await failureOf(portAt().generate(context))).toBeInstanceOf(KeysError)
  })

  it('when nobody listens', async () => {
    const kms = createKms({ client: clientAt('http://127.0.0.1:9'), keyId: 'alias/one' })

    expect(await failureOf(kms.generate(context))).toBeInstanceOf(KeysError)
  })

  it('when something other than an error is thrown', async () => {
    // oxlint-disable-next-line prefer-promise-reject-errors -- the case under test
    const client = clientOf(() => Promise.reject('broken'))

    const failure = await failureOf(createKms({ client, keyId: 'k' }).generate(context))

    expect(failure).toBeInstanceOf(KeysError)
  })

  it.each([
    ['without a key', {}],
    ['with an empty key', { Plaintext: new Uint8Array(), CiphertextBlob: new Uint8Array() }],
    ['without the wrapped form', { Plaintext: new Uint8Array(32) }],
    [
      'with an empty wrapped form',
      { Plaintext: new Uint8Array(32), CiphertextBlob: new Uint8Array() },
    ],
  ])('when the answer is %s', async (_, answer) => {
    const kms = createKms({ client: clientOf(async () => answer), keyId: 'k' })

    expect(await failureOf(kms.generate(context))).toBeInstanceOf(KeysError)
  })
})

describe('the deadline of a call', () => {
  it('ends a call that KMS never answers', async () => {
    const deadline = new AbortController()
    const kms = createKms({
      client: clientAt(server.url, 3),
      keyId: 'alias/one',
      deadline: () => deadline.signal,
    })
    server.double.addFault({ error: 'hang' })

    const failure = failureOf(kms.generate(context))
    await vi.waitFor(() => expect(server.double.counts().GenerateDataKey).toBe(1))
    deadline.abort()

    expect(await failure).toBeInstanceOf(KeysError)
    expect(server.double.counts().GenerateDataKey).toBe(1)
  })

  it('ends a call even if the client does not listen to it', async () => {
    const deadline = new AbortController()
    const client = clientOf(() => new Promise(() => {}))
    const kms = createKms({ client, keyId: 'k', deadline: () => deadline.signal })

    const failure = failureOf(kms.decrypt(new Uint8Array(184), context))
    deadline.abort()

    expect(await failure).toBeInstanceOf(KeysError)
  })

  it('that passed before the call ends it', async () => {
    const client = clientOf(() => new Promise(() => {}))
    const kms = createKms({ client, keyId: 'k', deadline: () => AbortSignal.abort() })

    expect(await failureOf(kms.generate(context))).toBeInstanceOf(KeysError)
  })

  it('is there without being asked for', async () => {
    const kms = createKms({ client: clientOf(() => new Promise(() => {})), keyId: 'k' })

    expect(await failureOf(kms.generate(context))).toBeInstanceOf(KeysError)
  })

  it('reaches the client, so that no retry outlives it', async () => {
    const client = clientAt(server.url)
    const send = vi.spyOn(client, 'send')
    const { signal } = new AbortController()
    const kms = createKms({ client, keyId: 'alias/one', deadline: () => signal })

    const { wrapped } = await kms.generate(context)
    await kms.decrypt(wrapped, context)

    expect(send.mock.calls.map(([, options]) => options)).toEqual([
      { abortSignal: signal },
      { abortSignal: signal },
    ])
  })
})

describe('the plaintext of a data key', () => {
  it('is wiped from the answer once it is held', async () => {
    const bytes = Buffer.from('0123456789abcdef0123456789abcdef', 'utf8')
    const expected = createSecretKey(Buffer.from(bytes))
    const kms = createKms({ client: clientOf(async () => ({ Plaintext: bytes })), keyId: 'k' })

    const material = await kms.decrypt(new Uint8Array(184), context)

    expect(material.equals(expected)).toBe(true)
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('is in no error, even if that of the client carries the whole answer', async () => {
    const unreadable = Object.assign(new SyntaxError('near "c2VjcmV0IGtleQ=="'), {
      $responseBodyText: '{"Plaintext":"c2VjcmV0IGtleQ=="',
    })
    const client = clientOf(() => Promise.reject(unreadable))

    const failure = await failureOf(createKms({ client, keyId: 'k' }).generate(context))

    expect(failure).toBeInstanceOf(KeysError)
    expect(inspect(failure, true, null)).not.toContain('c2VjcmV0IGtleQ==')
  })
})
