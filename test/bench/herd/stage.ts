// The stage that a herd of processes belongs to: names and credentials that both sides know.
import { parseTenant } from '../../../lib/config.ts'
import type { Tenant } from '../../../lib/config.ts'
import type { Principal } from '../../../lib/tokens/principal.ts'

export const stageName = 'bench'
export const keyId = 'alias/looker-token-broker-bench'
export const credentials = { client_id: 'herd-client', client_secret: 'herd-secret-0001' }

/**
 * Logins may take 10 s instead of 5: a leader that 64 busy neighbours keep from the processor for
 * five seconds is not dead.
 */
export const tenantAt = (lookerUrl: string): Tenant =>
  parseTenant(
    {
      looker: {
        base_url: lookerUrl,
        client_id: credentials.client_id,
        login_timeout_seconds: 10,
      },
    },
    { allowLoopback: true },
  )

export const principalAt = (lookerUrl: string): Principal => ({
  instance: lookerUrl,
  clientId: credentials.client_id,
  workspace: 'production',
})
