// The writes of the token store as DynamoDB update expressions, built of named conditions. Pure.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { tokenIndexKind } from './items.ts'
import type { Attributes } from './items.ts'
import type { Holder, LeaseClaim, Publication, SharedFailure, TokenItem } from './token-store.ts'

export type Write = {
  readonly UpdateExpression: string
  readonly ConditionExpression: string
  readonly ExpressionAttributeValues: Record<string, AttributeValue>
}

type Values = Record<string, AttributeValue>

const n = (value: number): AttributeValue => ({ N: String(value) })

/** What was seen still stands, nobody holds a lease that is not over, and no back-off forbids it. */
export const leaseWrite = (claim: LeaseClaim): Write => {
  const values: Values = {
    ':owner': { S: claim.owner },
    ':generation': n(claim.generation),
    ':until': n(claim.nowAtMs + claim.lengthMs),
    ':length': n(claim.lengthMs),
    ':ttl': n(claim.ttlEpochSeconds),
    ':over': n(claim.nowAtMs - claim.skewMs),
  }
  const unchanged = ['generation', 'token_generation'].map((name) => same(name, claim, values))
  const leaseFree = [
    'attribute_not_exists(lease_owner)',
    'lease_until_ms <= :over',
    ...stalledCondition(claim, values),
    ...senselessLease(claim, values),
  ].join(' OR ')
  return {
    UpdateExpression:
      'SET lease_owner = :owner, lease_until_ms = :until, lease_length_ms = :length, ' +
      'generation = :generation, ttl_epoch_seconds = :ttl',
    ConditionExpression: [...unchanged, `(${leaseFree})`, ...backOffCondition(claim, values)].join(
      ' AND ',
    ),
    ExpressionAttributeValues: values,
  }
}

/** The attribute is as it was seen, of whatever type. */
const same = (name: string, { seen }: LeaseClaim, values: Values): string => {
  const value = rawOf(seen)[name]
  if (value === undefined) return `attribute_not_exists(${name})`
  values[`:seen_${name}`] = value
  return `${name} = :seen_${name}`
}

const rawOf = (seen: TokenItem | undefined): Attributes => seen?.raw ?? {}

/** Lease attributes that are there but make no lease must not keep everybody waiting for ever. */
const senselessLease = ({ seen }: LeaseClaim, values: Values): string[] => {
  const owner = rawOf(seen)['lease_owner']
  if (owner === undefined || seen?.lease) return []
  values[':senseless'] = owner
  return ['lease_owner = :senseless']
}

const stalledCondition = ({ stalled }: LeaseClaim, values: Values): string[] => {
  if (!stalled) return []
  values[':stalled_owner'] = { S: stalled.owner }
  values[':stalled_generation'] = n(stalled.generation)
  return ['(lease_owner = :stalled_owner AND generation = :stalled_generation)']
}

const backOffCondition = (claim: LeaseClaim, values: Values): string[] => {
  const senseless = !claim.seen?.failure && rawOf(claim.seen)['not_before_ms'] !== undefined
  if (claim.pastNotBefore === true || senseless) return []
  values[':now'] = n(claim.nowAtMs)
  return ['(attribute_not_exists(not_before_ms) OR not_before_ms <= :now)']
}

const stillHolder = 'lease_owner = :owner AND generation = :generation'
const leaseAttributes = 'lease_owner, lease_until_ms, lease_length_ms'
const failureAttributes = 'failure_reason, failure_count, failure_secret_version, not_before_ms'

const holderValues = (holder: Holder): Values => ({
  ':owner': { S: holder.owner },
  ':generation': n(holder.generation),
})

export const publishWrite = (holder: Holder, publication: Publication): Write => ({
  UpdateExpression:
    'SET sealed = :sealed, token_generation = :generation, login_ms = :login, kind = :kind, ' +
    `due_at = :due, ttl_epoch_seconds = :ttl${publication.used ? ', used_generation = :generation' : ''} ` +
    `REMOVE ${leaseAttributes}, ${failureAttributes}`,
  ConditionExpression: stillHolder,
  ExpressionAttributeValues: {
    ...holderValues(holder),
    ':sealed': { B: publication.frame },
    ':login': n(publication.loginMs),
    ':kind': { S: tokenIndexKind },
    ':due': n(Math.round(publication.dueAtMs)),
    ':ttl': n(publication.ttlEpochSeconds),
  },
})

export const releaseWrite = (
  holder: Holder,
  end: { failure?: SharedFailure; ttlEpochSeconds: number },
): Write => {
  const values = { ...holderValues(holder), ':ttl': n(end.ttlEpochSeconds) }
  if (!end.failure) {
    return {
      UpdateExpression: `SET ttl_epoch_seconds = :ttl REMOVE ${leaseAttributes}`,
      ConditionExpression: stillHolder,
      ExpressionAttributeValues: values,
    }
  }
  const { reason, count, notBeforeAtMs, secretVersion } = end.failure
  const versioned = secretVersion !== undefined
  return {
    UpdateExpression:
      'SET ttl_epoch_seconds = :ttl, failure_reason = :reason, failure_count = :count, ' +
      `not_before_ms = :not_before${versioned ? ', failure_secret_version = :version' : ''} ` +
      `REMOVE ${leaseAttributes}${versioned ? '' : ', failure_secret_version'}`,
    ConditionExpression: stillHolder,
    ExpressionAttributeValues: {
      ...values,
      ':reason': { S: reason },
      ':count': n(count),
      ':not_before': n(Math.round(notBeforeAtMs)),
      ...(versioned ? { ':version': n(secretVersion) } : {}),
    },
  }
}

export const refuseWrite = (refused: {
  generation: number
  count: number
  notBeforeAtMs: number
  nowAtMs: number
}): Write => ({
  UpdateExpression:
    'SET refused_generation = :generation, refused_count = :count, refused_not_before_ms = :not_before',
  ConditionExpression:
    'token_generation = :generation ' +
    'AND (attribute_not_exists(refused_generation) OR refused_generation <> :generation) ' +
    'AND (attribute_not_exists(refused_not_before_ms) OR refused_not_before_ms <= :now)',
  ExpressionAttributeValues: {
    ':generation': n(refused.generation),
    ':count': n(refused.count),
    ':not_before': n(Math.round(refused.notBeforeAtMs)),
    ':now': n(refused.nowAtMs),
  },
})

export const useWrite = (generation: number): Write => ({
  UpdateExpression: 'SET used_generation = :generation',
  ConditionExpression:
    'token_generation = :generation ' +
    'AND (attribute_not_exists(used_generation) OR used_generation <> :generation)',
  ExpressionAttributeValues: { ':generation': n(generation) },
})

export const dropDueWrite = (generation: number): Write => ({
  UpdateExpression: 'REMOVE kind, due_at',
  ConditionExpression: 'token_generation = :generation',
  ExpressionAttributeValues: { ':generation': n(generation) },
})
