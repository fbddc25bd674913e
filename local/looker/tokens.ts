// The API access tokens that the simulated Looker has given out. Each has a workspace of its own. Those that
// ended are remembered, so that a call with one can be told from a call with a made-up one.
import { randomBytes } from 'node:crypto'
import type { Workspace } from '../../lib/config.ts'
import { Secret } from '../../lib/secret.ts'

export type IssuedToken = {
  readonly userId: string
  /** The service account behind a login as a user. */
  readonly sudoUserId: string | undefined
  readonly expiresAtMs: number
  workspace: Workspace
}

export type Standing = 'live' | 'expired' | 'revoked'

export type Tokens = {
  /** Default: for an hour. */
  readonly issue: (
    whose: Pick<IssuedToken, 'userId' | 'sudoUserId'>,
    expiresInSeconds?: number,
  ) => string
  /** Undefined for a token that is unknown, expired or revoked. */
  readonly find: (token: string) => IssuedToken | undefined
  /** Undefined for a token that was never given out. */
  readonly recall: (token: string) => { issued: IssuedToken; standing: Standing } | undefined
  readonly revoke: (token: string) => void
  /** By SHA-256 in base64url, as the record of calls has it. False if there is no such live token. */
  readonly revokeDigest: (digest: string) => boolean
  readonly revokeAll: () => void
  readonly countLive: () => number
}

export const createTokens = (now: () => number): Tokens => {
  const issued = new Map<string, IssuedToken>()
  const revoked = new Set<string>()

  const standingOf = (token: string, { expiresAtMs }: IssuedToken): Standing => {
    if (revoked.has(token)) return 'revoked'
    return expiresAtMs > now() ? 'live' : 'expired'
  }

  const recall = (token: string) => {
    const found = issued.get(token)
    return found && { issued: found, standing: standingOf(token, found) }
  }

  const find = (token: string) => {
    const found = recall(token)
    return found?.standing === 'live' ? found.issued : undefined
  }

  const live = () => [...issued.keys()].filter((token) => find(token) !== undefined)

  return {
    issue: (whose, expiresInSeconds = 3600) => {
      const token = randomBytes(30).toString('base64url')
      const expiresAtMs = now() + expiresInSeconds * 1000
      issued.set(token, { ...whose, expiresAtMs, workspace: 'production' })
      return token
    },
    find,
    recall,
    revoke: (token) => {
      revoked.add(token)
    },
    revokeDigest: (digest) => {
      const token = live().find((one) => new Secret(one).hasDigest(digest))
      if (token !== undefined) revoked.add(token)
      return token !== undefined
    },
    revokeAll: () => {
      for (const token of issued.keys()) revoked.add(token)
    },
    countLive: () => live().length,
  }
}
