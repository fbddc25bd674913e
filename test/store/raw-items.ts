// Items as DynamoDB has them: a whole one with every attribute, values of every type, and ways to put
// and remove items behind the store's back.
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { keyAttributes } from '../../lib/store/items.ts'
import type { Attributes } from '../../lib/store/items.ts'
import type { ItemKey } from '../../lib/store/token-store.ts'
import { bytes, key } from '../contracts/leases.ts'

export type RawTable = { readonly client: DynamoDBClient; readonly tableName: string }

export const putRaw = async ({ client, tableName }: RawTable, Item: Attributes): Promise<void> => {
  await client.send(new PutItemCommand({ TableName: tableName, Item }))
}

/** As TTL, or an operator, takes it away. */
export const removeRaw = async (table: RawTable, at: ItemKey = key): Promise<void> => {
  const { client, tableName } = table
  await client.send(new DeleteItemCommand({ TableName: tableName, Key: keyAttributes(at) }))
}

/** Every attribute at once. Lease and back-off are over at 16,000, the token was refused and used. */
export const wholeItem = (): Attributes => ({
  ...keyAttributes(key),
  generation: { N: '2' },
  ttl_epoch_seconds: { N: '3615' },
  lease_owner: { S: 'owner-2' },
  lease_until_ms: { N: '15000' },
  lease_length_ms: { N: '5000' },
  sealed: { B: bytes('frame-1') },
  token_generation: { N: '1' },
  used_generation: { N: '1' },
  refused_generation: { N: '1' },
  refused_count: { N: '1' },
  refused_not_before_ms: { N: '12000' },
  revoked_generation: { N: '1' },
  failure_reason: { S: 'timeout' },
  failure_count: { N: '3' },
  failure_secret_version: { N: '7' },
  not_before_ms: { N: '14000' },
  login_ms: { N: '400' },
  kind: { S: 'api-token' },
  due_at: { N: '90000' },
})

/** All but the key and what the index is made of, where DynamoDB itself insists on the type. */
export const freeAttributes = Object.keys(wholeItem()).filter(
  (name) => !['pk', 'sk', 'kind', 'due_at'].includes(name),
)

/** One value of each type, and numbers that no attribute of ours has. */
export const oddValues: Readonly<Record<string, AttributeValue>> = {
  text: { S: 'x' },
  number: { N: '3' },
  'negative number': { N: '-1' },
  fraction: { N: '1.5' },
  'huge number': { N: '1e20' },
  'largest number': { N: '9.9e125' },
  binary: { B: bytes('x') },
  'empty binary': { B: new Uint8Array() },
  boolean: { BOOL: true },
  null: { NULL: true },
  list: { L: [{ N: '1' }, { L: [] }] },
  map: { M: { N: { N: '1' }, S: { S: 'x' } } },
  'set of texts': { SS: ['x', 'y'] },
  'set of numbers': { NS: ['1', '2'] },
  'set of binaries': { BS: [bytes('x')] },
}

/** Whether a value has the shape that the attribute should have. */
export const fits = (name: string, value: AttributeValue): boolean => {
  const [usual] = Object.keys(wholeItem()[name] ?? {})
  if (usual === 'N') return /^\d{1,15}$/.test(value.N ?? '')
  return Object.keys(value)[0] === usual
}

/** The attributes with each value that does not fit them: name, kind of value, value. */
export const misfitsOf = (names: readonly string[]): [string, string, AttributeValue][] =>
  names.flatMap((name) =>
    Object.entries(oddValues)
      .filter(([, value]) => !fits(name, value))
      .map(([kind, value]): [string, string, AttributeValue] => [name, kind, value]),
  )
