// What the doctor found out by the operator's own credentials, before anything is made of it.
import type { GlobalSecondaryIndexDescription, TableDescription } from '@aws-sdk/client-dynamodb'
import type { Finding } from '../../lib/doctor/finding.ts'
import type { TableDefinition } from '../../local/serverless-config.ts'

/** `code`: AWS's or the system's word for why not. */
export type Asked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: string }

export type TableFacts = Pick<
  TableDescription,
  'TableStatus' | 'KeySchema' | 'BillingModeSummary' | 'DeletionProtectionEnabled'
> & { readonly GlobalSecondaryIndexes?: readonly GlobalSecondaryIndexDescription[] | undefined }

export type KeyFacts = { readonly state: string; readonly arn: string }

/** A fact is absent where what it needs was not to be had. */
export type Facts = {
  readonly stage: string
  readonly region: string
  /** Undefined: it can be used. */
  readonly tenantMistakes: string | undefined
  /** Digest of the tenant file here; undefined when it cannot be used. */
  readonly settings: string | undefined
  /** Of the stage `local`: where the broker should be, and whether it is there. */
  readonly local?: { readonly address: string; readonly isRunning: boolean }
  /** As serverless.yml defines it. */
  readonly definition: TableDefinition
  readonly tableName: string
  readonly table?: Asked<TableFacts>
  /** Attribute by which items are removed; undefined when none are. */
  readonly ttl?: Asked<string | undefined>
  readonly keyId: string
  readonly key?: Asked<KeyFacts>
  readonly rotates?: Asked<boolean>
  /** As JSON. */
  readonly policy?: Asked<string>
  /** How far the clock of AWS is ahead of this machine's. */
  readonly awsAheadMs?: number | undefined
  /** Of the stage's function. Else why there are none, with what to do. */
  readonly answer?:
    | {
        readonly ok: true
        readonly findings: readonly Finding[]
        /** Digest of the tenant that it runs by; undefined of an older function. */
        readonly settings: string | undefined
      }
    | { readonly ok: false; readonly why: string }
}
