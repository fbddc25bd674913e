// How items of the table look: attribute names, and the way between attributes and typed values. Pure.
// The page for people is docs/items.md. An attribute that does not fit its shape is read as absent.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import * as v from 'valibot'
import type {
  DueToken,
  ItemKey,
  Lease,
  SecretItem,
  SharedFailure,
  TokenItem,
} from './token-store.ts'

export type Attributes = Record<string, AttributeValue>

/** No Lambda function runs longer, so no lease does. */
const longestLeaseMs = 15 * 60_000

/** `kind` of the items in the index; also the prefix of their partition keys. */
export const tokenIndexKind = 'api-token'
export const sessionIndexKind = 'embed-session'
export const dueIndex = 'due'

export const whole = v.pipe(
  v.object({ N: v.pipe(v.string(), v.regex(/^\d{1,15}$/)) }),
  v.transform(({ N }) => Number(N)),
)
export const text = v.pipe(
  v.object({ S: v.string() }),
  v.transform(({ S }) => S),
)
const bytes = v.pipe(
  v.object({ B: v.instance(Uint8Array) }),
  v.transform(({ B }) => B),
)
export const wholeIfFit = v.fallback(v.optional(whole), undefined)
export const textIfFit = v.fallback(v.optional(text), undefined)
export const bytesIfFit = v.fallback(v.optional(bytes), undefined)

const tokenSchema = v.object({
  pk: text,
  sk: text,
  generation: wholeIfFit,
  ttl_epoch_seconds: wholeIfFit,
  lease_owner: textIfFit,
  lease_until_ms: wholeIfFit,
  lease_length_ms: wholeIfFit,
  sealed: bytesIfFit,
  token_generation: wholeIfFit,
  used_generation: wholeIfFit,
  refused_generation: wholeIfFit,
  refused_count: wholeIfFit,
  refused_not_before_ms: wholeIfFit,
  revoked_generation: wholeIfFit,
  failure_reason: textIfFit,
  failure_count: wholeIfFit,
  failure_secret_version: wholeIfFit,
  not_before_ms: wholeIfFit,
  login_ms: wholeIfFit,
})

type Flat = v.InferOutput<typeof tokenSchema>

export const keyAttributes = (key: ItemKey): { pk: AttributeValue; sk: AttributeValue } => ({
  pk: { S: key.partition },
  sk: { S: key.sort },
})

/** Undefined only when there is no item. */
export const parseTokenItem = (attributes: Attributes | undefined): TokenItem | undefined => {
  const parsed = v.safeParse(tokenSchema, attributes)
  if (!parsed.success) return undefined
  const flat = parsed.output
  const { sealed: frame, token_generation, used_generation, login_ms } = flat
  const { revoked_generation } = flat
  const lease = leaseOf(flat)
  const refused = refusedOf(flat)
  const failure = failureOf(flat)
  const isSealed = frame !== undefined && token_generation !== undefined
  return {
    key: { partition: flat.pk, sort: flat.sk },
    generation: flat.generation ?? 0,
    ttlEpochSeconds: flat.ttl_epoch_seconds ?? 0,
    ...(attributes ? { raw: attributes } : {}),
    ...(lease ? { lease } : {}),
    ...(isSealed ? { sealed: { frame, generation: token_generation } } : {}),
    ...(used_generation === undefined ? {} : { usedGeneration: used_generation }),
    ...(refused ? { refused } : {}),
    ...(revoked_generation === undefined ? {} : { revokedGeneration: revoked_generation }),
    ...(failure ? { failure } : {}),
    ...(login_ms === undefined ? {} : { loginMs: login_ms }),
  }
}

/** Undefined when the attributes make no lease, or one longer than any can be. */
export const leaseOf = (
  flat: Pick<Flat, 'lease_owner' | 'lease_until_ms' | 'lease_length_ms'>,
): Lease | undefined => {
  const { lease_owner: owner, lease_until_ms: untilAtMs, lease_length_ms: lengthMs } = flat
  if (owner === undefined || untilAtMs === undefined || lengthMs === undefined) return undefined
  if (lengthMs > longestLeaseMs) return undefined
  return { owner, untilAtMs, lengthMs }
}

const refusedOf = (flat: Flat): TokenItem['refused'] => {
  const { refused_generation: generation, refused_count: count } = flat
  const { refused_not_before_ms: notBeforeAtMs } = flat
  if (generation === undefined || count === undefined || notBeforeAtMs === undefined) {
    return undefined
  }
  return { generation, count, notBeforeAtMs }
}

const failureOf = (flat: Flat): SharedFailure | undefined => {
  const { failure_reason: reason, failure_count: count, not_before_ms: notBeforeAtMs } = flat
  if (reason === undefined || count === undefined || notBeforeAtMs === undefined) return undefined
  const secretVersion = flat.failure_secret_version
  return {
    reason,
    count,
    notBeforeAtMs,
    ...(secretVersion === undefined ? {} : { secretVersion }),
  }
}

const dueSchema = v.object({
  pk: text,
  sk: text,
  due_at: whole,
  token_generation: whole,
  used_generation: wholeIfFit,
})

/** A row of the index; undefined when it does not fit. */
export const parseDueToken = (attributes: Attributes): DueToken | undefined => {
  const parsed = v.safeParse(dueSchema, attributes)
  if (!parsed.success) return undefined
  const { pk, sk, due_at, token_generation, used_generation } = parsed.output
  return {
    key: { partition: pk, sort: sk },
    dueAtMs: due_at,
    tokenGeneration: token_generation,
    usedGeneration: used_generation,
  }
}

const secretSchema = v.object({ sealed: bytes, generation: whole })

export const parseSecretItem = (attributes: Attributes | undefined): SecretItem | undefined => {
  const parsed = v.safeParse(secretSchema, attributes)
  if (!parsed.success) return undefined
  return { frame: parsed.output.sealed, generation: parsed.output.generation }
}

const versionSchema = v.object({ generation: whole })

export const parseVersion = (attributes: Attributes | undefined): number | undefined => {
  const parsed = v.safeParse(versionSchema, attributes)
  return parsed.success ? parsed.output.generation : undefined
}
