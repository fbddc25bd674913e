// Tenants with alarms, and what is made for them.
import { resourcesOf } from '../../cli/watch/resources.ts'
import type { Tenant } from '../../lib/config.ts'
import { embeddingTenant } from '../scenarios/embed-stage.ts'
import { tenantOf } from '../scenarios/fleet.ts'

export const stage = 'acme'
export const region = 'eu-central-1'
export const alarms = { email: 'oncall@acme.example', topic_arn: null, logins_per_hour: 100 }

/** API tokens alone. */
export const plain: Tenant = { ...tenantOf(), alarms }
export const embedding: Tenant = { ...embeddingTenant('one'), alarms }
/** Everything that can be watched. */
export const whole: Tenant = {
  ...embeddingTenant('one', { session_duration: 1_800 }),
  alarms,
}

export const watched = (tenant: Tenant) => resourcesOf({ stage, tenant }, region)
