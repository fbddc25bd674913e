// The tokens that one source remembers, by user and workspace. Which is the better one is decided in
// held-token.ts.
import { isRefused, replaces, standingOf } from './held-token.ts'
import type { HeldToken, Moment } from './held-token.ts'
import type { Wanted } from './token-request.ts'

const mostTokens = 10_000

export type TokenMemory = {
  /** One that may be answered: not at its end, and not the refused one. */
  readonly find: (wanted: Wanted, moment: Moment) => HeldToken | undefined
  /** Remembers the better of the known and the given token, and returns it. */
  readonly keep: (wanted: Wanted, given: HeldToken, moment: Moment) => HeldToken
  /** Asks to leave the broker alone until then (monotonic) while the remembered token is good. */
  readonly rest: (wanted: Wanted, untilMs: number) => void
  readonly rests: (wanted: Wanted, moment: Moment) => boolean
}

type Entry = {
  readonly held: HeldToken
  /** Digest of the report that brought it: that token does not come back. */
  readonly refused: string | undefined
  readonly restsUntilMs: number
}

export const createTokenMemory = (limit = mostTokens): TokenMemory => {
  const entries = new Map<string, Entry>()
  const entryOf = (wanted: Wanted) => entries.get(whoseKeyOf(wanted))
  return {
    find: (wanted, moment) => {
      const held = entryOf(wanted)?.held
      if (!held || isRefused(held, wanted.refused)) return undefined
      return standingOf(held, moment) === 'over' ? undefined : held
    },
    keep: (wanted, given, moment) => {
      const key = whoseKeyOf(wanted)
      const known = entries.get(key)
      const refused = { now: wanted.refused, before: known?.refused }
      if (known && !replaces(given, known.held, refused, moment)) return known.held
      entries.delete(key)
      entries.set(key, {
        held: given,
        refused: refused.now ?? refused.before,
        restsUntilMs: known?.restsUntilMs ?? 0,
      })
      if (entries.size > limit) dropOldest(entries)
      return given
    },
    rest: (wanted, restsUntilMs) => {
      const entry = entryOf(wanted)
      if (entry) entries.set(whoseKeyOf(wanted), { ...entry, restsUntilMs })
    },
    rests: (wanted, { nowMs }) => (entryOf(wanted)?.restsUntilMs ?? 0) > nowMs,
  }
}

/** No part can hold a line break. */
export const whoseKeyOf = ({ userId, workspace }: Wanted): string => `${workspace}\n${userId ?? ''}`

const dropOldest = (entries: Map<string, Entry>): void => {
  const oldest = entries.keys().next()
  if (!oldest.done) entries.delete(oldest.value)
}
