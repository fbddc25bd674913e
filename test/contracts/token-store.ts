// What every token store promises, whatever it is made of.
import { describe } from 'vitest'
import type { TokenStore } from '../../lib/store/token-store.ts'
import { describeDue } from './due-tokens.ts'
import type { Stores } from './leases.ts'
import { describeMarks } from './marks.ts'
import { describePublish, describeRelease } from './publishing.ts'
import { describeSecretStore } from './secret-store.ts'
import { describeTakeLease } from './taking.ts'

/** `make` gives empty stores over one table; `name` says on what, as in `in memory`. */
export const describeTokenStore = (name: string, make: () => Promise<Stores>): void => {
  const makeTokens = async (): Promise<TokenStore> => (await make()).tokens

  describe(`the stores ${name}`, () => {
    describeTakeLease(makeTokens)
    describePublish(makeTokens)
    describeRelease(makeTokens)
    describeMarks(makeTokens)
    describeDue(make)
    describeSecretStore(async () => (await make()).secrets)
  })
}
