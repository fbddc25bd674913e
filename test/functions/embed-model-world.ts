// The broker with the simulated Looker, and what a model of it remembers of what pages were told.
import * as v from 'valibot'
import { expect } from 'vitest'
import { sessionKeyOf } from '../../lib/embed/session-key.ts'
import { parseGivenClaims } from '../../lib/identity/claims.ts'
import { createVisitorOf } from '../../lib/identity/embed-user.ts'
import { Secret } from '../../lib/secret.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import type { EmbedSession } from '../../local/looker/embed/sessions.ts'
import {
  createEmbedStage,
  embeddingTenant,
  origin,
  watchEmbedding,
} from '../scenarios/embed-stage.ts'
import type { Act, Kind, Reply, SignIn } from '../scenarios/embed-stage.ts'
import { createFaultyTable } from '../scenarios/embed-table.ts'
import { instance } from '../scenarios/fleet.ts'
import { problem, success } from './embed-bodies.ts'
import type { Tokens } from './embed-bodies.ts'
import type { By } from './embed-steps.ts'

/** Both users may sit at each; the last is the first one after an update. */
const browsers = [
  { userAgent: 'Mozilla/5.0 Chrome/140', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
  { userAgent: 'Mozilla/5.0 Firefox/145', device: 'b5cRhZiNgXXbM-rhyWsR_B' },
  { userAgent: 'Mozilla/5.0 Chrome/141', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
] as const
const names = ['ada', 'bob'] as const

export const placeOf = (by: By) => `${by.user} ${browsers[by.browser].device}`

export const isOf = ({ user: of, browser: at }: By, session: EmbedSession): boolean =>
  session.user.externalId === names[of] && session.userAgent === browsers[at].userAgent

/** Tokens that a page was given, and who asked. */
type Given = { readonly by: By; readonly tokens: Tokens }

type Memories = {
  /** Claims that were used, whatever became of it; and those with which an acquire went well. */
  readonly attempted: SignIn[]
  readonly seen: (SignIn & { readonly turn: number })[]
  turn: number
  /** Sessions that pages were told the end of. */
  readonly closed: Set<string>
  /** By user and browser: when an administrator ended a session there. */
  readonly barred: Map<string, number>
  /** By user and browser: the session that stands there, as far as can be told from outside. */
  readonly standing: Map<string, EmbedSession>
  readonly given: Given[]
  /** Sessions that pages were given. */
  readonly answeredIds: Set<string>
  faulty: boolean
  /** Something started that the spoilt reply of Looker hid. */
  hidden: boolean
  /** Looker may have refused the credentials so often that it is asked once in 15 minutes. */
  refused: boolean
}

const createMemories = (): Memories => ({
  attempted: [],
  seen: [],
  turn: 0,
  closed: new Set(),
  barred: new Map(),
  standing: new Map(),
  given: [],
  answeredIds: new Set(),
  faulty: false,
  hidden: false,
  refused: false,
})

const createSignIns = (nowInSeconds: () => number) => {
  const signIns: readonly [SignIn[], SignIn[]] = [[], []]
  const signIn = (of: 0 | 1, change: Partial<SignIn>): void => {
    const now = nowInSeconds()
    const before = signIns[of][0] ?? { sub: names[of], role: 'viewer', iat: now, auth_time: now }
    signIns[of].unshift({ ...before, iat: now, ...change })
  }
  const visitOf = ({ user: of, browser: at, age: back }: By) => {
    const own = signIns[of]
    const claims = own[Math.min(back, own.length - 1)]
    if (!claims) throw new Error('nobody signed in')
    return { signIn: claims, browser: browsers[at] }
  }
  signIn(0, {})
  signIn(1, {})
  return { signIn, visitOf }
}

const createItemOf = (kind: Kind, memory: ReturnType<typeof createMemorySessionStore>) => {
  const { embed, identity } = embeddingTenant(kind)
  if (!embed || !identity) throw new Error('the tenant does not embed')
  const visitorOf = createVisitorOf({ embed, identity })
  return ({ signIn, browser }: { signIn: SignIn; browser: (typeof browsers)[number] }) => {
    const page = {
      userAgent: browser.userAgent,
      embedDomain: origin,
      deviceKey: new Secret(browser.device),
    }
    const visitor = visitorOf(parseGivenClaims(signIn))
    return memory.read(sessionKeyOf(instance, { visitor, page }))
  }
}

export const createModelWorld = async (kind: Kind) => {
  const memory = createMemorySessionStore()
  const { store, faults } = createFaultyTable(memory)
  const stage = await createEmbedStage({ kind, sessions: store })
  const looker = watchEmbedding(stage.looker.state)
  const { clock } = stage
  const nowInSeconds = () => Math.floor(clock.now() / 1000)
  const { signIn, visitOf } = createSignIns(nowInSeconds)
  clock.skip(1_000)
  const itemOfVisit = createItemOf(kind, memory)
  const functions = [stage.coldStart(), stage.coldStart()]
  const processOf = ({ process }: By) => {
    const one = functions[process]
    if (!one) throw new Error('no such process')
    return one
  }
  const coldStart = (process: number): void => {
    functions[process] = stage.coldStart()
  }
  const itemOf = (by: By) => itemOfVisit(visitOf(by))
  const { sessions } = stage.looker.state.embed
  const isAlive = ({ referenceToken }: EmbedSession): boolean => {
    const found = sessions.find(referenceToken)
    return found !== undefined && found.expiresAtMs > clock.now() + 31_000
  }
  const memories = createMemories()
  const checks = createChecks(looker)
  const keys = { kind, stage, looker, clock, faults, memories, sessions }
  return {
    ...keys,
    ...checks,
    signIn,
    visitOf,
    itemOf,
    processOf,
    coldStart,
    isAlive,
    nowInSeconds,
  }
}

export type ModelWorld = Awaited<ReturnType<typeof createModelWorld>>

const createChecks = (looker: ReturnType<typeof watchEmbedding>) => {
  /** Of any answer at all. */
  const check = (act: Act, { status, headers, text: body, answer }: Reply): void => {
    for (const { session } of looker.started) {
      expect(body + JSON.stringify(headers)).not.toContain(session.referenceToken)
    }
    expect(headers['cache-control']).toBe('no-store')
    if (status === 200) {
      v.parse(success[act], answer)
      return
    }
    expect(act).not.toBe('generate')
    expect(v.parse(problem, answer).status).toBe(status)
    expect(headers['content-type']).toBe('application/problem+json')
  }

  const ownerOf = (token: string): EmbedSession => {
    const owner = looker.owners.get(token)
    if (!owner) throw new Error('a token that Looker never issued')
    return owner
  }

  const checkOwner = (by: By, token: string): EmbedSession => {
    const owner = ownerOf(token)
    expect(isOf(by, owner), 'a token of another user or browser').toBe(true)
    return owner
  }

  return { check, ownerOf, checkOwner }
}
