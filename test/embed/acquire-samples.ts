// What the tests of acquires ask for, and what they look at afterwards.
import { expect } from 'vitest'
import type { EmbedParts } from '../../lib/embed/parts.ts'
import type { SessionItem } from '../../lib/store/session-store.ts'
import { callerOf } from './embed-fleet.ts'
import type { EmbedFleet, Outcome } from './embed-fleet.ts'

export const acquireCall = 'acquire_embed_cookieless_session'
export const endCall = 'delete_embed_cookieless_session'

/** Of a user with other permissions. */
export const other = { models: ['shop', 'stock'] }
export const secondDevice = { device: 'device-2', page: { userAgent: 'Browser/2' } }

/** The session into which an iframe logs with the answer. */
export const sessionOf = (fleet: EmbedFleet, result: Outcome, userAgent?: string) => {
  const session = fleet.loggedIn(result, userAgent)
  if (!session) throw new Error('no login')
  return session
}

/** The profile with which Looker shows content to whoever logs in with the answer. */
export const modelsOf = (fleet: EmbedFleet, result: Outcome) =>
  sessionOf(fleet, result).user.profile.models

export const standingItem = async (
  fleet: EmbedFleet,
  caller = callerOf(),
): Promise<SessionItem> => {
  const item = await fleet.itemOf(caller)
  if (!item) throw new Error('no item')
  return item
}

/** A tombstone without the end at Looker. */
export const endedByUser = async (fleet: EmbedFleet): Promise<SessionItem> => {
  const seen = await standingItem(fleet)
  const end = { atMs: fleet.clock.now(), reason: 'signed-out', needsSignIn: false } as const
  const { ttlEpochSeconds } = seen
  const { item = seen } = await fleet.memory.end(seen.key, seen, { ...end, ttlEpochSeconds })
  return item
}

/** The record in the table is of a session that lives, and the answer logs in to it. */
export const expectRecovered = async (fleet: EmbedFleet) => {
  const result = await fleet.acquired()
  const { sessionId, lease } = (await fleet.itemOf()) ?? {}
  expect(result.code).toBe('ok')
  expect(fleet.loggedIn(result)?.id).toBe(sessionId)
  expect(lease).toBeUndefined()
}

const never = new Promise<never>(() => undefined)

/** The first process stops for ever before that write. */
export const dyingBefore =
  (operation: 'publish' | 'release') =>
  (parts: EmbedParts, index: number): EmbedParts => ({
    ...parts,
    store: index === 0 ? { ...parts.store, [operation]: () => never } : parts.store,
  })
