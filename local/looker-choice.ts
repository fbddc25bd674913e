// Which Looker the stage of this machine talks to: the simulator, or a real one named by the Looker
// SDK's usual variables.
import { safeParse } from 'valibot'
import { parseTenant } from '../lib/config.ts'
import type { Tenant } from '../lib/config.ts'
import { clientSecretSchema } from '../lib/tokens/client-secret.ts'
import { loopback, portsOf } from './addresses.ts'

export type LookerChoice = {
  readonly tenant: Tenant
  /** Absent: start the simulator, which has a secret of its own. */
  readonly clientSecret?: string
}

type Variables = Readonly<Record<string, string | undefined>>

const names = ['LOOKERSDK_BASE_URL', 'LOOKERSDK_CLIENT_ID', 'LOOKERSDK_CLIENT_SECRET'] as const

/** Errors: `Error` naming what is wrong; `TenantError` for an address or id that cannot be. */
export const chooseLooker = (tenant: Tenant, variables: Variables): LookerChoice => {
  const [baseUrl, clientId, clientSecret] = names.map((name) => variables[name] || undefined)
  const missing = names.filter((name) => !variables[name])
  if (missing.length === names.length) {
    const base_url = loopback(portsOf(variables).looker)
    return { tenant: { ...tenant, looker: { ...tenant.looker, base_url } } }
  }
  if (!baseUrl || !clientId || !clientSecret) {
    throw new Error(`For a real Looker set all three variables; missing: ${missing.join(', ')}`)
  }
  if (!safeParse(clientSecretSchema, clientSecret).success) {
    throw new Error('LOOKERSDK_CLIENT_SECRET is no Looker client secret')
  }
  const chosen = { ...tenant.looker, base_url: originOf(baseUrl), client_id: clientId }
  // That section alone: the others are parsed, and what was filled in is not what a file may say.
  const { looker } = parseTenant({ looker: chosen }, { allowLoopback: true })
  return { tenant: { ...tenant, looker }, clientSecret }
}

// A slash at its end is usual in this variable.
const originOf = (baseUrl: string): string => {
  if (!URL.canParse(baseUrl)) throw new Error('LOOKERSDK_BASE_URL is no address')
  return new URL(baseUrl).origin
}
