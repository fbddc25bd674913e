// The broker as its callers see it: takes their steps at the real functions, and checks every answer against
// what was asked, by whom, and what Looker really gave.
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
import { acquired, ended, generated, problem, success } from './embed-bodies.ts'
import type { Tokens } from './embed-bodies.ts'
import type { By, Step } from './embed-steps.ts'

/** Both users may sit at each; the last is the first one after an update. */
const browsers = [
  { userAgent: 'Mozilla/5.0 Chrome/140', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
  { userAgent: 'Mozilla/5.0 Firefox/145', device: 'b5cRhZiNgXXbM-rhyWsR_B' },
  { userAgent: 'Mozilla/5.0 Chrome/141', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
] as const
const names = ['ada', 'bob'] as const

const placeOf = (by: By) => `${by.user} ${browsers[by.browser].device}`

const readEnd = (reply: unknown): { readonly answer: unknown; readonly isDone: boolean } => {
  const http = v.safeParse(v.object({ status: v.number(), answer: v.unknown() }), reply)
  if (http.success && 'text' in Object(reply)) {
    return { answer: http.output.answer, isDone: http.output.status === 200 }
  }
  return { answer: reply, isDone: !v.is(problem, reply) }
}

const isOf = ({ user: of, browser: at }: By, session: EmbedSession): boolean =>
  session.user.externalId === names[of] && session.userAgent === browsers[at].userAgent

const kindOf = ({ by, claims }: { readonly by: By; readonly claims: SignIn }): string =>
  `${claims.role} ${by.browser}`

export const createModel = async (kind: Kind) => {
  const memory = createMemorySessionStore()
  const { store, faults } = createFaultyTable(memory)
  const stage = await createEmbedStage({ kind, sessions: store })
  const looker = watchEmbedding(stage.looker.state)
  const { embed, identity } = embeddingTenant(kind)
  if (!embed || !identity) throw new Error('the tenant does not embed')
  const visitorOf = createVisitorOf({ embed, identity })
  const { clock } = stage
  const nowInSeconds = () => Math.floor(clock.now() / 1000)

  const functions = [stage.coldStart(), stage.coldStart()]
  const signIns: readonly [SignIn[], SignIn[]] = [[], []]
  const signIn = (of: 0 | 1, change: Partial<SignIn>) => {
    const now = nowInSeconds()
    const before = signIns[of][0] ?? { sub: names[of], role: 'viewer', iat: now, auth_time: now }
    signIns[of].unshift({ ...before, iat: now, ...change })
  }
  signIn(0, {})
  signIn(1, {})
  clock.skip(1_000)

  /** Claims that were used, whatever became of it; and those with which an acquire went well. */
  const attempted: SignIn[] = []
  const seen: (SignIn & { readonly turn: number })[] = []
  let turn = 0
  /** Sessions that pages were told the end of. */
  const closed = new Set<string>()
  /** By user and browser: when an administrator ended a session there. */
  const barred = new Map<string, number>()
  /** By user and browser: the session that stands there, as far as can be told from outside. */
  const standing = new Map<string, EmbedSession>()
  const answered: Tokens[] = []
  /** Sessions that pages were given. */
  const answeredIds = new Set<string>()
  let faulty = false
  /** Something started that the spoilt reply of Looker hid. */
  let hidden = false

  const visitOf = ({ user: of, browser: at, age: back }: By) => {
    const own = signIns[of]
    const claims = own[Math.min(back, own.length - 1)]
    if (!claims) throw new Error('nobody signed in')
    return { signIn: claims, browser: browsers[at] }
  }
  const itemOf = (by: By) => {
    const visit = visitOf(by)
    const page = {
      userAgent: visit.browser.userAgent,
      embedDomain: origin,
      deviceKey: new Secret(visit.browser.device),
    }
    const visitor = visitorOf(parseGivenClaims(visit.signIn))
    return memory.read(sessionKeyOf(instance, { visitor, page }))
  }

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

  const heldBy = (by: By, session: string | undefined) =>
    kind === 'client' && session !== undefined && by.process === 0 ? { session } : undefined
  const lastSealed = (): string | undefined =>
    answered.flatMap((one) => ('session' in one && one.session ? [one.session] : [])).at(-1)

  const acquire = async (all: readonly By[]): Promise<void> => {
    const visits = all.map((by) => ({ by, ...visitOf(by) }))
    const knownBefore = [...seen]
    turn += 1
    const standingBefore = new Map(standing)
    const forgottenBefore = await forgottenAt(all)
    const startedBefore = looker.started.length
    attempted.push(...visits.map(({ signIn: claims }) => claims))
    const held = lastSealed()
    const replies = await clock.run(
      Promise.all(
        visits.map(async ({ by, signIn: claims, browser: at }) => {
          const one = functions[by.process]
          if (!one) throw new Error('no such process')
          const body = heldBy(by, held)
          return {
            by,
            claims,
            reply: await one.ask('acquire', { signIn: claims, browser: at }, body),
          }
        }),
      ),
    )
    const started = looker.started.slice(startedBefore)
    for (const { by, claims, reply } of replies) {
      check('acquire', reply)
      if (reply.status !== 200) {
        for (const place of standing.keys()) {
          if (place.startsWith(String(by.user))) standing.delete(place)
        }
        continue
      }
      const answer = v.parse(acquired, reply.answer)
      answered.push(answer)
      const owners = [answer.authentication_token, answer.navigation_token, answer.api_token].map(
        (token) => checkOwner(by, token),
      )
      expect(new Set(owners.map(({ id }) => id)).size).toBe(1)
      const [session] = owners
      if (!session) continue
      const newer = attempted.filter(({ sub, iat }) => sub === claims.sub && iat > claims.iat)
      expect([claims.role, ...newer.map(({ role }) => role)]).toContain(looker.roleOf(session))
      if (kind !== 'client') {
        const barredAtMs = barred.get(placeOf(by)) ?? 0
        const isPassed = replies.some(
          (one) => placeOf(one.by) === placeOf(by) && one.claims.auth_time * 1000 > barredAtMs,
        )
        expect(isPassed, 'an end by an administrator was passed without a sign-in').toBe(true)
        expect(closed.has(session.id)).toBe(false)
      }
      seen.push({ ...claims, turn })
      answeredIds.add(session.id)
    }
    if (kind !== 'client')
      checkStarts(replies, { started, knownBefore, standingBefore, forgottenBefore })
    for (const { by, reply } of replies) {
      if (reply.status !== 200) continue
      barred.delete(placeOf(by))
      const { authentication_token: token } = v.parse(acquired, reply.answer)
      const session = ownerOf(token)
      const place = placeOf(by)
      const stood = standing.get(place)
      // A start with another profile ends the user's other records.
      if (started.some((one) => one.session.id === session.id) && stood?.id !== session.id) {
        for (const other of standing.keys()) {
          if (other !== place && other.startsWith(String(by.user))) standing.delete(other)
        }
      }
      standing.set(place, session)
    }
  }

  type Replies = readonly { readonly by: By; readonly claims: SignIn; readonly reply: Reply }[]
  type Before = {
    readonly started: typeof looker.started
    readonly knownBefore: typeof seen
    readonly standingBefore: ReadonlyMap<string, EmbedSession>
    readonly forgottenBefore: ReadonlySet<string>
  }

  /** What Looker started is explained by who asked, and no older claims brought their profile back. */
  const checkStarts = (
    replies: Replies,
    { started, knownBefore, standingBefore, forgottenBefore }: Before,
  ): void => {
    for (const { session, role } of started) {
      const { externalId: name } = session.user
      // A join that Looker made a start of, and that was ended unanswered.
      const isLeft = stage.looker.state.embed.sessions.findById(session.id) !== undefined
      if (!answeredIds.has(session.id) && (!isLeft || faulty || hidden)) continue
      const own = knownBefore.filter(({ sub }) => sub === name)
      const newest = own.toSorted((one, other) => other.iat - one.iat)[0]
      // Of claims at the same time each may have come last.
      const last = own.filter((one) => one.turn === newest?.turn)
      const explained = replies.some(
        ({ claims }) =>
          claims.sub === name &&
          claims.role === role &&
          (newest === undefined ||
            last.some((known) => claims.iat >= known.iat || known.role === role)),
      )
      expect(explained, `a start as ${role} for ${name}`).toBe(true)
    }
    if (faulty || hidden) return
    for (const place of new Set(replies.map(({ by }) => placeOf(by)))) {
      const here = replies.filter(({ by }) => placeOf(by) === place)
      const asked = replies.filter(({ by }) => here.some((one) => one.by.user === by.user))
      const mine = started.filter(({ session }) => here.some(({ by }) => isOf(by, session)))
      // Who differs in claims or browser takes the other's place, on other devices too.
      const rivals = new Set(asked.map(kindOf)).size
      // Of a session that Looker has forgotten each join is a start; one that loses joins once more. So it
      // is where sessions are taken away while they are joined.
      const isContested =
        forgottenBefore.has(place) ||
        asked.length > here.length ||
        new Set(here.map(kindOf)).size > 1
      expect(mine.length).toBeLessThanOrEqual(isContested ? 2 * asked.length : rivals)
      const stood = standingBefore.get(place)
      if (!stood || !isAlive(stood)) continue
      const same = asked.every(
        ({ by, claims }) =>
          placeOf(by) === place && isOf(by, stood) && claims.role === looker.roleOf(stood),
      )
      if (same) expect(mine).toEqual([])
    }
  }

  /** Where the table holds a session that Looker does not know. */
  const forgottenAt = async (all: readonly By[]): Promise<ReadonlySet<string>> => {
    const places = new Set<string>()
    for (const by of all) {
      const item = await itemOf(by)
      const { sessionId = '' } = item ?? {}
      const isKnown = stage.looker.state.embed.sessions.findById(sessionId) !== undefined
      if (item?.sealed && !item.ended && !isKnown) places.add(placeOf(by))
    }
    return places
  }

  const isAlive = ({ referenceToken }: EmbedSession): boolean => {
    const found = stage.looker.state.embed.sessions.find(referenceToken)
    return found !== undefined && found.expiresAtMs > clock.now() + 31_000
  }

  const generate = async (by: By, back: number): Promise<void> => {
    const given = answered.at(-1 - back)
    if (!given || !('api_token' in given)) return
    const { api_token, navigation_token, session } = given
    const one = functions[by.process]
    const held = kind === 'client' ? { session } : {}
    const body = { api_token, navigation_token, ...held }
    const reply = await clock.run(one?.ask('generate', visitOf(by), body) ?? Promise.reject())
    check('generate', reply)
    const answer = v.parse(generated, reply.answer)
    if (!('api_token' in answer)) return
    answered.push(answer)
    if (answer.api_token === api_token && answer.navigation_token === navigation_token) return
    const sent = ownerOf(api_token)
    for (const token of [answer.api_token, answer.navigation_token]) {
      expect(checkOwner(by, token).id).toBe(sent.id)
    }
    if (kind !== 'client') expect(closed.has(sent.id)).toBe(false)
  }

  const end = async (by: By, administrator: boolean): Promise<void> => {
    const one = functions[by.process]
    const item = await itemOf(by)
    const nowAtMs = clock.now()
    const asked = administrator
      ? one?.direct('session', visitOf(by), { action: 'end', by: 'administrator' })
      : one?.ask('end', visitOf(by))
    const reply = await clock.run(asked ?? Promise.reject())
    standing.delete(placeOf(by))
    const { answer, isDone } = readEnd(reply)
    if (!isDone) {
      v.parse(problem, answer)
      return
    }
    v.parse(ended, answer)
    if (!item?.sealed || item.ended) return
    if (item.sessionId !== undefined) closed.add(item.sessionId)
    if (administrator) barred.set(placeOf(by), nowAtMs)
  }

  const heal = (): void => {
    stage.looker.clearFaults()
    stage.kms.enable()
    faults.failing.clear()
    faults.losing.clear()
    faulty = false
  }

  const take = async (one: Step): Promise<void> => {
    switch (one.do) {
      case 'acquire':
        return acquire(one.by)
      case 'generate':
        return generate(one.by, one.tokens)
      case 'state': {
        const asked = functions[one.by.process]?.ask('state', visitOf(one.by))
        return check('state', await clock.run(asked ?? Promise.reject()))
      }
      case 'end':
        return end(one.by, one.administrator)
      case 'role':
        clock.skip(1_000)
        return signIn(one.user, { role: one.role })
      case 'sign in':
        clock.skip(1_000)
        return signIn(one.user, { auth_time: nowInSeconds() })
      case 'wait':
        return clock.skip(one.ms)
      case 'cold start':
        functions[one.process] = stage.coldStart()
        return undefined
      case 'Looker fails':
        faulty = true
        if (one.fault.kind === 'malformed-json' || one.fault.kind === 'empty-body') hidden = true
        if (one.once) stage.looker.queueFaults(one.target, one.fault)
        else stage.looker.setFault(one.target, one.fault)
        return undefined
      case 'table fails':
        faulty = true
        if (one.failure === 'lost') faults.losing.add(one.operation)
        else faults.failing.set(one.operation, one.failure)
        return undefined
      case 'keys fail':
        faulty = true
        return stage.kms.disable()
      case 'Looker forgets all':
        return stage.looker.state.embed.sessions.endAll()
      case 'heal':
        return heal()
    }
  }

  /** Whatever happened: once all is well, whoever signs in anew is served. */
  const recover = async (): Promise<void> => {
    heal()
    clock.skip(61_000)
    for (const of of [0, 1] as const) signIn(of, { auth_time: nowInSeconds() })
    clock.skip(1_000)
    for (const of of [0, 1] as const) {
      const by = { user: of, browser: of, age: 0, process: of }
      const before = answered.length
      await acquire([by])
      expect(answered.length, 'no answer although all is well').toBe(before + 1)
      await generate(by, 0)
      const next = answered.at(-1)
      expect(next !== undefined && 'api_token' in next && next.api_token_ttl).toBeGreaterThan(500)
      expect(next).not.toHaveProperty('authentication_token')
    }
  }
  return { take, recover }
}
