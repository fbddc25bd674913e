// What of a stage and its tenant the tokens need.
import type { Tenant } from '../config.ts'
import type { Secret } from '../secret.ts'

export type TokenStage = {
  readonly stage: string
  readonly tableName: string
  readonly tenant: Pick<Tenant, 'looker' | 'encryption'> & {
    readonly api_tokens: Pick<Tenant['api_tokens'], 'margin_seconds'>
  }
  /** For a table without one. */
  readonly clientSecret?: Secret | undefined
}
