// A session that the page itself keeps, sealed. Bound to the user, the user agent and its end: for anybody
// else, in another browser, and later, it does not open.
import type { DataKey, Sealer } from '../crypto/sealer.ts'
import { SealError } from '../errors.ts'
import type { EmbedCaller } from '../identity/embed-caller.ts'
import type { Secret } from '../secret.ts'
import type { EmbedParts } from './parts.ts'
import type { Held } from './service.ts'
import { sessionKeyOf } from './session-key.ts'
import { decodeSessionRecord, encodeSessionRecord, type SessionRecord } from './session-record.ts'

export const clientSessionKind = 'embed-session-client'

/** A sealed session has about 1,500 characters; longer ones are not looked at. */
const mostCharacters = 8_192

/** The device that a page names plays no part: what would a page be bound to that it may choose? */
export const clientKeyOf = (instance: string, { visitor, page }: EmbedCaller) =>
  sessionKeyOf(instance, {
    visitor: { ...visitor, deviceClaim: undefined },
    page: { ...page, deviceKey: undefined },
  })

export type ClientRecords = {
  /** As text for the page. Errors: `KeysError`. */
  readonly seal: (caller: EmbedCaller, record: SessionRecord) => Promise<string>
  /** Undefined when it is not this caller's, or no session. It may be past its end. Errors: `KeysError`. */
  readonly open: (caller: EmbedCaller, held: Held) => Promise<SessionRecord | undefined>
}

/** Of the parts of a service. */
export const clientRecordsOf = ({
  sealer,
  service,
}: Pick<EmbedParts, 'sealer' | 'service'>): ClientRecords =>
  createClientRecords({ sealer, instance: service.instance })

export const createClientRecords = ({
  sealer,
  instance,
}: {
  readonly sealer: Sealer
  readonly instance: string
}): ClientRecords => {
  const bindingOf = (caller: EmbedCaller) => ({
    key: clientKeyOf(instance, caller),
    kind: clientSessionKind,
    generation: 1,
  })

  return {
    seal: async (caller, record) => {
      const dataKey: DataKey = await sealer.currentKey(record.dataKey)
      const { expiresAtMs } = record
      const plaintext = encodeSessionRecord(record)
      const frame = sealer.seal({ plaintext, expiresAtMs }, bindingOf(caller), dataKey)
      return Buffer.from(frame).toString('base64url')
    },
    open: async (caller, { session }) => {
      const frame = session && frameOf(session)
      if (!frame) return undefined
      try {
        return decodeSessionRecord(await sealer.open(frame, bindingOf(caller)))
      } catch (error) {
        if (error instanceof SealError) return undefined
        throw error
      }
    },
  }
}

/** Undefined for all but the one way to write it: what was altered in any character is not opened. */
const frameOf = (session: Secret): Uint8Array | undefined => {
  const text = session.reveal()
  if (text.length > mostCharacters) return undefined
  const frame = Buffer.from(text, 'base64url')
  return frame.length > 0 && frame.toString('base64url') === text ? frame : undefined
}
