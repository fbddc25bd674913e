import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { hasJava, localDynamoDbClient, startDynamoDb } from '../../local/dynamodb.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'

describe('whether Java is there', () => {
  test('a command that does not exist is no Java', async () => {
    const found = await hasJava('no-such-java')

    expect(found).toBe(false)
  })

  test('a command that tells no version is no Java', async () => {
    const found = await hasJava('true')

    expect(found).toBe(false)
  })
})

describe.skipIf(!hasDynamoDb())('DynamoDB Local', () => {
  test('a fresh table has the keys, index and TTL attribute of the definition', async () => {
    const { client, tableName } = await freshTable()

    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }))
    const { TimeToLiveDescription } = await client.send(
      new DescribeTimeToLiveCommand({ TableName: tableName }),
    )

    expect(Table?.KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ])
    expect(Table?.GlobalSecondaryIndexes?.map((index) => index.IndexName)).toContain('due')
    expect(TimeToLiveDescription).toEqual({
      AttributeName: 'ttl_epoch_seconds',
      TimeToLiveStatus: 'ENABLED',
    })
  })

  test('two fresh tables have different names', async () => {
    const [one, other] = await Promise.all([freshTable(), freshTable()])

    expect(one.tableName).not.toBe(other.tableName)
  })

  test('a database of its own is empty, and gone after stop', async () => {
    const database = await startDynamoDb()
    const client = localDynamoDbClient(database.endpoint)

    const { TableNames } = await client.send(new ListTablesCommand({}))
    await database.stop()

    expect(TableNames).toEqual([])
    await expect(fetch(database.endpoint)).rejects.toThrow('fetch failed')
  })

  test('a port that is taken is an error, not a database of somebody else', async () => {
    const first = await startDynamoDb()

    const second = await startDynamoDb({ port: Number(new URL(first.endpoint).port) }).catch(
      (error: unknown) => error,
    )
    await first.stop()

    expect(second).toMatchObject({ code: 'EADDRINUSE' })
  })
})
