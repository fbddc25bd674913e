// Takes one step after the other, and holds every answer against the rules.
import * as v from 'valibot'
import { expect } from 'vitest'
import { generated, state } from './embed-bodies.ts'
import { acquire, livingSeats } from './session-policy-acquire.ts'
import { durationEndOf, endOf, extend, isOver, report } from './session-policy-oracle.ts'
import type { Step } from './session-policy-steps.ts'
import {
  ask,
  assertLives,
  assertNowhere,
  endNow,
  names,
  noteEnd,
  redeploy,
  seatOf,
  seatsOfUser,
} from './session-policy-world.ts'
import type { PolicyWorld } from './session-policy-world.ts'

type StepOf<D extends Step['do']> = Extract<Step, { readonly do: D }>

const generate = async (world: PolicyWorld, { by, back }: StepOf<'generate'>): Promise<void> => {
  const browser = world.browserOf(by)
  const tokens = browser.given.at(-1 - back)
  if (!tokens) return
  const { api_token, navigation_token } = tokens
  const asked = await world.clock.run(
    ask(world, 'generate', browser, { api_token, navigation_token }),
  )
  expect(asked.reply.status).toBe(200)
  const answer = v.parse(generated, asked.reply.answer)
  const seat = seatOf(world, browser)
  if (noteEnd(world, seat, asked.askedMs)) {
    expect(answer, 'tokens after the end').toEqual({ session_reference_token_ttl: 0 })
    world.counts.over += 1
  }
  if (!seat || !('api_token' in answer)) return
  browser.given.push(answer)
  assertLives(world, seat, asked)
}

const tryToExtend = async (
  world: PolicyWorld,
  { by, beforeMs }: StepOf<'extend'>,
): Promise<void> => {
  const browser = world.browserOf(by)
  const present = seatOf(world, browser)
  if (present && beforeMs > 0) {
    skipTo(world, durationEndOf(present.sitting, world.deployed.policy) - beforeMs)
  }
  const { reply, askedMs, answeredMs } = await world.clock.run(ask(world, 'extend', browser))
  const seat = seatOf(world, browser)
  const wasOver = noteEnd(world, seat, askedMs)
  if (reply.status !== 200) return
  expect(wasOver, 'extended after the end').toBe(false)
  if (!seat) return
  expect(extend(seat.sitting, world.deployed.policy, answeredMs)).toBeUndefined()
  assertToldEnd(world, by, reply.answer)
  world.counts.extended += 1
}

const tellActivity = async (
  world: PolicyWorld,
  { by, idleSeconds }: StepOf<'activity'>,
): Promise<void> => {
  const browser = world.browserOf(by)
  const body = { idle_seconds: idleSeconds }
  const { reply, askedMs, answeredMs } = await world.clock.run(
    ask(world, 'activity', browser, body),
  )
  const seat = seatOf(world, browser)
  const wasOver = noteEnd(world, seat, askedMs)
  if (reply.status !== 200) return
  expect(wasOver, 'active after the end').toBe(false)
  if (!seat) return
  const told = { idleMs: idleSeconds * 1000, nowAtMs: answeredMs }
  report(seat.sitting, world.deployed.policy, told)
  assertToldEnd(world, by, reply.answer)
  world.counts.active += 1
}

const assertToldEnd = (world: PolicyWorld, by: StepOf<'state'>['by'], answer: unknown): void => {
  const { ends_at, state: stands } = v.parse(state, answer)
  const seat = seatOf(world, world.browserOf(by))
  if (stands !== 'active') return
  if (!seat) throw new Error('a session that nobody began')
  expect(Date.parse(ends_at ?? '')).toBeLessThanOrEqual(endOf(seat.sitting, world.deployed.policy))
}

const askState = async (world: PolicyWorld, { by }: StepOf<'state'>): Promise<void> => {
  const browser = world.browserOf(by)
  const { reply, askedMs } = await world.clock.run(ask(world, 'state', browser))
  const seat = seatOf(world, browser)
  const { state: stands } = v.parse(state, reply.answer)
  if (!seat || isOver(seat.sitting, world.deployed.policy, askedMs)) {
    expect(stands, 'active after the end').not.toBe('active')
  }
  assertToldEnd(world, by, reply.answer)
}

const signOut = async (world: PolicyWorld, { by }: StepOf<'sign out'>): Promise<void> => {
  const browser = world.browserOf(by)
  const { reply, askedMs } = await world.clock.run(ask(world, 'end', browser))
  expect(reply.status).toBe(200)
  const seat = seatOf(world, browser)
  if (seat) endNow(world, seat, askedMs)
}

const signIn = (world: PolicyWorld, { by, everywhere }: StepOf<'sign in'>): void => {
  world.clock.skip(1_000)
  const browser = world.browserOf(by)
  const all = everywhere ? world.all.filter(({ user }) => user === by.user) : [browser]
  for (const one of all) one.signedIn = world.nowInSeconds()
  world.clock.skip(1_000)
}

const support = 'arn:aws:sts::123456789012:assumed-role/support/session'
const administrator = { iam: { accountId: '123456789012', userArn: support } }
const listed = v.object({ sessions: v.array(v.looseObject({ id: v.string() })) })

const administer = async (
  world: PolicyWorld,
  { by: { user }, all }: StepOf<'administrator'>,
): Promise<void> => {
  const { clock, deployed } = world
  const atMs = clock.now()
  const request = async (method: 'GET' | 'DELETE', fields: object) => {
    const { statusCode, body = '' } = await clock.run(
      deployed.office.administer({
        version: '2.0',
        requestContext: { http: { method }, authorizer: administrator },
        ...fields,
      }),
    )
    assertNowhere(body)
    expect(statusCode).toBe(200)
    const answer: unknown = JSON.parse(body)
    return answer
  }
  const ofUser = { rawQueryString: `user=${names[user]}` }
  const { sessions } = v.parse(listed, await request('GET', ofUser))
  assertNowhere(sessions)
  if (all) {
    await request('DELETE', ofUser)
    for (const seat of seatsOfUser(world, user)) endNow(world, seat, atMs)
    return
  }
  for (const { id } of sessions) await request('DELETE', { pathParameters: { id } })
  expect(await livingSeats(world, user, atMs), 'lives after its end').toEqual([])
}

/** What is over, and what the schedule has to know of. */
const sweep = async (world: PolicyWorld): Promise<void> => {
  const { clock, deployed, seats, lookerIsAway, lookerSessions, startedAt, counts } = world
  const { policy } = deployed
  const atMs = clock.now()
  const run = await clock.run(deployed.office.sweep())
  counts.swept += run?.ended ?? 0
  const mayLive = new Set<string>()
  for (const { sitting } of seats.values()) {
    if (sitting.endedMs === undefined && sitting.dueMs > atMs) mayLive.add(sitting.id)
    else if (!isOver(sitting, policy, atMs)) {
      mayLive.add(sitting.id)
      sitting.dueMs = endOf(sitting, policy)
    } else noteEnd(world, { ...anySeat, sitting }, atMs)
  }
  if (lookerIsAway) return
  const alive = [...startedAt.keys()].filter((id) => lookerSessions.findById(id) !== undefined)
  expect(
    alive.filter((id) => !mayLive.has(id) && !world.raced.has(id)),
    'lives at Looker after its end',
  ).toEqual([])
}

const anySeat = { user: 0, device: '', agent: 0, signedIn: 0 } as const

const toTheEnd = (world: PolicyWorld, { by, ms }: StepOf<'to the end'>): void => {
  const seat = seatOf(world, world.browserOf(by))
  if (seat) skipTo(world, endOf(seat.sitting, world.deployed.policy) + ms)
}

const skipTo = ({ clock }: PolicyWorld, atMs: number): void => {
  clock.skip(Math.max(0, atMs - clock.now()))
}

const sendAway = (world: PolicyWorld, away: boolean): void => {
  const { looker } = world.stage
  world.lookerIsAway = away
  if (away) looker.setFault('every', { kind: 'status', status: 503 })
  else looker.clearFaults()
}

export const take = async (world: PolicyWorld, one: Step): Promise<void> => {
  const { clock, lookerSessions, browserOf } = world
  switch (one.do) {
    case 'acquire':
      return acquire(world, one)
    case 'generate':
      return generate(world, one)
    case 'extend':
      return tryToExtend(world, one)
    case 'activity':
      return tellActivity(world, one)
    case 'state':
      return askState(world, one)
    case 'sign in':
      return signIn(world, one)
    case 'sign out':
      return signOut(world, one)
    case 'administrator':
      return administer(world, one)
    case 'sweep':
      return sweep(world)
    case 'wait':
      return clock.skip(one.ms)
    case 'to the end':
      return toTheEnd(world, one)
    case 'back':
      return clock.jump(-one.ms)
    case 'redeploy':
      return redeploy(world, one.policy)
    case 'Looker forgets':
      return lookerSessions.endAll()
    case 'Looker is away':
      return sendAway(world, one.away)
    case 'other agent': {
      const browser = browserOf(one.by)
      browser.agent = browser.agent === 0 ? 1 : 0
      return
    }
    case 'new device': {
      browserOf(one.by).device = world.newDevice()
      return
    }
    case 'role': {
      world.roles[one.by.user] = one.role
    }
  }
}

/** Whatever happened: who signs in anew is served, and in the end nothing is left at Looker or told of a place. */
export const recover = async (world: PolicyWorld): Promise<void> => {
  const { clock, stage, lookerSessions } = world
  sendAway(world, false)
  for (const user of [0, 1] as const) {
    const browser = world.browserOf({ user, browser: 0 })
    const before = browser.given.length
    // The second time if an end is of the very second of the sign-in.
    for (let attempt = 0; attempt < 2 && browser.given.length === before; attempt++) {
      clock.skip(61_000)
      const by = { user, browser: 0 } as const
      signIn(world, { do: 'sign in', by, everywhere: false })
      await acquire(world, { do: 'acquire', by: [by], stays: false })
    }
    expect(browser.given.length, 'no session although all is well').toBe(before + 1)
  }
  clock.skip(2 * 9_600_000)
  await sweep(world)
  clock.skip(60_000)
  await sweep(world)
  expect(lookerSessions.countLive()).toBe(0)
  const { items } = await stage.sessions.listPage({ limit: 100 })
  assertNowhere([items, stage.events])
}
