// What DynamoDB charges an item for: the UTF-8 length of each name, and of each value.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Attributes } from '../../lib/store/items.ts'

export const sizeOfItem = (item: Attributes): number =>
  Object.entries(item).reduce(
    (total, [name, value]) => total + Buffer.byteLength(name) + sizeOfValue(value),
    0,
  )

const sizeOfValue = ({ S, N, B, BOOL }: AttributeValue): number => {
  if (S !== undefined) return Buffer.byteLength(S)
  // A byte for two digits, and one more.
  if (N !== undefined) return Math.ceil(N.length / 2) + 1
  if (B !== undefined) return B.byteLength
  if (BOOL !== undefined) return 1
  throw new Error('an item of ours holds texts, numbers, binaries and truths only')
}
