import { describe, expect, test } from 'vitest'
import { BrokerError, KeysError, StoreError } from '../../lib/errors.ts'
import { Secret } from '../../lib/secret.ts'
import type { ClientSecret } from '../../lib/tokens/client-secret.ts'
import { isNews, sharedVersion, withGivenSecret } from '../../lib/tokens/given-secret.ts'
import type { KnownSecret } from '../../lib/tokens/token-record.ts'

const storedVersion = 1_700_000_000
const missing = new BrokerError('secret-missing', 'simulated')

/** What is stored may be changed between calls. */
const setUp = (read: () => Promise<KnownSecret>, version: number | undefined) => {
  const table = { read, version }
  const learnt: KnownSecret[] = []
  const stored: ClientSecret = {
    get: () => table.read(),
    reread: () => table.read(),
    learn: (known) => learnt.push(known),
    version: async () => table.version,
  }
  return { table, learnt, clientSecret: withGivenSecret(stored, new Secret('the-given-one')) }
}

const none = () => Promise.reject(missing)
const storedOne = async () => ({ secret: new Secret('the-stored-one'), version: storedVersion })

const textOf = async (known: Promise<KnownSecret>) => (await known).secret.reveal()

describe('a given secret', () => {
  test('is used where none is stored, at version 1', async () => {
    const { clientSecret } = setUp(none, undefined)

    const [got, read] = await Promise.all([clientSecret.get(), clientSecret.reread()])

    expect([got.secret.reveal(), read.secret.reveal()]).toEqual(['the-given-one', 'the-given-one'])
    expect([got.version, read.version, await clientSecret.version()]).toEqual([1, 1, 1])
  })

  test('gives way to the stored one', async () => {
    const { clientSecret } = setUp(storedOne, storedVersion)

    expect(await textOf(clientSecret.get())).toBe('the-stored-one')
    expect(await textOf(clientSecret.reread())).toBe('the-stored-one')
    expect(await clientSecret.version()).toBe(storedVersion)
  })

  test('gives way to one that is stored later, at once', async () => {
    const { clientSecret, table } = setUp(none, undefined)
    await clientSecret.get()
    Object.assign(table, { read: storedOne, version: storedVersion })

    expect(await textOf(clientSecret.get())).toBe('the-stored-one')
  })

  test('does not stand in for a stored one that does not open', async () => {
    const { clientSecret } = setUp(none, storedVersion)

    await expect(clientSecret.get()).rejects.toMatchObject({ code: 'secret-missing' })
    await expect(clientSecret.reread()).rejects.toMatchObject({ code: 'secret-missing' })
  })

  test.each([
    new StoreError('unavailable', 'simulated'),
    new StoreError('refused', 'simulated'),
    new KeysError('simulated'),
  ])('is not used while nobody knows whether one is stored: %s', async (error) => {
    const { clientSecret } = setUp(() => Promise.reject(error), undefined)

    await expect(clientSecret.get()).rejects.toBe(error)
    await expect(clientSecret.reread()).rejects.toBe(error)
  })

  test('leaves to the stored one what comes with tokens', async () => {
    const { clientSecret, learnt } = setUp(storedOne, storedVersion)
    const known = await storedOne()

    clientSecret.learn(known)

    expect(learnt).toEqual([known])
  })
})

test.each([
  [storedVersion + 1, storedVersion, true],
  [storedVersion, storedVersion, false],
  [storedVersion, 1, true],
  [storedVersion, 0, true],
  [1, 0, true],
  [1, 1, false],
  [1, storedVersion, true],
  [0, 0, false],
  [0, 1, false],
  [0, storedVersion, true],
])('for who has version %i after %i was refused there is news: %s', (version, refused, news) => {
  expect(isNews(version, refused)).toBe(news)
})

test.each([
  [1, 0, 1],
  [0, 1, 1],
  [undefined, 1, 1],
  [1, undefined, undefined],
  [storedVersion, 0, 0],
  [storedVersion, 1, 1],
])('after a failure with version %s one with %s is shared as %s', (before, now, shared) => {
  expect(sharedVersion(before, now)).toBe(shared)
})
