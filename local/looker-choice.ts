// Which Looker `npm start` talks to: the simulator, or a real one named by the Looker SDK's usual
// variables.
import type { Tenant } from '../lib/config.ts'
import { parseTenant } from '../lib/config.ts'
import { clientSecretSchema } from '../lib/tokens/client-secret.ts'
import { safeParse } from 'valibot'

export type LookerChoice = {
  readonly tenant: Tenant
  /** Absent: start the simulator, which has a secret of its own. */
  readonly clientSecret?: string
}

type Variables = Readonly<Record<string, string | undefined>>

const names = ['LOOKERSDK_BASE_URL', 'LOOKERSDK_CLIENT_ID', 'LOOKERSDK_CLIENT_SECRET'] as const

/** Errors: `Error` naming what is missing; `TenantError` for an address or id that cannot be. */
export const chooseLooker = (tenant: Tenant, variables: Variables): LookerChoice => {
  const [baseUrl, clientId, clientSecret] = names.map((name) => variables[name] || undefined)
  const missing = names.filter((name) => !variables[name])
  if (missing.length === names.length) return { tenant }
  if (!baseUrl || !clientId || !clientSecret) {
    throw new Error(`For a real Looker set all three variables; missing: ${missing.join(', ')}`)
  }
  if (!safeParse(clientSecretSchema, clientSecret).success) {
    throw new Error('LOOKERSDK_CLIENT_SECRET is no Looker client secret')
  }
  const looker = { ...tenant.looker, base_url: new URL(baseUrl).origin, client_id: clientId }
  return { tenant: parseTenant({ ...tenant, looker }, { allowLoopback: true }), clientSecret }
}
