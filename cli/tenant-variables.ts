// The settings of serverless.yml that differ from tenant to tenant. Nothing else there may.
import type { Tenant } from '../lib/config.ts'
import { readTenant } from './tenant-file.ts'

export type TenantVariables = {
  readonly stage: string
  /** False: the API answers no preflight and writes no CORS header. */
  readonly cors: false | CorsRule
  /** Null leaves the setting out. */
  readonly reservedConcurrency: number | null
  readonly logRetentionInDays: number
}

type CorsRule = {
  readonly allowedOrigins: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly allowedMethods: readonly string[]
  readonly maxAge: number
}

/** Called by the serverless command in the project's root, with its `--stage` (null: not given). */
export const tenantVariables = (stage: string | null | undefined): TenantVariables => {
  const tenant = readForPackaging(stage ?? undefined)
  return {
    stage: String(stage),
    cors: corsOf(tenant.origins),
    reservedConcurrency: tenant.functions.reserved_concurrency,
    logRetentionInDays: tenant.functions.log_retention_days,
  }
}

/** An hour: browsers ask again after at most two. */
const preflightSeconds = 3600

const corsOf = (origins: readonly string[]): false | CorsRule =>
  origins.length > 0 && {
    allowedOrigins: origins,
    allowedHeaders: ['authorization', 'content-type', 'x-amz-date', 'x-amz-security-token'],
    allowedMethods: ['GET', 'POST'],
    maxAge: preflightSeconds,
  }

const readForPackaging = (stage: string | undefined): Tenant => {
  try {
    return readTenant(process.cwd(), stage)
  } catch (error) {
    // The serverless command prints the stack; without it the list of mistakes stands alone.
    if (error instanceof Error) error.stack = error.message
    throw error
  }
}
