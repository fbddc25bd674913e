// A tenant that embeds, and claims for it, for the tests of claims and of the users made of them.
import { parseTenant } from '../../lib/config.ts'
import { BrokerError } from '../../lib/errors.ts'
import { parseClaims } from '../../lib/identity/claims.ts'
import type { Claims } from '../../lib/identity/claims.ts'
import type { Visitor } from '../../lib/identity/embed-caller.ts'
import { createVisitorOf } from '../../lib/identity/embed-user.ts'

/** By the sections of a tenant file that is parsed like any other. */
export const visitorOf = (embed: object, identity: object = {}): ((claims: Claims) => Visitor) => {
  const tenant = parseTenant(
    {
      looker: { base_url: 'https://acme.cloud.looker.com', client_id: 'client' },
      origins: ['https://portal.acme.example'],
      identity: { jwt: { issuer: 'https://login.acme.example/', audience: ['a'] }, ...identity },
      embed: { user: { external_user_id: { claim: 'sub' } }, ...embed },
    },
    { allowLoopback: false },
  )
  if (tenant.identity === null || tenant.embed === null) throw new Error('no embedding')
  return createVisitorOf({ identity: tenant.identity, embed: tenant.embed })
}

export const jwt = (claims: object): Claims =>
  parseClaims({ jwt: { claims: { sub: 'ada', ...claims }, scopes: null } })

export const lambda = (claims: object): Claims => parseClaims({ lambda: { sub: 'ada', ...claims } })

/** The code of the refusal; undefined when there is none. */
export const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
  } catch (error) {
    if (error instanceof BrokerError) return error.code
    throw error
  }
  return undefined
}
