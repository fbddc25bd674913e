// What an error of the DynamoDB client means to the broker. Codes only: neither the messages nor the
// errors themselves are kept, because they can quote keys, and unreadable replies with what is in them.
import { ConditionalCheckFailedException, DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
import { StoreError, codeOf } from '../errors.ts'

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const throttles = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
])

export const isConditionFailure = (error: unknown): error is ConditionalCheckFailedException =>
  error instanceof ConditionalCheckFailedException

/** Throttled, away (no connection, time-out, 5xx), or refused (everything that somebody must mend). */
export const storeErrorOf = (error: unknown): StoreError => {
  if (error instanceof StoreError) return error
  const code = codeOf(error)
  // A function without credentials is misconfigured; its table is not away.
  if (code === 'CredentialsProviderError') {
    return new StoreError('refused', 'There are no credentials to call the table with.')
  }
  if (!(error instanceof DynamoDBServiceException)) {
    return new StoreError('unavailable', `The table does not answer (${code}).`)
  }
  const status = error.$metadata.httpStatusCode ?? 500
  if (throttles.has(error.name) || status === 429) {
    return new StoreError('throttled', `The table asks to slow down (${code}).`)
  }
  return status >= 400 && status < 500 && status !== 408
    ? new StoreError('refused', `The table refuses the call (${code}).`)
    : new StoreError('unavailable', `The table fails (${code}).`)
}
