// What of a stage and its tenant the tokens need.
import type { Tenant } from '../config.ts'
import type { ClientSecret } from './client-secret.ts'

export type TokenStage = {
  readonly stage: string
  readonly tableName: string
  readonly tenant: Pick<Tenant, 'looker' | 'encryption'> & {
    readonly api_tokens: Pick<Tenant['api_tokens'], 'margin_seconds'>
  }
  /** Another place for the client secret than the table alone: around that of the table. */
  readonly clientSecretAround?: (stored: ClientSecret) => ClientSecret
}
