// A client secret that the caller of this package brings itself, for a table without one. The stored one
// goes before it, so that a secret stored by the operator counts for all at once.
import { BrokerError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { ClientSecret } from './client-secret.ts'
import type { KnownSecret } from './token-record.ts'

/** Of whatever secret a caller brings. Versions in the table are epoch seconds. */
export const givenVersion = 1

/**
 * The given secret where the table has none: not where it cannot be read, cannot be opened, or holds one
 * that Looker refuses.
 */
export const withGivenSecret = (stored: ClientSecret, given: Secret): ClientSecret => {
  const own: KnownSecret = { secret: given, version: givenVersion }
  const orGiven = async (read: () => Promise<KnownSecret>): Promise<KnownSecret> => {
    try {
      return await read()
    } catch (error) {
      const isMissing = error instanceof BrokerError && error.code === 'secret-missing'
      // One that does not open is there all the same.
      if (!isMissing || (await stored.version()) !== undefined) throw error
      return own
    }
  }
  return {
    get: () => orGiven(stored.get),
    reread: () => orGiven(stored.reread),
    learn: stored.learn,
    version: async () => (await stored.version()) ?? givenVersion,
  }
}

/**
 * Whether there is another secret than the refused one. `version` 0: this process has none at all, which
 * is no news to those who bring their own.
 */
export const isNews = (version: number, refused: number): boolean =>
  version !== refused && (version > 0 || refused !== givenVersion)

/** What to share after one more attempt: that there is none stored does not undo a refusal of a given one. */
export const sharedVersion = (
  before: number | undefined,
  now: number | undefined,
): number | undefined => (now === 0 && before === givenVersion ? before : now)
