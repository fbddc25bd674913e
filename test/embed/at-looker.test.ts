// Whether a session that is over here has to be ended at Looker.
import { describe, expect, it } from 'vitest'
import { isLive, livesAtLooker } from '../../lib/embed/at-looker.ts'
import type { SessionRecord } from '../../lib/embed/session-record.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import type { SessionItem } from '../../lib/store/session-store.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'
import { pageRecord } from './page-samples.ts'

const nowAtMs = 1_000_000
const itemOf = (sort: string, changes: Partial<SessionItem> = {}): SessionItem => ({
  key: { partition: 'embed-session#looker#ada', sort },
  generation: 1,
  ttlEpochSeconds: 0,
  ...changes,
})
const ended = { atMs: nowAtMs, reason: 'expired', needsSignIn: true } as const
const own = itemOf('own', { ended })
const record = pageRecord({ startedAtMs: 5_000, lookerEndsAtMs: nowAtMs + 1 })

type Other = { readonly item: SessionItem; readonly startedAtMs?: number | undefined }

type Asked = {
  readonly sessionsPerUser?: 'one' | 'many'
  /** Null: it does not open. */
  readonly of?: SessionRecord | null
}

/** Beside the own item, each with when its session started; without that its record does not open. */
const asked = async (
  others: readonly Other[],
  { sessionsPerUser = 'one', of = record }: Asked = {},
) => {
  const standing: readonly Other[] = [{ item: own, startedAtMs: record.startedAtMs }, ...others]
  const tools = {
    sessionsPerUser,
    clock: { ...createFakeClock(), now: () => nowAtMs },
    store: {
      ...createMemorySessionStore(),
      listOfUser: async () => standing.map(({ item }) => item),
    },
    read: async (sought: SessionItem | undefined) => {
      const { startedAtMs } = standing.find(({ item }) => item === sought) ?? {}
      return startedAtMs === undefined ? undefined : pageRecord({ startedAtMs })
    },
  }
  return livesAtLooker(tools, own, of ?? undefined)
}

describe('a session that is over here', () => {
  it.each([
    [nowAtMs - 1, 'no'],
    [nowAtMs, 'no'],
    [nowAtMs + 1, 'yes'],
  ])('and ends at Looker by itself at %i lives there: %s', async (lookerEndsAtMs, lives) => {
    expect(await asked([], { of: { ...record, lookerEndsAtMs } })).toBe(lives)
  })

  it('and does not open is not asked for', async () => {
    expect(await asked([], { sessionsPerUser: 'many', of: null })).toBe('no')
  })

  it.each([
    ['an older one on another device', itemOf('other'), 4_999, 'yes'],
    ['one of the same instant there', itemOf('other'), 5_000, 'no'],
    ['a newer one there', itemOf('other'), 5_001, 'no'],
    ['a newer one there that ended', itemOf('other', { ended }), 5_001, 'yes'],
    ['one there that does not open', itemOf('other'), undefined, 'yes'],
    ['a newer one on this device, begun since', itemOf('own'), 5_001, 'no'],
    ['one on this device, begun since by a clock set back', itemOf('own'), 4_999, 'no'],
  ])('with one session a user and %s', async (_what, item, startedAtMs, lives) => {
    expect(await asked([{ item, startedAtMs }])).toBe(lives)
  })

  it.each([
    [nowAtMs - 500, 'yes'],
    [nowAtMs - 499, 'later'],
    [nowAtMs + 5_000, 'later'],
  ])('waits for a start under way till %i and half a second', async (untilAtMs, lives) => {
    const lease = { owner: 'b', untilAtMs, lengthMs: 5_500 }

    expect(await asked([{ item: itemOf('other', { lease }) }])).toBe(lives)
    expect(isLive(lease, nowAtMs)).toBe(lives === 'later')
  })

  it('with many sessions a user lives there whatever the user has elsewhere', async () => {
    const lease = { owner: 'b', untilAtMs: nowAtMs + 5_000, lengthMs: 5_500 }
    const others = [
      { item: itemOf('other'), startedAtMs: 5_001 },
      { item: itemOf('third', { lease }) },
    ]

    expect(await asked(others, { sessionsPerUser: 'many' })).toBe('yes')
  })
})
