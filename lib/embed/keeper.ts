// Where the record of a session is kept, as the next tokens of a page need it: in the table, or sealed
// with the page itself.
import type { WhoseSession } from '../events.ts'
import type { EmbedCaller } from '../identity/embed-caller.ts'
import type { Held } from './service.ts'
import type { SessionRecord } from './session-record.ts'

export type Kept = {
  readonly record: SessionRecord
  /** Names this very record: another one, or a later state of it, has another version. */
  readonly version: string
}

/** How a changed record was taken. */
export type Renewed = {
  /** The session is still the one that is kept. */
  readonly stands: boolean
  /** The sealed session, when the page is to keep it. */
  readonly session?: string
}

/** Errors of every call: `StoreError`, `KeysError`. */
export type Keeper<K extends Kept> = {
  readonly whose: (caller: EmbedCaller) => WhoseSession
  /** Undefined without a record of this caller, and when it ended. It may be past its time. */
  readonly find: (caller: EmbedCaller, held: Held) => Promise<K | undefined>
  /** Ends it if its time is over by the tenant's policy, and nobody did so yet. */
  readonly endIfOver: (kept: K) => Promise<void>
  /** Looker says that it is over. Does nothing when another session or another end stands there. */
  readonly end: (kept: K, reason: 'expired' | 'ended-at-looker') => Promise<void>
  /** Looker gave another reference token for it. */
  readonly renew: (kept: K, record: SessionRecord) => Promise<Renewed>
}
