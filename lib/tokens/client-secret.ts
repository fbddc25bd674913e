// The Looker client secret: a sealed item of the table, written by the operator's command, read only
// when a login is due. Its generation is its version.
import * as v from 'valibot'
import type { Opened, Sealer } from '../crypto/sealer.ts'
import { BrokerError, SealError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { ItemKey, SecretItem, SecretStore } from '../store/token-store.ts'
import type { Clock } from '../time.ts'
import { createFlights } from './flights.ts'
import type { KnownSecret } from './token-record.ts'

const kind = 'looker-secret'
/** The secret has no end of its own; the seal wants one. Year 9999. */
const never = 253_402_300_799_000
const versionCheckPauseMs = 5_000

export const secretKeyOf = (client: { instance: string; clientId: string }): ItemKey => ({
  partition: [kind, encodeURIComponent(client.instance), encodeURIComponent(client.clientId)].join(
    '#',
  ),
  sort: kind,
})

/** What Looker accepts as a secret: visible ASCII. Anything else is a slip of the keyboard. */
export const clientSecretSchema = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{8,256}$/))

export type ClientSecret = {
  /** From memory, else from the table. Errors: `secret-missing`, `KeysError`, `StoreError`. */
  readonly get: () => Promise<KnownSecret>
  /** From the table, whatever is remembered. Errors as `get`. */
  readonly reread: () => Promise<KnownSecret>
  /** Remembers a secret that came with a token, unless a newer one is known. */
  readonly learn: (known: KnownSecret) => void
  /** Version in the table (undefined: no secret), asked at most once per 5 s. Errors: `StoreError`. */
  readonly version: () => Promise<number | undefined>
}

export const createClientSecret = (parts: {
  store: SecretStore
  sealer: Sealer
  key: ItemKey
  clock: Clock
}): ClientSecret => {
  const { store, key, clock } = parts
  const flights = createFlights<KnownSecret>()
  let known: KnownSecret | undefined
  let checked: { atMs: number; version: number | undefined } | undefined

  const learn = (other: KnownSecret): void => {
    if (!known || other.version > known.version) known = other
  }
  const reread = () =>
    flights('secret', async () => {
      known = await readClientSecret(parts)
      return known
    })
  const version = async () => {
    if (checked && clock.monotonic() - checked.atMs < versionCheckPauseMs) return checked.version
    checked = { atMs: clock.monotonic(), version: await store.readSecretVersion(key) }
    return checked.version
  }
  return { get: async () => known ?? (await reread()), reread, learn, version }
}

const readClientSecret = async ({
  store,
  sealer,
  key,
}: {
  store: SecretStore
  sealer: Sealer
  key: ItemKey
}): Promise<KnownSecret> => {
  const item = await store.readSecret(key)
  if (!item) throw new BrokerError('secret-missing', 'No Looker client secret is stored.')
  const opened = await openSecret(sealer, item, key)
  return {
    secret: new Secret(Buffer.from(opened.plaintext).toString('utf8')),
    version: item.generation,
  }
}

const openSecret = async (sealer: Sealer, item: SecretItem, key: ItemKey): Promise<Opened> => {
  try {
    return await sealer.open(item.frame, { key, kind, generation: item.generation })
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw new BrokerError('secret-missing', 'The stored Looker client secret does not open.')
  }
}

/**
 * Seals and stores a new secret; `written` is false when another write came between.
 * Errors: `StoreError`, `KeysError`.
 */
export const writeClientSecret = async (
  { store, sealer, key, clock }: { store: SecretStore; sealer: Sealer; key: ItemKey; clock: Clock },
  secret: Secret,
): Promise<{ version: number; written: boolean }> => {
  const seen = await store.readSecretVersion(key)
  const version = Math.max((seen ?? 0) + 1, Math.floor(clock.now() / 1000))
  const frame = sealer.seal(
    { plaintext: Buffer.from(secret.reveal(), 'utf8'), expiresAtMs: never },
    { key, kind, generation: version },
    await sealer.currentKey(undefined),
  )
  return { version, written: await store.writeSecret(key, { frame, generation: version }, seen) }
}
