import {
  DecryptCommand,
  DescribeKeyCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
} from '@aws-sdk/client-kms'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type KmsServer, startKmsDouble } from '../../../local/kms/server.ts'

let server: KmsServer

beforeEach(async () => {
  server = await startKmsDouble()
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', server.url)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
})

const client = () =>
  new KMSClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })

const generate = new GenerateDataKeyCommand({
  KeyId: 'alias/one',
  KeySpec: 'AES_256',
  EncryptionContext: { stage: 'acme' },
})

const control = (method: string, path: string, body?: unknown) =>
  fetch(`${server.url}/double/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

describe('the KMS double over HTTP', () => {
  it('is found by the real client through AWS_ENDPOINT_URL_KMS', async () => {
    const made = await client().send(generate)

    const unwrapped = await client().send(
      new DecryptCommand({
        KeyId: 'alias/one',
        CiphertextBlob: made.CiphertextBlob,
        EncryptionContext: { stage: 'acme' },
      }),
    )

    expect(made.CiphertextBlob).toHaveLength(184)
    expect(unwrapped.Plaintext).toEqual(made.Plaintext)
    expect(unwrapped.EncryptionAlgorithm).toBe('SYMMETRIC_DEFAULT')
  })

  it('listens on loopback alone', () => {
    expect(new URL(server.url).hostname).toBe('127.0.0.1')
  })

  it('tells its counts and forgets them', async () => {
    await client().send(generate)

    const before = await (await control('GET', 'counts')).json()
    await control('DELETE', 'counts')
    const after = await (await control('GET', 'counts')).json()

    expect(before).toEqual({ GenerateDataKey: 1, Decrypt: 0 })
    expect(after).toEqual({ GenerateDataKey: 0, Decrypt: 0 })
  })

  it.each([
    ['ThrottlingException', 400],
    ['KMSInternalException', 500],
    ['DependencyTimeoutException', 503],
    ['DisabledException', 409],
    ['KMSInvalidStateException', 409],
    ['AccessDeniedException', 400],
    ['NotFoundException', 400],
  ])('answers %s with status %i when told to, and stops when told to', async (error, status) => {
    await control('POST', 'faults', { error })
    const struck = client().send(generate)

    await expect(struck).rejects.toMatchObject({
      name: error,
      $metadata: { httpStatusCode: status },
    })
    await control('DELETE', 'faults')

    expect((await client().send(generate)).CiphertextBlob).toHaveLength(184)
  })

  it('resets the connection when told to', async () => {
    await control('POST', 'faults', { error: 'reset', times: 1 })

    await expect(client().send(generate)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('gives no answer when told to, and still closes', async () => {
    await control('POST', 'faults', { error: 'hang', operation: 'GenerateDataKey' })
    const answer = client()
      .send(generate)
      .catch((error: unknown) => error)
    await vi.waitFor(() => expect(server.double.counts().GenerateDataKey).toBe(1))

    await server.close()

    expect(await answer).toBeInstanceOf(Error)
    server = await startKmsDouble()
  })

  it('rotates, disables and enables its keys', async () => {
    const first = await client().send(generate)
    await control('POST', 'rotate')
    const second = await client().send(generate)
    await control('POST', 'disable')
    const disabled = client().send(generate)

    await expect(disabled).rejects.toMatchObject({ name: 'DisabledException' })
    expect(second.CiphertextBlob?.slice(0, 16)).not.toEqual(first.CiphertextBlob?.slice(0, 16))
    await control('POST', 'enable')
    expect((await client().send(generate)).CiphertextBlob).toHaveLength(184)
  })

  it.each([
    ['an unknown fault', 'faults', { error: 'NoSuchException' }],
    ['an unknown operation', 'faults', { error: 'hang', operation: 'Sign' }],
    ['a number of times below one', 'faults', { error: 'hang', times: 0 }],
    ['an unknown field', 'faults', { error: 'hang', forever: true }],
  ])('refuses %s', async (_, path, body) => {
    expect((await control('POST', path, body)).status).toBe(400)
  })

  it.each([
    ['an operation it does not have', 'TrentService.Sign', '{}'],
    ['no operation', '', '{}'],
    ['a body that is not JSON', 'TrentService.Decrypt', 'x'],
    ['a request without its fields', 'TrentService.GenerateDataKey', '{}'],
    ['an empty wrapped key', 'TrentService.Decrypt', '{"CiphertextBlob":""}'],
  ])('answers ValidationException to %s', async (_, target, body) => {
    const headers = { 'x-amz-target': target }

    const answer = await fetch(server.url, { method: 'POST', headers, body })

    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ __type: 'ValidationException' })
  })
})

const look = async () => {
  const { KeyMetadata } = await client().send(new DescribeKeyCommand({ KeyId: 'alias/one' }))
  const KeyId = KeyMetadata?.Arn
  const { KeyRotationEnabled } = await client().send(new GetKeyRotationStatusCommand({ KeyId }))
  const { Policy } = await client().send(new GetKeyPolicyCommand({ KeyId }))
  return { state: KeyMetadata?.KeyState, rotates: KeyRotationEnabled, policy: Policy }
}

describe('a key of the KMS double', () => {
  it('tells an administrator how it stands', async () => {
    const before = await look()
    await control('POST', 'disable')
    await control('POST', 'rotation/stop')
    const after = await look()
    await control('POST', 'enable')
    await control('POST', 'rotation/start')

    expect(before).toMatchObject({ state: 'Enabled', rotates: true })
    expect(before.policy).toContain('"aws:PrincipalArn"')
    expect(after).toMatchObject({ state: 'Disabled', rotates: false })
    expect(await look()).toEqual(before)
  })

  it('that is gone is not found by anybody', async () => {
    server.double.setStanding({ gone: true })

    await expect(look()).rejects.toMatchObject({ name: 'NotFoundException' })
    await expect(client().send(generate)).rejects.toMatchObject({ name: 'NotFoundException' })
  })

  it.each([
    new GetKeyRotationStatusCommand({ KeyId: 'alias/one' }),
    new GetKeyPolicyCommand({ KeyId: 'alias/one' }),
  ])('tells some of it by no alias', async (command) => {
    await expect(client().send(command)).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('tells the time that it is given', async () => {
    const other = await startKmsDouble({ now: () => 90_000 })

    const { headers } = await fetch(`${other.url}/double/counts`)
    await other.close()

    expect(headers.get('date')).toBe('Thu, 01 Jan 1970 00:01:30 GMT')
  })
})
