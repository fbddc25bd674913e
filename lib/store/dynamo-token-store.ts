// The stores on DynamoDB. Every write is one conditional write; a retry of the client that finds its
// own first attempt in the table is a success whose reply was lost.
import { listDueOf } from './dynamo-due.ts'
import { getItem, putItem, updateBlindly, updateItem } from './dynamo-table.ts'
import type { Table } from './dynamo-table.ts'
import {
  dropDueWrite,
  isMarkSenseless,
  leaseWrite,
  publishWrite,
  refuseWrite,
  releaseWrite,
  revokeWrite,
  secretPut,
  useWrite,
} from './expressions.ts'
import type { Write } from './expressions.ts'
import {
  parseDueToken,
  parseSecretItem,
  parseTokenItem,
  parseVersion,
  tokenIndexKind,
} from './items.ts'
import { isOwnPublication, isOwnSecret } from './own-write.ts'
import type { ItemKey, SecretStore, TokenItem, TokenStore } from './token-store.ts'

/** Errors of every call: `StoreError`. */
export const createDynamoTokenStore = (table: Table): TokenStore => ({
  read: async (key, { consistent = false } = {}) =>
    parseTokenItem(await getItem(table, key, { consistent })),
  takeLease: async (key, claim) => {
    const { applied, item } = await update(table, key, leaseWrite(claim))
    return { taken: applied || item?.lease?.owner === claim.owner, item }
  },
  publish: async (key, holder, publication) => {
    const { applied, item } = await update(table, key, publishWrite(holder, publication))
    return { applied: applied || isOwnPublication(item, publication), item }
  },
  release: (key, holder, end) => updateBlindly(table, key, releaseWrite(holder, end)),
  markRefused: async (key, refused) => {
    const first = await update(table, key, refuseWrite(refused))
    if (first.applied || !isMarkSenseless(first.item)) return first
    return update(table, key, refuseWrite(refused, first.item))
  },
  markRevoked: (key, generation) => update(table, key, revokeWrite(generation)),
  markUsed: async (key, generation) => {
    await updateBlindly(table, key, useWrite(generation))
  },
  dropDue: async (key, generation, evenUsed = false) => {
    await updateBlindly(table, key, dropDueWrite(generation, evenUsed))
  },
  listDue: (beforeAtMs) => listDueOf(table, { kind: tokenIndexKind, beforeAtMs }, parseDueToken),
})

type Applied = { readonly applied: boolean; readonly item: TokenItem | undefined }

const update = async (table: Table, key: ItemKey, write: Write): Promise<Applied> => {
  const { applied, attributes } = await updateItem(table, key, write)
  return { applied, item: parseTokenItem(attributes) }
}

/** Errors of every call: `StoreError`. */
export const createDynamoSecretStore = (table: Table): SecretStore => ({
  readSecret: async (key) => parseSecretItem(await getItem(table, key, { consistent: true })),
  readSecretVersion: async (key) =>
    parseVersion(await getItem(table, key, { consistent: true, only: 'generation' })),
  writeSecret: async (key, secret, seenGeneration) => {
    const seen = seenGeneration === undefined ? undefined : { N: String(seenGeneration) }
    const { applied, attributes } = await putItem(table, secretPut(key, secret, seen))
    if (applied || isOwnSecret(parseSecretItem(attributes), secret)) return true
    // A version that cannot be read was seen as none, and must not lock the operator out.
    const unreadable = attributes?.['generation']
    if (seen || !unreadable || parseVersion(attributes) !== undefined) return false
    return (await putItem(table, secretPut(key, secret, unreadable))).applied
  },
})
