// Keys of sessions as an administrator's page holds them: sealed texts, since a key has the user's id in it and
// stands in addresses. Whoever alters one has none.
import * as v from 'valibot'
import type { Sealer } from '../crypto/sealer.ts'
import { BrokerError, SealError } from '../errors.ts'
import type { SessionCursor } from '../store/session-store.ts'
import type { ItemKey } from '../store/token-store.ts'
import type { Clock } from '../time.ts'

/** For as long as somebody may look at one list. */
const lifeMs = 3_600_000

const keySchema = v.object({ partition: v.string(), sort: v.string() })
const cursorSchema = v.object({ partition: v.string(), sort: v.string(), dueAtMs: v.number() })

/** Errors of `open…`: `invalid-request` for a text that was altered, is too old or of another kind; `KeysError`. */
export type SealedKeys = {
  readonly sealKey: (key: ItemKey) => Promise<string>
  readonly openKey: (unverified: string) => Promise<ItemKey>
  readonly sealCursor: (cursor: SessionCursor) => Promise<string>
  readonly openCursor: (unverified: string) => Promise<SessionCursor>
}

export const createSealedKeys = (parts: {
  readonly sealer: Sealer
  readonly clock: Clock
}): SealedKeys => {
  const { sealer, clock } = parts
  let dataKey: Awaited<ReturnType<Sealer['currentKey']>> | undefined

  const seal = async (kind: string, value: object): Promise<string> => {
    dataKey = await sealer.currentKey(dataKey)
    const plaintext = Buffer.from(JSON.stringify(value), 'utf8')
    const expiresAtMs = clock.now() + lifeMs
    const frame = sealer.seal({ plaintext, expiresAtMs }, bindingOf(kind), dataKey)
    return Buffer.from(frame).toString('base64url')
  }

  const open = async (kind: string, unverified: string): Promise<unknown> => {
    const frame = Buffer.from(unverified, 'base64url')
    if (frame.toString('base64url') !== unverified) throw notOurs(kind)
    try {
      const opened = await sealer.open(frame, bindingOf(kind))
      if (opened.expiresAtMs <= clock.now()) throw notOurs(kind)
      return JSON.parse(Buffer.from(opened.plaintext).toString('utf8'))
    } catch (error) {
      throw error instanceof SealError ? notOurs(kind) : error
    }
  }

  return {
    sealKey: ({ partition, sort }) => seal('session-id', { partition, sort }),
    openKey: async (unverified) => v.parse(keySchema, await open('session-id', unverified)),
    sealCursor: ({ partition, sort, dueAtMs }) =>
      seal('session-cursor', { partition, sort, dueAtMs }),
    openCursor: async (unverified) =>
      v.parse(cursorSchema, await open('session-cursor', unverified)),
  }
}

/** Of no item: what is sealed so opens as nothing else. */
const bindingOf = (kind: string) => ({
  key: { partition: 'session-list', sort: kind },
  kind,
  generation: 1,
})

const notOurs = (kind: string): BrokerError => {
  const detail = 'It is not one that the list gave within the last hour. Ask for the list again.'
  const pointer = kind === 'session-cursor' ? '/cursor' : '/id'
  return new BrokerError('invalid-request', detail, { fields: [{ pointer, detail }] })
}
