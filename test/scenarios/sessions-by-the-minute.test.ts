// A session that nobody closes, and the schedule: minute after minute of real functions.
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { StoreError } from '../../lib/errors.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import { state } from '../functions/embed-bodies.ts'
import { createEmbedStage, startAtMs } from './embed-stage.ts'
import type { Kind } from './embed-stage.ts'

const minuteMs = 60_000
const issuedAt = startAtMs / 1000
const who = {
  signIn: { sub: 'ada', role: 'viewer', iat: issuedAt, auth_time: issuedAt },
  browser: { userAgent: 'Mozilla/5.0 Chrome/140', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
} as const
const refused = {
  status: 403,
  answer: { type: 'urn:problem-type:looker-token-broker:sign-in-required' },
}

/** Its page is closed as soon as it has it, so far into a minute of the schedule. */
const leftAlone = async (intoMinuteMs: number, kind: Kind = 'one') => {
  const memory = createMemorySessionStore()
  let isIndexAway = false
  const listDue: typeof memory.listDue = (beforeAtMs) => {
    if (isIndexAway) throw new StoreError('unavailable', 'The table is away.')
    return memory.listDue(beforeAtMs)
  }
  const sessions = { ...memory, listDue }
  const stage = await createEmbedStage({ kind, sessions, policy: { session_duration: 300 } })
  const { clock, looker } = stage
  const pages = stage.coldStart()
  const office = stage.coldOffice()
  clock.skip(intoMinuteMs)
  await clock.run(pages.ask('acquire', who))
  const { answer } = await clock.run(pages.ask('state', who))
  const deadlineMs = Date.parse(v.parse(state, answer).ends_at ?? '')
  const live = () => looker.state.embed.sessions.countLive()
  /** The scheduled run of every minute until then; when Looker had no session any more. */
  const passUntil = async (atMs: number): Promise<number | undefined> => {
    for (;;) {
      const ranMs = Math.floor((clock.now() - startAtMs) / minuteMs)
      const nextMs = startAtMs + (ranMs + 1) * minuteMs
      if (nextMs > atMs) {
        clock.skip(atMs - clock.now())
        return undefined
      }
      clock.skip(nextMs - clock.now())
      await clock.run(office.sweep().catch(() => undefined))
      if (live() === 0) return clock.now()
    }
  }
  const loseIndex = (away: boolean) => {
    isIndexAway = away
  }
  const reload = () => clock.run(pages.ask('acquire', who))
  return { ...stage, deadlineMs, live, passUntil, loseIndex, reload }
}

describe('a session that nobody closes', () => {
  it.each<[number, Kind]>([
    [0, 'one'],
    [30_000, 'one'],
    [59_999, 'one'],
    [59_999, 'many'],
  ])(
    'is gone at Looker within two minutes of its deadline, begun %i ms into a minute (%s)',
    async (intoMinuteMs, kind) => {
      const { deadlineMs, live, passUntil, reload } = await leftAlone(intoMinuteMs, kind)

      const early = await passUntil(deadlineMs - 1)
      const before = live()
      const goneMs = await passUntil(deadlineMs + 2 * minuteMs)

      expect([early, before]).toEqual([undefined, 1])
      expect(goneMs).toBeGreaterThanOrEqual(deadlineMs)
      expect(await reload()).toMatchObject(refused)
    },
  )

  it.each([1, 12])(
    'is gone within two minutes of the time when Looker is back after %i minutes',
    async (minutes) => {
      const { deadlineMs, live, passUntil, reload, looker, clock } = await leftAlone(30_000)
      await passUntil(deadlineMs - 1_000)
      looker.setFault('every', { kind: 'status', status: 503 })

      const away = await passUntil(deadlineMs + minutes * minuteMs)
      const before = live()
      const duringOutage = await reload()
      looker.clearFaults()
      const goneMs = await passUntil(clock.now() + 2 * minuteMs)

      expect([away, before]).toEqual([undefined, 1])
      expect(goneMs).toBeDefined()
      expect([duringOutage, await reload()]).toMatchObject([refused, refused])
    },
  )

  it('is gone within two minutes of its deadline though a run fails', async () => {
    const { deadlineMs, passUntil, loseIndex } = await leftAlone(30_000)

    loseIndex(true)
    const missed = await passUntil(deadlineMs + minuteMs)
    loseIndex(false)
    const goneMs = await passUntil(deadlineMs + 2 * minuteMs)

    expect(missed).toBeUndefined()
    expect(goneMs).toBeDefined()
  })
})
