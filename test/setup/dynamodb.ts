// Vitest global setup: one DynamoDB Local for the whole run where Java 17 or newer is present.
// Tests find its endpoint with `inject('dynamoDbEndpoint')`; it is empty where there is none.
import type { TestProject } from 'vitest/node'
import { hasJava, startDynamoDb } from '../../local/dynamodb.ts'

declare module 'vitest' {
  interface ProvidedContext {
    dynamoDbEndpoint: string
  }
}

const skipped = 'No Java 17 or newer on the path: the DynamoDB runs of the tests are skipped.'

export const setup = async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
  if (await hasJava()) {
    const database = await startDynamoDb()
    project.provide('dynamoDbEndpoint', database.endpoint)
    return database.stop
  }
  if (process.env['CI'] === 'true') throw new Error(skipped)
  console.warn(skipped)
  project.provide('dynamoDbEndpoint', '')
  return undefined
}
