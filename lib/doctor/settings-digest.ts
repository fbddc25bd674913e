// By what the doctor tells the deployed tenant file from another.
import { createHash } from 'node:crypto'
import type { Tenant } from '../config.ts'

/**
 * SHA-256, as base64url, of the tenant as packaging compiles it in: defaults filled in, sections in the order of the
 * schema. The order of roles counts, as it does for a user who has several. A tenant holds no secret.
 */
export const settingsDigest = (tenant: Tenant): string =>
  createHash('sha256').update(JSON.stringify(tenant), 'utf8').digest('base64url')
