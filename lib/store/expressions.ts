// The calls of the stores as DynamoDB expressions, built of named conditions. Pure.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { dueIndex, keyAttributes, tokenIndexKind } from './items.ts'
import type { Attributes } from './items.ts'
import type {
  Holder,
  ItemKey,
  LeaseClaim,
  Publication,
  SecretItem,
  SharedFailure,
  TokenItem,
} from './token-store.ts'

export type Values = Record<string, AttributeValue>

export type Write = {
  readonly UpdateExpression: string
  readonly ConditionExpression: string
  readonly ExpressionAttributeValues: Values
}

// Numbers that are not whole would be read as absent.
export const n = (value: number): AttributeValue => ({ N: String(Math.round(value)) })

/** What was seen still stands, nobody holds a lease that is not over, and no back-off forbids it. */
export const leaseWrite = (claim: LeaseClaim): Write => {
  const values = leaseValues(claim)
  const raw = claim.seen?.raw
  const unchanged = ['generation', 'token_generation'].map((name) => same(name, raw, values))
  const free = leaseFree(claim, values)
  return {
    UpdateExpression: leaseSet,
    ConditionExpression: [...unchanged, free, ...noBackOff(claim, values)].join(' AND '),
    ExpressionAttributeValues: values,
  }
}

export const leaseSet =
  'SET lease_owner = :owner, lease_until_ms = :until, lease_length_ms = :length, ' +
  'generation = :generation, ttl_epoch_seconds = :ttl'

type Claimed = Pick<LeaseClaim, 'owner' | 'generation' | 'nowAtMs' | 'lengthMs' | 'ttlEpochSeconds'>

export const leaseValues = (claim: Claimed): Values => ({
  ':owner': { S: claim.owner },
  ':generation': n(claim.generation),
  ':until': n(claim.nowAtMs + claim.lengthMs),
  ':length': n(claim.lengthMs),
  ':ttl': n(claim.ttlEpochSeconds),
})

/** What is asked of another's lease, by whoever saw the item. */
export type LeaseSight = Pick<LeaseClaim, 'nowAtMs' | 'skewMs' | 'stalled'> & {
  readonly seen: Pick<TokenItem, 'generation' | 'lease' | 'raw'> | undefined
}

/** Nobody holds a lease that is not over, stalled or senseless. */
export const leaseFree = (sight: LeaseSight, values: Values): string => {
  values[':over'] = n(sight.nowAtMs - sight.skewMs)
  const ways = [
    'attribute_not_exists(lease_owner)',
    'lease_until_ms <= :over',
    ...stalledLease(sight, values),
    ...senselessLease(sight, values),
  ]
  return `(${ways.join(' OR ')})`
}

/** The attribute is as it was seen, of whatever type. */
export const same = (name: string, seen: Attributes | undefined, values: Values): string => {
  const value = seen?.[name]
  if (value === undefined) return `attribute_not_exists(${name})`
  values[`:seen_${name}`] = value
  return `${name} = :seen_${name}`
}

// The generation is among what must be unchanged, so the owner is enough.
const stalledLease = ({ stalled, seen }: LeaseSight, values: Values): string[] => {
  if (!stalled || stalled.generation !== seen?.generation) return []
  values[':stalled'] = { S: stalled.owner }
  return ['lease_owner = :stalled']
}

/** Lease attributes that are there but make no lease must not keep everybody waiting for ever. */
const senselessLease = ({ seen }: LeaseSight, values: Values): string[] => {
  const owner = seen?.raw?.['lease_owner']
  if (owner === undefined || seen?.lease) return []
  values[':senseless'] = owner
  return ['lease_owner = :senseless']
}

const noBackOff = ({ seen, nowAtMs, pastNotBefore }: LeaseClaim, values: Values): string[] => {
  const senseless = !seen?.failure && seen?.raw?.['not_before_ms'] !== undefined
  if (pastNotBefore === true || senseless) return []
  values[':now'] = n(nowAtMs)
  return ['(attribute_not_exists(not_before_ms) OR not_before_ms <= :now)']
}

export const stillHolder = 'lease_owner = :owner AND generation = :generation'
export const leaseAttributes = 'lease_owner, lease_until_ms, lease_length_ms'
const failureAttributes = 'failure_reason, failure_count, failure_secret_version, not_before_ms'

export const holderValues = (holder: Holder): Values => ({
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
    ':due': n(publication.dueAtMs),
    ':ttl': n(publication.ttlEpochSeconds),
  },
})

export const releaseWrite = (
  holder: Holder,
  end: { readonly failure?: SharedFailure; readonly ttlEpochSeconds: number },
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
      ':not_before': n(notBeforeAtMs),
      ...(versioned ? { ':version': n(secretVersion) } : {}),
    },
  }
}

type Refused = {
  readonly generation: number
  readonly count: number
  readonly notBeforeAtMs: number
  readonly nowAtMs: number
}

/** With `senseless`: over a mark that cannot be read, if it is still that one. */
export const refuseWrite = (refused: Refused, senseless?: TokenItem): Write => {
  const values: Values = {
    ':generation': n(refused.generation),
    ':count': n(refused.count),
    ':not_before': n(refused.notBeforeAtMs),
  }
  const conditions = senseless
    ? refusalAttributes.map((name) => same(name, senseless.raw, values))
    : unmarkedAtItsPace(refused, values)
  return {
    UpdateExpression:
      'SET refused_generation = :generation, refused_count = :count, refused_not_before_ms = :not_before',
    ConditionExpression: ['token_generation = :generation', ...conditions].join(' AND '),
    ExpressionAttributeValues: values,
  }
}

const refusalAttributes = ['refused_generation', 'refused_count', 'refused_not_before_ms']

/** There is something of a mark on the item, but it cannot be read as one. */
export const isMarkSenseless = (item: TokenItem | undefined): boolean =>
  item !== undefined &&
  item.refused === undefined &&
  refusalAttributes.some((name) => item.raw?.[name] !== undefined)

const unmarkedAtItsPace = ({ nowAtMs }: Refused, values: Values): string[] => {
  values[':now'] = n(nowAtMs)
  return [
    '(attribute_not_exists(refused_generation) OR refused_generation <> :generation)',
    '(attribute_not_exists(refused_not_before_ms) OR refused_not_before_ms <= :now)',
  ]
}

export const revokeWrite = (generation: number): Write => ({
  UpdateExpression: 'SET revoked_generation = :generation',
  ConditionExpression: 'token_generation = :generation',
  ExpressionAttributeValues: { ':generation': n(generation) },
})

export const useWrite = (generation: number): Write => ({
  UpdateExpression: 'SET used_generation = :generation',
  ConditionExpression:
    'token_generation = :generation ' +
    'AND (attribute_not_exists(used_generation) OR used_generation <> :generation)',
  ExpressionAttributeValues: { ':generation': n(generation) },
})

export const dropDueWrite = (generation: number, evenUsed: boolean): Write => ({
  UpdateExpression: 'REMOVE kind, due_at',
  ConditionExpression: evenUsed
    ? 'token_generation = :generation'
    : 'token_generation = :generation ' +
      'AND (attribute_not_exists(used_generation) OR used_generation <> :generation)',
  ExpressionAttributeValues: { ':generation': n(generation) },
})

export type DueQuery = {
  readonly IndexName: string
  readonly KeyConditionExpression: string
  readonly ExpressionAttributeValues: Values
  readonly Limit: number
}

/** `kind` is that of the items to list. */
export const dueQuery = (kind: string, beforeAtMs: number): DueQuery => ({
  IndexName: dueIndex,
  KeyConditionExpression: 'kind = :kind AND due_at <= :before',
  ExpressionAttributeValues: {
    ':kind': { S: kind },
    ':before': { N: String(Math.floor(beforeAtMs)) },
  },
  Limit: 100,
})

export type Put = {
  readonly Item: Attributes
  readonly ConditionExpression: string
  readonly ExpressionAttributeValues?: Values
}

/** Over the version that was seen, of whatever type; undefined: over an item without one, or none. */
export const secretPut = (
  key: ItemKey,
  secret: SecretItem,
  seenVersion: AttributeValue | undefined,
): Put => {
  const values: Values = {}
  const seen: Attributes = seenVersion === undefined ? {} : { generation: seenVersion }
  const ConditionExpression = same('generation', seen, values)
  return {
    Item: {
      ...keyAttributes(key),
      sealed: { B: secret.frame },
      generation: n(secret.generation),
    },
    ConditionExpression,
    ...(seenVersion === undefined ? {} : { ExpressionAttributeValues: values }),
  }
}
