// DynamoDB clients with the limits that the deployed functions have, for endpoints of this machine.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** As `lib/broker.ts` makes it, but for where it calls. */
export const clientWithLimits = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
  })
