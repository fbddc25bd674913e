// The API access tokens that the simulated Looker has given out. Each has a workspace of its own.
import { randomBytes } from 'node:crypto'
import type { Workspace } from '../../lib/config.ts'

export type IssuedToken = {
  readonly userId: string
  /** The service account behind a login as a user. */
  readonly sudoUserId: string | undefined
  readonly expiresAtMs: number
  workspace: Workspace
}

export type Tokens = {
  readonly issue: (whose: Pick<IssuedToken, 'userId' | 'sudoUserId'>) => string
  /** Undefined for a token that is unknown, expired or revoked. */
  readonly find: (token: string) => IssuedToken | undefined
  readonly revoke: (token: string) => void
  readonly revokeAll: () => void
  readonly countLive: () => number
}

export const createTokens = (now: () => number, expiresInSeconds: number): Tokens => {
  const issued = new Map<string, IssuedToken>()

  const find = (token: string) => {
    const found = issued.get(token)
    return found !== undefined && found.expiresAtMs > now() ? found : undefined
  }

  return {
    issue: (whose) => {
      const token = randomBytes(30).toString('base64url')
      const expiresAtMs = now() + expiresInSeconds * 1000
      issued.set(token, { ...whose, expiresAtMs, workspace: 'production' })
      return token
    },
    find,
    revoke: (token) => {
      issued.delete(token)
    },
    revokeAll: () => issued.clear(),
    countLive: () => [...issued.keys()].filter((token) => find(token) !== undefined).length,
  }
}
