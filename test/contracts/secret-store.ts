// What every store of the Looker client secret promises.
import { describe, expect, it } from 'vitest'
import type { SecretStore } from '../../lib/store/token-store.ts'
import { bytes } from './leases.ts'

const key = { partition: 'looker-secret#a', sort: 'looker-secret' }
const one = { frame: bytes('frame-1'), generation: 1 }
const two = { frame: bytes('frame-2'), generation: 2 }

export const describeSecretStore = (make: () => Promise<SecretStore>): void => {
  describe('the secret', () => {
    it('is absent, and so is its version, until it is written', async () => {
      const store = await make()

      expect(await store.readSecret(key)).toBeUndefined()
      expect(await store.readSecretVersion(key)).toBeUndefined()
    })

    it('is read as it was written', async () => {
      const store = await make()

      const written = await store.writeSecret(key, one, undefined)

      expect(written).toBe(true)
      expect(await store.readSecret(key)).toEqual(one)
      expect(await store.readSecretVersion(key)).toBe(1)
    })

    it('is replaced by who saw the version that stands', async () => {
      const store = await make()
      await store.writeSecret(key, one, undefined)

      const written = await store.writeSecret(key, two, 1)

      expect(written).toBe(true)
      expect(await store.readSecret(key)).toEqual(two)
    })

    it.each([
      ['saw none', undefined],
      ['saw another version', 3],
    ])('stays when the writer %s', async (_, seenGeneration) => {
      const store = await make()
      await store.writeSecret(key, one, undefined)

      const written = await store.writeSecret(key, two, seenGeneration)

      expect(written).toBe(false)
      expect(await store.readSecret(key)).toEqual(one)
    })

    it('is not written where the version seen is gone', async () => {
      const store = await make()

      const written = await store.writeSecret(key, two, 1)

      expect(written).toBe(false)
      expect(await store.readSecret(key)).toBeUndefined()
    })

    it('written twice over is written', async () => {
      const store = await make()
      await store.writeSecret(key, one, undefined)

      const again = await store.writeSecret(key, one, undefined)

      expect(again).toBe(true)
    })

    it('of another text under the same version is not', async () => {
      const store = await make()
      await store.writeSecret(key, one, undefined)

      const other = { frame: bytes('frame-2'), generation: 1 }
      const written = await store.writeSecret(key, other, undefined)

      expect(written).toBe(false)
      expect(await store.readSecret(key)).toEqual(one)
    })

    it('is written by one of two who saw the same', async () => {
      const store = await make()

      const written = await Promise.all([
        store.writeSecret(key, one, undefined),
        store.writeSecret(key, two, undefined),
      ])

      expect(written.filter(Boolean)).toHaveLength(1)
    })
  })
}
