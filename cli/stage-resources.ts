// What stands of a stage at AWS: its stack and its table, as they are seen and removed.
import { DescribeStackResourceCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import {
  DeleteTableCommand,
  DescribeTableCommand,
  ResourceNotFoundException,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { toldByAws } from './aws-message.ts'
import { Remedy } from './remedy.ts'
import type { Stack, StageParts } from './remove-stage.ts'

const mostWaitSeconds = 300

type StackParts = Pick<StageParts, 'stack'>
type TableParts = Pick<StageParts, 'table' | 'unprotectTable' | 'deleteTable'>

/** Errors of every call: `Remedy`. */
export const createStackParts = (client: CloudFormationClient, name: string): StackParts => ({
  stack: () =>
    told(async (): Promise<Stack | undefined> => {
      const status = await statusOf(client, name)
      return status === undefined ? undefined : { status, keyId: await keyOf(client, name) }
    }),
})

const statusOf = async (
  client: CloudFormationClient,
  StackName: string,
): Promise<string | undefined> => {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }))
    const status = Stacks[0]?.StackStatus
    return status === 'DELETE_COMPLETE' ? undefined : status
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Undefined for a key that was never made, or is gone again. */
const keyOf = async (
  client: CloudFormationClient,
  StackName: string,
): Promise<string | undefined> => {
  try {
    const asked = new DescribeStackResourceCommand({ StackName, LogicalResourceId: 'Key' })
    const { StackResourceDetail } = await client.send(asked)
    const { ResourceStatus = '', PhysicalResourceId } = StackResourceDetail ?? {}
    return /^(CREATE_FAILED|DELETE_COMPLETE)$/.test(ResourceStatus) ? undefined : PhysicalResourceId
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** CloudFormation has no error of its own for it. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)

/** Errors of every call: `Remedy`. */
export const createTableParts = (client: DynamoDBClient, TableName: string): TableParts => ({
  table: () =>
    told(async () => {
      try {
        const { Table } = await client.send(new DescribeTableCommand({ TableName }))
        return Table?.DeletionProtectionEnabled === true ? 'protected' : 'open'
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return 'none'
        throw error
      }
    }),
  unprotectTable: () =>
    told(async () => {
      await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
      await waitUntilTableExists({ client, maxWaitTime: mostWaitSeconds }, { TableName })
    }),
  deleteTable: () =>
    told(async () => {
      await client.send(new DeleteTableCommand({ TableName }))
      await waitUntilTableNotExists({ client, maxWaitTime: mostWaitSeconds }, { TableName })
    }),
})

const told = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call()
  } catch (error) {
    throw new Remedy(remedyOf(error))
  }
}

const remedyOf = (error: unknown): string => {
  const name = error instanceof Error ? error.name : ''
  if (name === 'CredentialsProviderError') {
    return 'No AWS credentials are found. Sign in, or set AWS_PROFILE.'
  }
  if (/AccessDenied|UnrecognizedClient|ExpiredToken/.test(name)) {
    return `These credentials may not see or remove the stage. Take those that deploy it. (${toldByAws(error)})`
  }
  return `AWS does not do it: ${toldByAws(error)} Mend that, and run this again.`
}
