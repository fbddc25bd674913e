// The record of a session in the table, as the next tokens of its page need it.
import type { SessionItem } from '../store/session-store.ts'
import { ttlEpochSeconds } from '../tokens/pace.ts'
import type { Keeper, Kept } from './keeper.ts'
import { createLookerCalls } from './looker-calls.ts'
import { endIfOver } from './over.ts'
import type { EmbedParts } from './parts.ts'
import { createSessionReader } from './reader.ts'
import { sessionKeyOf, sessionKind } from './session-key.ts'
import { encodeSessionRecord } from './session-record.ts'
import type { SessionRecord } from './session-record.ts'
import { keptUntilMs, nextGeneration } from './started.ts'
import { tombstoneOf } from './tombstone.ts'
import { whoseSession } from './whose.ts'

export type InTable = Kept & { readonly item: SessionItem }

type KeeperParts = EmbedParts

/** A warm look costs one consistent read and no call to KMS. */
export const createTableKeeper = (parts: KeeperParts): Keeper<InTable> => {
  const { store, service, clock, report } = parts
  const open = createSessionReader(parts)
  const seal = createSeal(parts)
  const calls = createLookerCalls(parts)

  return {
    whose: (caller) => whoseSession(sessionKeyOf(service.instance, caller)),
    find: async (caller) => {
      const item = await store.read(sessionKeyOf(service.instance, caller))
      if (!item?.sealed || item.ended) return undefined
      const record = await open(item)
      return record && { record, item, version: versionOf(item) }
    },
    endIfOver: async (view) => {
      await endIfOver({ ...parts, calls, read: open }, view)
    },
    end: async ({ item }, reason) => {
      const end = tombstoneOf(item, { reason, needsSignIn: false }, clock.now())
      const { applied } = await store.end(item.key, item, end)
      if (applied) report({ name: 'session-ended', reason, ...whoseSession(item.key) })
    },
    renew: async ({ item }, record) => {
      const replacement = await seal(item, record)
      const { applied, item: standing } = await store.replace(item.key, item, replacement)
      return { stands: applied || isOf(standing, record) }
    },
  }
}

const versionOf = ({ key, sealed, generation }: SessionItem): string =>
  [key.partition, key.sort, sealed?.generation ?? generation].join('\n')

/** Another process kept a reference token of the same session first. */
const isOf = (item: SessionItem | undefined, { sessionId }: SessionRecord): boolean =>
  item?.sealed !== undefined && item.ended === undefined && item.sessionId === sessionId

/** As it was read, sealed anew: for a write over what was seen. */
export const createSeal =
  ({ sealer, clock }: Pick<EmbedParts, 'sealer' | 'clock'>) =>
  async (item: SessionItem, record: SessionRecord) => {
    const nowAtMs = clock.now()
    const generation = nextGeneration(item.generation, nowAtMs)
    const { lookerEndsAtMs: expiresAtMs } = record
    const frame = sealer.seal(
      { plaintext: encodeSessionRecord(record), expiresAtMs },
      { key: item.key, kind: sessionKind, generation },
      await sealer.currentKey(record.dataKey),
    )
    return {
      frame,
      generation,
      nowAtMs,
      sessionId: record.sessionId,
      claimsAtMs: Math.max(record.claimsAtMs, item.claimsAtMs ?? 0),
      profileDigest: record.profileDigest,
      startMs: item.startMs ?? 0,
      dueAtMs: record.expiresAtMs,
      ttlEpochSeconds: ttlEpochSeconds(keptUntilMs(record)),
    }
  }
