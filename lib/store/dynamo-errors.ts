// What an error of the DynamoDB client means to the broker. Classes and codes only, never messages.
import { ConditionalCheckFailedException, DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
import { StoreError } from '../errors.ts'

const throttles = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
])

export const isConditionFailure = (error: unknown): error is ConditionalCheckFailedException =>
  error instanceof ConditionalCheckFailedException

/**
 * Throttled, away (no connection, time-out, 5xx), or refused (everything that somebody must mend). The
 * service's own message is not kept: it can quote keys.
 */
export const storeErrorOf = (error: unknown): StoreError => {
  if (!(error instanceof DynamoDBServiceException)) {
    return new StoreError('unavailable', `The table does not answer (${nameOf(error)}).`, error)
  }
  if (throttles.has(error.name)) return new StoreError('throttled', `Throttled (${error.name}).`)
  const status = error.$metadata.httpStatusCode
  return status !== undefined && status >= 400 && status < 500
    ? new StoreError('refused', `The table refuses the call (${error.name}).`)
    : new StoreError('unavailable', `The table fails (${error.name}).`)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')
