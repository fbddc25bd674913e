// The service account's token as the base of one user's login: had before the user's lease is taken,
// and replaced once when Looker refuses it.
import type { Deadline } from '../time.ts'
import type { Settings } from './parts.ts'
import { baseOf } from './principal.ts'
import type { Principal } from './principal.ts'
import type { GetToken } from './get-token.ts'
import type { Token } from './token.ts'

export type Base = {
  readonly token: () => Token | undefined
  /** Errors: as `GetToken`. They are the service account's, never the user's. */
  readonly find: () => Promise<Token>
  /** After Looker refused it. False when it was replaced before. Errors: as `GetToken`. */
  readonly replace: () => Promise<boolean>
}

/** Undefined for the service account itself, which needs none. */
export const createBase = (
  { getToken, settings }: { readonly getToken: GetToken; readonly settings: Settings },
  principal: Principal,
  deadline: Deadline,
): Base | undefined => {
  if (principal.userId === undefined) return undefined
  const service = baseOf(principal)
  // It must not end while the user's login runs.
  const minTtlMs = settings.loginBudgetMs > settings.marginMs ? settings.loginBudgetMs : 0
  let token: Token | undefined
  let replaced = false
  return {
    token: () => token,
    find: async () => {
      token ??= await getToken(service, { minTtlMs }, deadline)
      return token
    },
    replace: async () => {
      if (replaced || !token) return false
      replaced = true
      const refusedDigest = token.secret.digest()
      token = await getToken(service, { minTtlMs, refusedDigest }, deadline)
      return true
    },
  }
}
