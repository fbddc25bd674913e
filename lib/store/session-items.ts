// How items of embed sessions look: the way between attributes and typed values. Pure. The page for
// people is docs/items.md. An attribute that does not fit its shape is read as absent.
import * as v from 'valibot'
import {
  bytesIfFit,
  leaseOf,
  sessionIndexKind,
  text,
  textIfFit,
  whole,
  wholeIfFit,
} from './items.ts'
import type { Attributes } from './items.ts'
import type {
  AcquireCount,
  DueSession,
  EndReason,
  SessionEnd,
  SessionItem,
} from './session-store.ts'

const endReasons = [
  'signed-out',
  'replaced',
  'profile-changed',
  'administrator',
  'ended-at-looker',
  'expired',
  'inactive',
] as const satisfies readonly EndReason[]

const endReason = v.pipe(
  v.object({ S: v.picklist(endReasons) }),
  v.transform(({ S }) => S),
)
const truth = v.pipe(
  v.object({ BOOL: v.boolean() }),
  v.transform(({ BOOL }) => BOOL),
)

const schema = v.object({
  pk: text,
  sk: text,
  generation: wholeIfFit,
  ttl_epoch_seconds: wholeIfFit,
  lease_owner: textIfFit,
  lease_until_ms: wholeIfFit,
  lease_length_ms: wholeIfFit,
  sealed: bytesIfFit,
  session_generation: wholeIfFit,
  session_id: textIfFit,
  claims_at_ms: wholeIfFit,
  profile_digest: textIfFit,
  ended_at_ms: wholeIfFit,
  end_reason: v.fallback(v.optional(endReason), undefined),
  needs_sign_in: v.fallback(v.optional(truth), undefined),
  acquire_window_ms: wholeIfFit,
  acquire_count: wholeIfFit,
  failure_generation: wholeIfFit,
  failure_reason: textIfFit,
  failure_retry_at_ms: wholeIfFit,
  start_ms: wholeIfFit,
  kind: textIfFit,
  due_at: wholeIfFit,
})

type Flat = v.InferOutput<typeof schema>

/** Undefined only when there is no item. */
export const parseSessionItem = (attributes: Attributes | undefined): SessionItem | undefined => {
  const parsed = v.safeParse(schema, attributes)
  if (!parsed.success) return undefined
  const flat = parsed.output
  const { sealed: frame, session_generation, session_id, claims_at_ms, start_ms } = flat
  const { profile_digest } = flat
  const lease = leaseOf(flat)
  const ended = endOf(flat)
  const acquires = acquiresOf(flat)
  const failure = failureOf(flat)
  const dueAtMs = flat.kind === sessionIndexKind ? flat.due_at : undefined
  const isSealed = frame !== undefined && session_generation !== undefined
  return {
    key: { partition: flat.pk, sort: flat.sk },
    generation: flat.generation ?? 0,
    ttlEpochSeconds: flat.ttl_epoch_seconds ?? 0,
    ...(attributes ? { raw: attributes } : {}),
    ...(lease ? { lease } : {}),
    ...(isSealed ? { sealed: { frame, generation: session_generation } } : {}),
    ...(session_id === undefined ? {} : { sessionId: session_id }),
    ...(claims_at_ms === undefined ? {} : { claimsAtMs: claims_at_ms }),
    ...(profile_digest === undefined ? {} : { profileDigest: profile_digest }),
    ...(ended ? { ended } : {}),
    ...(acquires ? { acquires } : {}),
    ...(failure ? { failure } : {}),
    ...(start_ms === undefined ? {} : { startMs: start_ms }),
    ...(dueAtMs === undefined ? {} : { dueAtMs }),
  }
}

/** A session that ended does not come back because the why cannot be read: then a sign-in is needed. */
const endOf = (flat: Flat): SessionEnd | undefined => {
  const { ended_at_ms: atMs, end_reason: reason, needs_sign_in: needsSignIn } = flat
  if (atMs === undefined) return undefined
  return { atMs, reason: reason ?? 'ended-at-looker', needsSignIn: needsSignIn ?? true }
}

const acquiresOf = (flat: Flat): AcquireCount | undefined => {
  const { acquire_window_ms: windowStartedAtMs, acquire_count: count } = flat
  if (windowStartedAtMs === undefined || count === undefined) return undefined
  return { windowStartedAtMs, count }
}

const failureOf = (flat: Flat): SessionItem['failure'] => {
  const { failure_generation: generation, failure_reason: reason } = flat
  const { failure_retry_at_ms: retryAtMs } = flat
  if (generation === undefined || reason === undefined) return undefined
  return { generation, reason, ...(retryAtMs === undefined ? {} : { retryAtMs }) }
}

const dueSchema = v.object({ pk: text, sk: text, due_at: whole })

/** A row of the index, or the position that its key is; undefined when it does not fit. */
export const parseDueSession = (attributes: Attributes): DueSession | undefined => {
  const parsed = v.safeParse(dueSchema, attributes)
  if (!parsed.success) return undefined
  const { pk, sk, due_at } = parsed.output
  return { key: { partition: pk, sort: sk }, dueAtMs: due_at }
}
