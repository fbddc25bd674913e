// Callers, tokens and records as the tests of this folder need them.
import type { EmbedCaller } from '../../lib/identity/embed-caller.ts'
import { digestOf } from '../../lib/embed/session-key.ts'
import type { SessionRecord } from '../../lib/embed/session-record.ts'
import { Secret } from '../../lib/secret.ts'

export type Changes = {
  readonly user?: Partial<EmbedCaller['visitor']['user']>
  readonly visitor?: Partial<EmbedCaller['visitor']>
  readonly page?: Partial<EmbedCaller['page']>
}

export const pageCaller = ({ user, visitor, page }: Changes = {}): EmbedCaller => ({
  visitor: {
    user: { external_user_id: 'ada', permissions: ['access_data'], models: ['m'], ...user },
    sessionLengthSeconds: 43_200,
    issuedAtMs: undefined,
    signedInAtMs: undefined,
    deviceClaim: undefined,
    domains: undefined,
    ...visitor,
  },
  page: {
    userAgent: 'Browser/1',
    embedDomain: 'https://app.example.com',
    deviceKey: undefined,
    ...page,
  },
})

/** Under nobody's signature. */
export const pageToken = (claims: object, mark = ''): Secret => {
  const [header, payload] = [{ alg: 'HS256' }, { ...claims, mark }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return new Secret(`${header}.${payload}.c2lnbmF0dXJl`)
}

export const pageRecord = (changes: Partial<SessionRecord> = {}): SessionRecord => ({
  reference: new Secret('reference-canary'),
  sessionId: 's1',
  userAgentDigest: digestOf('Browser/1'),
  profileDigest: 'profile',
  claimsAtMs: 0,
  startedAtMs: 0,
  lookerEndsAtMs: changes.expiresAtMs ?? 3_600_000,
  expiresAtMs: 3_600_000,
  ...changes,
})
