// The stack as CloudFormation tells of it, and the table on DynamoDB Local.
import {
  CloudFormationClient,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import { Remedy } from '../../cli/remedy.ts'
import { createStackParts, createTableParts } from '../../cli/stage-resources.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'

const awsError = (name: string, message: string) => Object.assign(new Error(message), { name })

const stackOf = () => {
  const client = new CloudFormationClient({ region: 'eu-central-1' })
  const mock = mockClient(client)
  return { mock, ...createStackParts(client, 'looker-token-broker-acme') }
}

const standing = {
  StackName: 'x',
  CreationTime: new Date(0),
  StackStatus: 'UPDATE_COMPLETE',
} as const

describe('the stack', () => {
  it.each([
    ['UPDATE_COMPLETE', 'key-1'],
    ['DELETE_FAILED', 'key-1'],
    ['CREATE_FAILED', undefined],
    ['DELETE_COMPLETE', undefined],
  ] as const)('has a status, and with a key that is %s: %s', async (ResourceStatus, keyId) => {
    const { mock, stack } = stackOf()
    mock.on(DescribeStacksCommand).resolves({ Stacks: [standing] })
    mock.on(DescribeStackResourceCommand).resolves({
      StackResourceDetail: {
        LogicalResourceId: 'Key',
        PhysicalResourceId: 'key-1',
        ResourceType: 'AWS::KMS::Key',
        LastUpdatedTimestamp: new Date(0),
        ResourceStatus,
      },
    })

    expect(await stack()).toEqual({ status: 'UPDATE_COMPLETE', keyId })
    expect(mock.commandCalls(DescribeStackResourceCommand)[0]?.args[0].input).toEqual({
      StackName: 'looker-token-broker-acme',
      LogicalResourceId: 'Key',
    })
  })

  it('has no key before it was whole', async () => {
    const { mock, stack } = stackOf()
    mock.on(DescribeStacksCommand).resolves({ Stacks: [standing] })
    mock
      .on(DescribeStackResourceCommand)
      .rejects(awsError('ValidationError', 'Resource Key does not exist for stack x'))

    expect(await stack()).toEqual({ status: 'UPDATE_COMPLETE', keyId: undefined })
  })

  it('is not there', async () => {
    const { mock, stack } = stackOf()
    mock
      .on(DescribeStacksCommand)
      .rejects(awsError('ValidationError', 'Stack with id x does not exist'))

    expect(await stack()).toBeUndefined()
  })

  it('is not there once it is deleted', async () => {
    const { mock, stack } = stackOf()
    mock
      .on(DescribeStacksCommand)
      .resolves({ Stacks: [{ ...standing, StackStatus: 'DELETE_COMPLETE' }] })

    expect(await stack()).toBeUndefined()
  })

  it.each([
    [awsError('AccessDenied', 'no'), /may not see or remove/],
    [awsError('ValidationError', 'something else'), /AWS does not do it: ValidationError/],
    [awsError('CredentialsProviderError', 'none'), /No AWS credentials/],
  ])('that cannot be seen is told in one line: %s', async (error, line) => {
    const { mock, stack } = stackOf()
    mock.on(DescribeStacksCommand).rejects(error)

    const thrown = await stack().catch((reason: unknown) => reason)

    expect(thrown).toBeInstanceOf(Remedy)
    expect(String(thrown)).toMatch(line)
  })
})

describe.skipIf(!hasDynamoDb())('the table', () => {
  it('is unprotected, deleted, and gone', async () => {
    const { client, tableName: TableName } = await freshTable()
    await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: true }))
    const { table, unprotectTable, deleteTable } = createTableParts(client, TableName)

    const before = await table()
    await expect(deleteTable()).rejects.toThrow(Remedy)
    await unprotectTable()
    const between = await table()
    await deleteTable()

    expect([before, between, await table()]).toEqual(['protected', 'open', 'none'])
  })
})
