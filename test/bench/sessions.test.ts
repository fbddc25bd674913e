// What the list of sessions reads, by count. Times and memory are for `npm run bench:sessions`.
import { randomUUID } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { createTable, localDynamoDbClient } from '../../local/dynamodb.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'
import { hasDynamoDb } from '../setup/table.ts'
import { walk } from './sessions/walk.ts'

const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))

describe.skipIf(!hasDynamoDb())('the list of all sessions', () => {
  it('has each once, page by page, and reads nothing of API tokens', async () => {
    const endpoint = inject('dynamoDbEndpoint')
    const tableName = `test-${randomUUID()}`
    await createTable(localDynamoDbClient(endpoint), tableName, definition)

    const walked = await walk(endpoint, tableName, { sessions: 250, tokens: 60 })

    expect(walked).toMatchObject({
      pages: 3,
      listed: 250,
      queries: 3,
      reads: 250,
      scans: 0,
      otherRows: 0,
      mostRowsOfPage: 200,
    })
  })
})
