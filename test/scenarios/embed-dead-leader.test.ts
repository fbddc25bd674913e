// The one who starts a session stops for ever, at every point where it waits for something; or goes on long
// after the others have taken over.
import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { EmbedServices } from '../../lib/broker.ts'
import { startLeaseMs } from '../../lib/embed/parts.ts'
import { createEmbedStage, startAtMs, watchEmbedding } from './embed-stage.ts'
import { aroundSessions } from './embed-table.ts'

const who = {
  signIn: { sub: 'ada', role: 'viewer', iat: startAtMs / 1000, auth_time: startAtMs / 1000 },
  browser: { userAgent: 'Mozilla/5.0 Chrome/140', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
} as const

type Step = 'listOfUser' | 'takeLease' | 'acquire' | 'publish' | 'release'
type Point = `${'before' | 'after'} ${Step}`

const isAcquire = (input: Parameters<typeof fetch>[0]): boolean =>
  new URL(input instanceof Request ? input.url : input).pathname.endsWith('/acquire')

const stoppedAt = (point: Point) => {
  const frost = new EventTarget()
  const thawed = once(frost, 'thaw')
  let reached = false
  const reach = async (here: string): Promise<void> => {
    if (here === point) reached = true
    if (reached) await thawed
  }
  const around = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    await reach(`before ${name}`)
    const answer = await call()
    await reach(`after ${name}`)
    return answer
  }
  const services = (all: EmbedServices): EmbedServices => ({
    ...all,
    sessions: aroundSessions(all.sessions, around),
    fetch: (...request) =>
      around(isAcquire(request[0]) ? 'acquire' : 'call', () => all.fetch(...request)),
  })
  return { services, thaw: () => frost.dispatchEvent(new Event('thaw')), isReached: () => reached }
}

/** Ten processes ask when the leader has stopped. */
const bereaved = async (point: Point) => {
  const mortal = stoppedAt(point)
  const stage = await createEmbedStage({
    services: (services, index) => (index === 0 ? mortal.services(services) : services),
  })
  const looker = watchEmbedding(stage.looker.state)
  if (point.endsWith('release')) {
    stage.looker.queueFaults('acquire_embed_cookieless_session', { kind: 'status', status: 403 })
  }
  const leader = stage.coldStart().ask('acquire', who)
  await stage.clock.advance(1_000)
  expect(mortal.isReached()).toBe(true)
  const startedMs = stage.clock.monotonic()
  const others = Array.from({ length: 10 }, () => stage.coldStart())
  const replies = await stage.clock.run(Promise.all(others.map((one) => one.ask('acquire', who))))
  const tookMs = stage.clock.monotonic() - startedMs
  return { ...stage, ...mortal, started: looker.started, leader, replies, tookMs }
}

type Bereaved = Awaited<ReturnType<typeof bereaved>>

/** The next page of the user joins a session that Looker knows, and that is the one in the table. */
const expectHealthy = async ({ coldStart, clock, looker, started }: Bereaved) => {
  const reply = await clock.run(coldStart().ask('acquire', who))
  const count = started.length
  const again = await clock.run(coldStart().ask('acquire', who))

  expect([reply.status, again.status]).toEqual([200, 200])
  expect(started).toHaveLength(count)
  expect(looker.state.embed.sessions.countLive()).toBe(1)
}

const points: readonly [Point, number][] = [
  ['before listOfUser', 1],
  ['before takeLease', 1],
  ['after takeLease', 1],
  ['before acquire', 1],
  ['after acquire', 2],
  ['before publish', 2],
  ['after publish', 1],
]

test.each(points)(
  'when it dies %s the others are served by %i session(s) within 1.1 leases',
  async (point, sessions) => {
    const world = await bereaved(point)

    expect(world.replies.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(world.started).toHaveLength(sessions)
    expect(world.tookMs).toBeLessThanOrEqual(1.1 * startLeaseMs)
    await expectHealthy(world)
    expect(world.started).toHaveLength(sessions)
  },
)

test.each(['before release', 'after release'] as const)(
  'when it dies %s, after Looker refused it, the others start one',
  async (point) => {
    const world = await bereaved(point)

    expect(world.replies.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(world.started).toHaveLength(1)
    expect(world.tookMs).toBeLessThanOrEqual(1.1 * startLeaseMs)
    await expectHealthy(world)
  },
)

test.each(points.map(([point]) => point))(
  'when it goes on %s long after the others took over, the user is served',
  async (point) => {
    const world = await bereaved(point)

    world.thaw()
    const late = await world.clock.run(world.leader)

    expect([200, 503]).toContain(late.status)
    await expectHealthy(world)
  },
)
