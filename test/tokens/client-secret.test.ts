import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createKeys } from '../../lib/crypto/keys.ts'
import { createSealer } from '../../lib/crypto/sealer.ts'
import { Secret } from '../../lib/secret.ts'
import { createMemorySecretStore } from '../../lib/store/memory-token-store.ts'
import {
  clientSecretSchema,
  createClientSecret,
  secretKeyOf,
  writeClientSecret,
} from '../../lib/tokens/client-secret.ts'
import { createKmsDouble } from '../../local/kms/double.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { handClock } from './samples.ts'

const client = { instance: 'https://looker.example.com', clientId: 'client' }
const key = secretKeyOf(client)

const setUp = () => {
  const clock = handClock()
  const kms = createKmsDouble()
  const counted = { reads: 0, versions: 0 }
  const secrets = createMemorySecretStore()
  const store: typeof secrets = {
    ...secrets,
    readSecret: async (...args) => {
      counted.reads += 1
      return secrets.readSecret(...args)
    },
    readSecretVersion: async (...args) => {
      counted.versions += 1
      return secrets.readSecretVersion(...args)
    },
  }
  const keys = createKeys({ kms: createLocalKms(kms), stage: 'test', table: 'table', clock })
  const sealer = createSealer({
    keys,
    table: 'table',
    random: randomBytes,
    now: clock.now,
    keyMaxAgeSeconds: 86_400,
  })
  const parts = { store, sealer, key, clock }
  const write = (text: string) => writeClientSecret({ ...parts, store: secrets }, new Secret(text))
  return { clock, kms, counted, parts, secrets, write, clientSecret: createClientSecret(parts) }
}

describe('the stored secret', () => {
  test('is what the operator wrote, read once by any number of callers', async () => {
    const { write, clientSecret, counted } = setUp()
    await write('the-secret')

    const all = await Promise.all(Array.from({ length: 50 }, clientSecret.get))
    await clientSecret.get()

    expect(new Set(all.map(({ secret }) => secret.reveal()))).toEqual(new Set(['the-secret']))
    expect(counted.reads).toBe(1)
  })

  test('is read anew on demand', async () => {
    const { write, clientSecret } = setUp()
    await write('the-secret')
    await clientSecret.get()
    await write('another-one')

    const before = await clientSecret.get()
    const after = await clientSecret.reread()

    expect([before.secret.reveal(), after.secret.reveal()]).toEqual(['the-secret', 'another-one'])
    expect((await clientSecret.get()).version).toBe(after.version)
  })

  test('that is absent is told so, and looked for again', async () => {
    const { write, clientSecret } = setUp()

    await expect(clientSecret.get()).rejects.toMatchObject({ code: 'secret-missing' })
    await write('the-secret')

    expect((await clientSecret.get()).secret.reveal()).toBe('the-secret')
  })

  test('of another client does not open as this one', async () => {
    const { write, parts, secrets } = setUp()
    await write('the-secret')
    const other = secretKeyOf({ ...client, clientId: 'other' })
    const item = await secrets.readSecret(key)
    if (item) await secrets.writeSecret(other, item, undefined)

    const moved = createClientSecret({ ...parts, key: other })

    await expect(moved.get()).rejects.toMatchObject({ code: 'secret-missing' })
  })

  test('passes on that the keys are away', async () => {
    const { write, kms, parts } = setUp()
    await write('the-secret')
    kms.disable()
    const keys = createKeys({
      kms: createLocalKms(kms),
      stage: 'test',
      table: 'table',
      clock: parts.clock,
    })
    const sealer = createSealer({
      keys,
      table: 'table',
      random: randomBytes,
      now: parts.clock.now,
      keyMaxAgeSeconds: 86_400,
    })

    await expect(createClientSecret({ ...parts, sealer }).get()).rejects.toMatchObject({
      name: 'KeysError',
    })
  })
})

describe('a secret that came with a token', () => {
  test('is used without a read', async () => {
    const { clientSecret, counted } = setUp()

    clientSecret.learn({ secret: new Secret('learned'), version: 3 })

    expect((await clientSecret.get()).secret.reveal()).toBe('learned')
    expect(counted.reads).toBe(0)
  })

  test('does not replace a newer one', async () => {
    const { clientSecret } = setUp()
    clientSecret.learn({ secret: new Secret('newer'), version: 3 })

    clientSecret.learn({ secret: new Secret('older'), version: 2 })
    clientSecret.learn({ secret: new Secret('equal'), version: 3 })

    expect((await clientSecret.get()).secret.reveal()).toBe('newer')
  })
})

describe('the version', () => {
  test('is asked for at most once in 5 s', async () => {
    const { write, clientSecret, clock, counted } = setUp()
    const none = await clientSecret.version()
    await write('the-secret')

    clock.monotonicMs = 4_999
    const early = await clientSecret.version()
    clock.monotonicMs = 5_000
    const later = await clientSecret.version()

    expect([none, early]).toEqual([undefined, undefined])
    expect(later).toBeGreaterThan(0)
    expect(counted.versions).toBe(2)
  })

  test('grows with each write, also within one second', async () => {
    const { write, clock } = setUp()
    clock.wallMs = 1_700_000_000_000

    const first = await write('one-secret')
    const second = await write('two-secret')

    expect([first.version, second.version]).toEqual([1_700_000_000, 1_700_000_001])
    expect([first.written, second.written]).toEqual([true, true])
  })
})

test.each(['short', 'with a blank', 'tab\there!', 'ümlaut-secret', 'x'.repeat(257), ''])(
  '%j is a slip of the keyboard, not a secret',
  (text) => {
    expect(v.is(clientSecretSchema, text)).toBe(false)
  },
)

test.each(['12345678', 'x'.repeat(256), 'a!~#$%&*()'])('%j may be a secret', (text) => {
  expect(v.is(clientSecretSchema, text)).toBe(true)
})
