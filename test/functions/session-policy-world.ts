// Two users with three browsers each at the real functions of a tenant with a session policy, the simulated Looker,
// and a memory of what the rules say of each session.
import { inspect } from 'node:util'
import * as v from 'valibot'
import { expect } from 'vitest'
import type { EmbedSession } from '../../local/looker/embed/sessions.ts'
import { createEmbedStage, watchEmbedding } from '../scenarios/embed-stage.ts'
import type { Act, Kind, Reply, Role, SignIn } from '../scenarios/embed-stage.ts'
import { problem, success } from './embed-bodies.ts'
import { endOf, isOver } from './session-policy-oracle.ts'
import type { Sitting } from './session-policy-oracle.ts'
import type { By, WrittenPolicy } from './session-policy-steps.ts'

const address = '203.0.113.77'
const city = 'Canaryville'
const agents = ['Mozilla/5.0 Chrome/140', 'Mozilla/5.0 Chrome/141'] as const
export const names = ['ada', 'bob'] as const

type Tokens = { readonly api_token: string; readonly navigation_token: string }

type Browser = {
  readonly user: 0 | 1
  device: string
  agent: 0 | 1
  /** Epoch seconds. */
  signedIn: number
  readonly given: Tokens[]
}

/** What a browser had when its session began; a device key that it gave up is a browser of its own. */
export type Seat = {
  readonly user: 0 | 1
  readonly device: string
  readonly signedIn: number
  readonly agent: 0 | 1
  readonly sitting: Sitting
}

const createBrowsers = (nowInSeconds: () => number) => {
  let devices = 0
  const newDevice = () => `device-${(devices += 1)}`.padEnd(22, 'x')
  const all = ([0, 1] as const).map((user) =>
    [0, 1, 2].map((): Browser => {
      return { user, device: newDevice(), agent: 0, signedIn: nowInSeconds(), given: [] }
    }),
  )
  const browserOf = ({ user, browser }: By): Browser => {
    const found = all[user]?.[browser]
    if (!found) throw new Error('no such browser')
    return found
  }
  return { all: all.flat(), browserOf, newDevice }
}

/** When Looker started each. */
const watchStarts = (
  sessions: { start: (...given: never[]) => EmbedSession },
  now: () => number,
) => {
  const startedAt = new Map<string, number>()
  const { start } = sessions
  Object.assign(sessions, {
    start: (...given: Parameters<typeof start>) => {
      const session = start(...given)
      startedAt.set(session.id, now())
      return session
    },
  })
  return startedAt
}

const settingsOf = (stage: Awaited<ReturnType<typeof createEmbedStage>>, policy: WrittenPolicy) => {
  const settings = stage.tenantUnder(policy).embed?.session_policy
  if (!settings) throw new Error('a tenant without a policy')
  return settings
}

export type Counts = Record<
  'began' | 'wentOn' | 'refused' | 'extended' | 'active' | 'over' | 'bound' | 'swept' | 'alone',
  number
>

export const createPolicyWorld = async (kind: Kind, first: WrittenPolicy, counts: Counts) => {
  const stage = await createEmbedStage({ kind, policy: first })
  const { clock } = stage
  const { embed } = stage.looker.state
  const startedAt = watchStarts(embed.sessions, clock.now)
  const { owners } = watchEmbedding(stage.looker.state)
  const nowInSeconds = () => Math.floor(clock.now() / 1000)
  const browsers = createBrowsers(nowInSeconds)
  const roles: [Role, Role] = ['viewer', 'viewer']
  const deployed = {
    policy: settingsOf(stage, first),
    pages: stage.coldStart(first),
    office: stage.coldOffice(first),
  }
  const world = {
    kind,
    stage,
    clock,
    ...browsers,
    deployed,
    roles,
    counts,
    owners,
    startedAt,
    lookerSessions: embed.sessions,
    seats: new Map<string, Seat>(),
    /** Places of which a start was ended unanswered: they may have been seen. */
    unanswered: new Set<string>(),
    /** Started at once where Looker keeps one a user: which is left there, only Looker knows. */
    raced: new Set<string>(),
    lookerIsAway: false,
    nowInSeconds,
  }
  clock.skip(1_500)
  return world
}

export type PolicyWorld = Awaited<ReturnType<typeof createPolicyWorld>>

export const redeploy = ({ stage, deployed }: PolicyWorld, policy: WrittenPolicy): void => {
  deployed.policy = settingsOf(stage, policy)
  deployed.pages = stage.coldStart(policy)
  deployed.office = stage.coldOffice(policy)
}

type Who = Pick<Browser, 'user' | 'device' | 'agent' | 'signedIn'>

/** Claims are fresh at every request; the sign-in stays what it was. */
const visitOf = ({ roles, nowInSeconds }: PolicyWorld, { user, device, agent, signedIn }: Who) => {
  const signIn: SignIn = {
    sub: names[user],
    role: roles[user],
    iat: nowInSeconds(),
    auth_time: signedIn,
  }
  return { signIn, browser: { userAgent: agents[agent], device, address, city } }
}

export type Asked = {
  readonly reply: Reply
  readonly askedMs: number
  readonly answeredMs: number
}

/** One request of a page; of its answer what holds of any. */
export const ask = async (
  world: PolicyWorld,
  act: Act,
  who: Who,
  body?: object,
): Promise<Asked> => {
  const { clock, deployed } = world
  const askedMs = clock.now()
  const reply = await deployed.pages.ask(act, visitOf(world, who), body)
  const answeredMs = clock.now()
  assertNowhere(reply)
  if (reply.status === 200) v.parse(success[act], reply.answer)
  else expect(v.parse(problem, reply.answer).status).toBe(reply.status)
  return { reply, askedMs, answeredMs }
}

export const assertNowhere = (something: unknown): void => {
  const everything = inspect(something, { depth: 20, maxStringLength: Infinity })
  expect(everything).not.toContain(address)
  expect(everything).not.toContain(city)
}

export const seatOf = ({ seats }: PolicyWorld, { user, device }: Pick<Who, 'user' | 'device'>) =>
  seats.get(`${user} ${device}`)

export const seatsOfUser = ({ seats }: PolicyWorld, user: 0 | 1): Seat[] =>
  [...seats.values()].filter((seat) => seat.user === user)

/** Whoever finds a session over has to write it: then it is over for good. */
export const noteEnd = (
  { deployed: { policy } }: PolicyWorld,
  seat: Seat | undefined,
  atMs: number,
): boolean => {
  if (!seat) return true
  const { sitting } = seat
  if (!isOver(sitting, policy, atMs)) return false
  sitting.endedMs ??= endOf(sitting, policy) - sitting.slackMs
  return true
}

export const endNow = (world: PolicyWorld, seat: Seat, atMs: number): void => {
  noteEnd(world, seat, atMs)
  seat.sitting.endedMs ??= atMs
}

/** No life that is told reaches past the end; whole seconds, and never none. */
export const assertLives = (
  { deployed: { policy } }: PolicyWorld,
  { sitting }: Seat,
  { reply, answeredMs }: Asked,
): void => {
  const endMs = endOf(sitting, policy)
  for (const [name, seconds] of Object.entries(Object(reply.answer))) {
    if (!name.endsWith('_ttl') || Number(seconds) <= 1) continue
    const lateMs = answeredMs + Number(seconds) * 1000 - endMs
    expect(lateMs, `${name} reaches past the end`).toBeLessThanOrEqual(0)
  }
}
