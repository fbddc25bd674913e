// The calls of the session store as DynamoDB expressions, built of named conditions. Pure.
import {
  holderValues,
  leaseAttributes,
  leaseFree,
  leaseSet,
  leaseValues,
  n,
  same,
  stillHolder,
} from './expressions.ts'
import type { Values, Write } from './expressions.ts'
import { dueIndex, keyAttributes, sessionIndexKind } from './items.ts'
import type { Attributes } from './items.ts'
import { mostListed } from './session-store.ts'
import type {
  AcquireClaim,
  SeenSession,
  SessionCursor,
  SessionEnd,
  SessionItem,
  SessionLeaseClaim,
  SessionPublication,
  SessionStore,
} from './session-store.ts'
import type { Holder } from './token-store.ts'
import { opensWindow, raisesClaims } from './session-rules.ts'

const endAttributes = 'ended_at_ms, end_reason, needs_sign_in'
const failureAttributes = 'failure_generation, failure_reason, failure_retry_at_ms'

const indexSet = 'kind = :kind, due_at = :due'

const indexValues = (dueAtMs: number): Values => ({
  ':kind': { S: sessionIndexKind },
  ':due': n(dueAtMs),
})

const isThere = 'attribute_exists(pk)'

const sameAll = (names: readonly string[], seen: SeenSession, values: Values): string[] =>
  names.map((name) => same(name, seen?.raw, values))

/** An end that makes no sense was read as none, and must not keep the session from ending. */
const notEnded = (seen: SessionItem, values: Values): string =>
  seen.ended ? 'attribute_not_exists(ended_at_ms)' : same('ended_at_ms', seen.raw, values)

export const sessionLeaseWrite = (claim: SessionLeaseClaim): Write => {
  const { seen, acquires } = claim
  const values: Values = {
    ...leaseValues(claim),
    ':window': n(acquires.windowStartedAtMs),
    ':count': n(acquires.count),
  }
  const names = ['generation', 'session_generation', 'session_id', 'ended_at_ms']
  return {
    UpdateExpression: `${leaseSet}, acquire_window_ms = :window, acquire_count = :count`,
    ConditionExpression: [...sameAll(names, seen, values), leaseFree(claim, values)].join(' AND '),
    ExpressionAttributeValues: values,
  }
}

/** One more in the window that was seen, or the first of a new one; its claims' age too if it is newer. */
export const countWrite = (claim: AcquireClaim): Write => {
  const { seen, limit, nowAtMs, claimsAtMs } = claim
  const values: Values = { ':one': n(1) }
  const conditions = [
    isThere,
    ...sameAll(['session_generation', 'session_id', 'acquire_window_ms'], seen, values),
    notEnded(seen, values),
  ]
  const sets: string[] = []
  if (opensWindow(claim)) {
    conditions.push(same('acquire_count', seen.raw, values))
    values[':now'] = n(nowAtMs)
    sets.push('acquire_window_ms = :now', 'acquire_count = :one')
  } else {
    conditions.push('acquire_count < :limit')
    values[':limit'] = n(limit)
    sets.push('acquire_count = acquire_count + :one')
  }
  if (claimsAtMs !== undefined && raisesClaims(seen, claimsAtMs)) {
    // SET knows no larger-of, so it is written over the one that was seen.
    conditions.push(same('claims_at_ms', seen.raw, values))
    values[':claims'] = n(claimsAtMs)
    sets.push('claims_at_ms = :claims')
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}`,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeValues: values,
  }
}

type Publishing = { readonly UpdateExpression: string; readonly values: Values }

const publishing = (generation: number, publication: SessionPublication): Publishing => {
  const { frame, sessionId, claimsAtMs, profileDigest, startMs, dueAtMs, ttlEpochSeconds } =
    publication
  const named = sessionId !== undefined
  return {
    UpdateExpression:
      'SET sealed = :sealed, generation = :generation, session_generation = :generation, ' +
      'claims_at_ms = :claims, profile_digest = :profile, start_ms = :start, ttl_epoch_seconds = :ttl, ' +
      indexSet +
      `${named ? ', session_id = :session' : ''} ` +
      `REMOVE ${leaseAttributes}, ${failureAttributes}, ${endAttributes}${named ? '' : ', session_id'}`,
    values: {
      ':sealed': { B: frame },
      ':generation': n(generation),
      ':claims': n(claimsAtMs),
      ':profile': { S: profileDigest },
      ':start': n(startMs),
      ':ttl': n(ttlEpochSeconds),
      ...indexValues(dueAtMs),
      ...(named ? { ':session': { S: sessionId } } : {}),
    },
  }
}

export const sessionPublishWrite = (
  holder: Holder,
  seen: SeenSession,
  publication: SessionPublication,
): Write => {
  const { UpdateExpression, values } = publishing(holder.generation, publication)
  Object.assign(values, holderValues(holder))
  const unended = same('ended_at_ms', seen?.raw, values)
  return {
    UpdateExpression,
    ConditionExpression: `${stillHolder} AND ${unended}`,
    ExpressionAttributeValues: values,
  }
}

export const replaceWrite = (
  seen: SessionItem,
  replacement: Parameters<SessionStore['replace']>[2],
): Write => {
  const { generation, nowAtMs } = replacement
  const { UpdateExpression, values } = publishing(generation, replacement)
  const conditions = [
    isThere,
    ...sameAll(['session_generation', 'session_id'], seen, values),
    notEnded(seen, values),
    // Whoever still believes in a lease that is just over loses at its publication: no grace is needed.
    leaseFree({ seen, nowAtMs, skewMs: 0 }, values),
    // One that was read as none cannot be compared, but still be the one that was seen.
    seen.generation === 0 ? same('generation', seen.raw, values) : 'generation < :generation',
  ]
  return {
    UpdateExpression,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeValues: values,
  }
}

export const sessionReleaseWrite = (
  holder: Holder,
  failure: Parameters<SessionStore['release']>[2],
): Write => {
  const values: Values = holderValues(holder)
  const sets: string[] = []
  const removed = [leaseAttributes]
  if (failure) {
    values[':reason'] = { S: failure.reason }
    sets.push('failure_generation = :generation', 'failure_reason = :reason')
  }
  if (failure?.retryAtMs !== undefined) {
    values[':retry'] = n(failure.retryAtMs)
    sets.push('failure_retry_at_ms = :retry')
  } else if (failure) removed.push('failure_retry_at_ms')
  return {
    UpdateExpression: `${failure ? `SET ${sets.join(', ')} ` : ''}REMOVE ${removed.join(', ')}`,
    ConditionExpression: stillHolder,
    ExpressionAttributeValues: values,
  }
}

export const endWrite = (
  seen: SessionItem,
  end: SessionEnd & { readonly ttlEpochSeconds: number },
): Write => {
  const values: Values = {
    ':at': n(end.atMs),
    ':reason': { S: end.reason },
    ':needs': { BOOL: end.needsSignIn },
    ':ttl': n(end.ttlEpochSeconds),
    ...(seen.sealed ? indexValues(end.atMs) : {}),
  }
  const conditions = [isThere, ...sameAll(['session_generation', 'ended_at_ms'], seen, values)]
  return {
    UpdateExpression:
      'SET ended_at_ms = :at, end_reason = :reason, needs_sign_in = :needs, ttl_epoch_seconds = :ttl' +
      (seen.sealed ? `, ${indexSet}` : ' REMOVE kind, due_at'),
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeValues: values,
  }
}

/** Of an item with a sealed session: without one there is nothing that the condition could compare. */
export const forgetWrite = (seen: SessionItem): Write => {
  const values: Values = {}
  const unchanged = sameAll(['session_generation', 'ended_at_ms'], seen, values)
  return {
    UpdateExpression: 'REMOVE sealed, session_generation, kind, due_at',
    ConditionExpression: unchanged.join(' AND '),
    ExpressionAttributeValues: values,
  }
}

/** Of an item with a sealed session, as above. One that was never in the index enters it. */
export const rescheduleWrite = (seen: SessionItem, dueAtMs: number): Write => {
  const values = indexValues(dueAtMs)
  const unchanged = sameAll(['session_generation', 'ended_at_ms'], seen, values)
  return {
    UpdateExpression: `SET ${indexSet}`,
    ConditionExpression: unchanged.join(' AND '),
    ExpressionAttributeValues: values,
  }
}

export const sessionPageQuery = (limit: number) => ({
  IndexName: dueIndex,
  KeyConditionExpression: 'kind = :kind',
  ExpressionAttributeValues: { ':kind': { S: sessionIndexKind } },
  Limit: limit,
})

export const positionOf = ({ partition, sort, dueAtMs }: SessionCursor): Attributes => ({
  ...keyAttributes({ partition, sort }),
  kind: { S: sessionIndexKind },
  due_at: n(dueAtMs),
})

export const partitionQuery = (partition: string, read: number) => ({
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': { S: partition } },
  ConsistentRead: true,
  Limit: mostListed - read,
})
