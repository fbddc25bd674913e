// From an item of the table to the session sealed in it. A record that does not open is as good as absent.
import { SealError } from '../errors.ts'
import type { SessionItem } from '../store/session-store.ts'
import type { EmbedParts } from './parts.ts'
import { sessionKind } from './session-key.ts'
import { decodeSessionRecord } from './session-record.ts'
import type { SessionRecord } from './session-record.ts'
import { underPolicy } from './under-policy.ts'
import { whoseSession } from './whose.ts'

/**
 * The record as the tenant's policy of now sees it.
 * Tombstones open too, while their session is not known to be over at Looker. Costs no call to KMS once
 * the process knows the key. Errors: `KeysError`.
 */
export type SessionReader = (item: SessionItem | undefined) => Promise<SessionRecord | undefined>

type ReaderParts = Pick<EmbedParts, 'sealer' | 'report' | 'policy' | 'clock'>

export const createSessionReader =
  ({ sealer, report, policy, clock }: ReaderParts): SessionReader =>
  async (item) => {
    if (!item?.sealed) return undefined
    const { key, sealed } = item
    const { frame, generation } = sealed
    try {
      const opened = await sealer.open(frame, { key, kind: sessionKind, generation })
      return underPolicy(policy, decodeSessionRecord(opened), clock.now())
    } catch (error) {
      if (!(error instanceof SealError)) throw error
      report({ name: 'session-unreadable', ...whoseSession(key) })
      return undefined
    }
  }
