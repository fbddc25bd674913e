// The contract of the table as the tokens need it. Two implementations keep it: DynamoDB and memory;
// `test/contracts` runs one suite against both. Attribute names and conditions are in docs/items.md.

import type { AttributeValue } from '@aws-sdk/client-dynamodb'

export type ItemKey = { readonly partition: string; readonly sort: string }

/** A time-limited claim to log in for everybody. The owner is 128 random bits of one attempt. */
export type Lease = {
  readonly owner: string
  readonly untilAtMs: number
  /** Length when taken, at most 15 minutes; lets others measure it on their own monotonic clock. */
  readonly lengthMs: number
}

/** Why the last login failed, shared by all processes. Gates attempts, never the use of a token. */
export type SharedFailure = {
  readonly reason: string
  /** Failures in a row, from 1. */
  readonly count: number
  readonly notBeforeAtMs: number
  /** Version of the client secret that Looker refused; only with refused credentials. */
  readonly secretVersion?: number
}

export type TokenItem = {
  readonly key: ItemKey
  /** Number of the last lease taken; grows with every lease, even across a removal by TTL. */
  readonly generation: number
  readonly lease?: Lease
  /** The sealed token and the generation under which it was published. */
  readonly sealed?: { readonly frame: Uint8Array; readonly generation: number }
  readonly usedGeneration?: number
  /** The last generation that a caller reported as refused by Looker, and the pace of such reports. */
  readonly refused?: {
    readonly generation: number
    readonly count: number
    readonly notBeforeAtMs: number
  }
  /** The last generation that the operator revoked: its token is served to nobody. */
  readonly revokedGeneration?: number
  readonly failure?: SharedFailure
  /** How long the last login took, from lease to publication. */
  readonly loginMs?: number
  readonly ttlEpochSeconds: number
  /** As the table gave it, for the store alone: so an item of any shape can be compared and replaced. */
  readonly raw?: Record<string, AttributeValue>
}

export type LeaseClaim = {
  /**
   * What the caller saw when it decided to log in, as the store gave it; the lease is granted only if
   * generation and token generation still stand.
   */
  readonly seen: TokenItem | undefined
  readonly owner: string
  readonly generation: number
  readonly nowAtMs: number
  readonly lengthMs: number
  /** Grace before another's lease counts as over by the wall clock. */
  readonly skewMs: number
  /** A lease that stood unchanged for its whole length on our own monotonic clock. */
  readonly stalled?: { readonly owner: string; readonly generation: number }
  /** Log in although the not-before time has not come (a new client secret is there). */
  readonly pastNotBefore?: boolean
  readonly ttlEpochSeconds: number
}

/** `item` is what stands in the table after the call: ours when taken, else the present one. */
export type LeaseOutcome = { readonly taken: boolean; readonly item: TokenItem | undefined }

export type Holder = { readonly owner: string; readonly generation: number }

export type Publication = {
  readonly frame: Uint8Array
  /** When the scheduled renewal is due. */
  readonly dueAtMs: number
  readonly used: boolean
  readonly loginMs: number
  readonly ttlEpochSeconds: number
}

export type DueToken = {
  readonly key: ItemKey
  readonly dueAtMs: number
  readonly tokenGeneration: number
  readonly usedGeneration: number | undefined
}

export type TokenStore = {
  /** Eventually consistent unless asked otherwise. */
  readonly read: (
    key: ItemKey,
    options?: { consistent?: boolean },
  ) => Promise<TokenItem | undefined>
  /** The same owner asking twice (its first reply was lost) is given what it took. */
  readonly takeLease: (key: ItemKey, claim: LeaseClaim) => Promise<LeaseOutcome>
  /**
   * Token in, lease and failure out, if the lease is still the holder's. What was noted of refusals
   * stays, for their pace. `applied` also when the same publication stands there already.
   */
  readonly publish: (
    key: ItemKey,
    holder: Holder,
    publication: Publication,
  ) => Promise<{ readonly applied: boolean; readonly item: TokenItem | undefined }>
  /** Lease out (and the failure in, if one is given), if it is still the holder's. False if not. */
  readonly release: (
    key: ItemKey,
    holder: Holder,
    end: { failure?: SharedFailure; ttlEpochSeconds: number },
  ) => Promise<boolean>
  /** Marks the token of a generation as refused, if it still stands, is not marked and the pace allows. */
  readonly markRefused: (
    key: ItemKey,
    refused: { generation: number; count: number; notBeforeAtMs: number; nowAtMs: number },
  ) => Promise<{ readonly applied: boolean; readonly item: TokenItem | undefined }>
  /** Marks the token of a generation as revoked, if it still stands. For good: a mark has no pace. */
  readonly markRevoked: (
    key: ItemKey,
    generation: number,
  ) => Promise<{ readonly applied: boolean; readonly item: TokenItem | undefined }>
  /** Notes that the token of a generation is in use, so that the schedule renews it. */
  readonly markUsed: (key: ItemKey, generation: number) => Promise<void>
  /** Takes a token out of the index, if its generation still stands and, unless `evenUsed`, nobody uses it. */
  readonly dropDue: (key: ItemKey, generation: number, evenUsed?: boolean) => Promise<void>
  /** Tokens whose renewal is due, earliest first, page by page. */
  readonly listDue: (beforeAtMs: number) => AsyncIterable<DueToken>
}

/** The Looker client secret, sealed; its generation is its version. */
export type SecretItem = { readonly frame: Uint8Array; readonly generation: number }

export type SecretStore = {
  readonly readSecret: (key: ItemKey) => Promise<SecretItem | undefined>
  /** The version alone, without the frame. */
  readonly readSecretVersion: (key: ItemKey) => Promise<number | undefined>
  /**
   * Replaces the secret if the version seen still stands (`undefined`: none that can be read). False if
   * not, unless the same secret stands there already.
   */
  readonly writeSecret: (
    key: ItemKey,
    secret: SecretItem,
    seenGeneration: number | undefined,
  ) => Promise<boolean>
}
