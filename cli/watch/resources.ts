// What watches a stage: its dashboard and its alarms, as a part of the template.
import type { Tenant } from '../../lib/config.ts'
import { TenantError } from '../../lib/config.ts'
import { readForPackaging, withoutStack } from '../tenant-variables.ts'
import { alarmResources } from './alarm-resources.ts'
import type { Resource, Resources } from './alarm-resources.ts'
import { alarmsOf } from './alarms.ts'
import { dashboardOf } from './dashboard.ts'
import type { Watched } from './alarms.ts'

/** Called by the serverless command in the project's root, with the stage and region that it deploys. */
export const watchResources = (
  stage: string,
  region: string,
): { readonly Resources: Resources } => ({
  Resources: withoutStack(() => resourcesOf({ stage, tenant: readForPackaging(stage) }, region)),
})

/** Errors: `TenantError` for a topic of another region. */
export const resourcesOf = (watched: Watched, region: string): Resources => {
  const { stage, tenant } = watched
  assertSameRegion(tenant, region)
  const alarms = tenant.alarms ? alarmsOf(watched, tenant.alarms) : []
  const dashboard: Resource | undefined = tenant.dashboard
    ? dashboardOf(watched, alarms)
    : undefined
  return {
    ...(dashboard && { Dashboard: dashboard }),
    ...(tenant.alarms && alarmResources(stage, alarms, tenant.alarms)),
  }
}

const assertSameRegion = ({ alarms }: Tenant, region: string): void => {
  const topic = alarms?.topic_arn
  if (topic === undefined || topic === null || topic.split(':')[3] === region) return
  const message = `name a topic of ${region}, where this is deployed: alarms reach no other region`
  throw new TenantError([{ path: 'alarms.topic_arn', message }])
}
