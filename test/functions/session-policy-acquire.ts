// Browsers that acquire a session, some at once: who may, and for how long.
import * as v from 'valibot'
import { expect } from 'vitest'
import { acquired, state } from './embed-bodies.ts'
import { begin, earliestEndOf, isOver } from './session-policy-oracle.ts'
import type { By, Step } from './session-policy-steps.ts'
import { ask, assertLives, endNow, noteEnd, seatsOfUser } from './session-policy-world.ts'
import type { Asked, PolicyWorld, Seat } from './session-policy-world.ts'

type Acquire = Extract<Step, { readonly do: 'acquire' }>
type Got = { readonly by: By; readonly stays: boolean; readonly asked: Asked }

export const acquire = async (world: PolicyWorld, { by: all, stays }: Acquire): Promise<void> => {
  const { clock, browserOf, startedAt } = world
  const known = new Set(startedAt.keys())
  const sinceMs = clock.now()
  const body = { stay_signed_in: stays }
  const replies = await clock.run(
    Promise.all(
      all.map(async (by) => ({
        by,
        stays,
        asked: await ask(world, 'acquire', browserOf(by), body),
      })),
    ),
  )
  // Of those who ask at once none is bound by another.
  const before = new Map(world.seats)
  for (const one of replies) judge(world, one, { known, before })
  if (world.kind === 'one' && startedAt.size > known.size + 1) {
    for (const id of startedAt.keys()) if (!known.has(id)) world.raced.add(id)
  }
  noteUnanswered(world, { replies, known })
  await countLiving(world, { replies, known }, sinceMs)
}

type Before = {
  readonly known: ReadonlySet<string>
  readonly before: ReadonlyMap<string, Seat>
}

const judge = (world: PolicyWorld, { by, stays, asked }: Got, { known, before }: Before): void => {
  const { browserOf, deployed, owners, startedAt, counts, unanswered } = world
  const { policy } = deployed
  const { reply, askedMs, answeredMs } = asked
  const browser = browserOf(by)
  const { user, device, agent, signedIn } = browser
  const present = before.get(`${user} ${device}`)
  const wasOver = present !== undefined && noteEnd(world, present, askedMs)
  if (reply.status !== 200) {
    if (reply.status === 403) counts.refused += 1
    return
  }
  const answer = v.parse(acquired, reply.answer)
  browser.given.push(answer)
  const id = idIn(asked, owners)
  if (id === undefined) throw new Error('a token that Looker never issued')
  const isStart = !known.has(id)
  const signedInMs = signedIn * 1000
  if (present && wasOver) {
    expect(isStart, 'joined a session that is over').toBe(true)
    const endMs = earliestEndOf(present.sitting, policy)
    expect(signedInMs, 'began without a newer sign-in').toBeGreaterThan(endMs)
  }
  const beginsAnew = !present || wasOver || (isStart && signedInMs > present.sitting.sinceMs)
  if (present && !beginsAnew) {
    present.sitting.id = id
    counts.wentOn += 1
    return assertLives(world, seatNow(world, browser, present), asked)
  }
  const isSeen = present !== undefined || unanswered.has(`${user} ${device}`)
  const others = isSeen ? [] : boundBy(world, { by, signedInMs, askedMs }, [...before.values()])
  const startedMs = startedAt.get(id) ?? answeredMs
  const sitting = begin(policy, { id, startedMs, answeredMs, stays, others })
  counts.began += 1
  if (others.length > 0) counts.bound += 1
  assertLives(world, seatNow(world, browser, { user, device, agent, signedIn, sitting }), asked)
}

/** The session that stands in this browser, with what it was asked for last. */
const seatNow = (
  { seats }: PolicyWorld,
  { user, device, agent, signedIn }: Omit<Seat, 'sitting'>,
  { sitting }: Seat,
): Seat => {
  const seat = { user, device, agent, signedIn, sitting }
  seats.set(`${user} ${device}`, seat)
  return seat
}

/** What binds a browser that was never seen: ends anywhere forbid, and sessions of the same sign-in limit. */
const boundBy = (
  { deployed: { policy } }: PolicyWorld,
  asked: { readonly by: By; readonly signedInMs: number; readonly askedMs: number },
  before: readonly Seat[],
) => {
  const mine = before.filter(({ user }) => user === asked.by.user).map(({ sitting }) => sitting)
  for (const sitting of mine) {
    if (!isOver(sitting, policy, asked.askedMs)) continue
    const endMs = earliestEndOf(sitting, policy)
    expect(asked.signedInMs, 'a new device key is above an end').toBeGreaterThan(endMs)
  }
  return mine.filter(
    (sitting) => !isOver(sitting, policy, asked.askedMs) && asked.signedInMs <= sitting.sinceMs,
  )
}

type Acquired = { readonly replies: readonly Got[]; readonly known: ReadonlySet<string> }

/** Whoever asked in vain while Looker started something for the user. */
const noteUnanswered = (
  { startedAt, owners, unanswered, browserOf }: PolicyWorld,
  { replies, known }: Acquired,
): void => {
  const answered = new Set(replies.map(({ asked }) => idIn(asked, owners)))
  const isLost = [...startedAt.keys()].some((id) => !known.has(id) && !answered.has(id))
  for (const { by, asked } of replies) {
    const { user, device } = browserOf(by)
    if (isLost && asked.reply.status !== 200) unanswered.add(`${user} ${device}`)
  }
}

const idIn = ({ reply }: Asked, owners: PolicyWorld['owners']): string | undefined => {
  const answer = v.safeParse(acquired, reply.answer)
  return answer.success ? owners.get(answer.output.authentication_token)?.id : undefined
}

/** Where a user has one browser at a time, by the rule or by Looker: of all the sessions at most one lives. */
const countLiving = async (
  world: PolicyWorld,
  { replies, known }: Acquired,
  sinceMs: number,
): Promise<void> => {
  const { deployed, owners, counts, kind } = world
  if (deployed.policy.concurrent_sessions && kind !== 'one') return
  for (const user of [0, 1] as const) {
    const isStarted = replies.some(({ by, asked }) => {
      const id = idIn(asked, owners)
      return by.user === user && id !== undefined && !known.has(id)
    })
    if (!isStarted) continue
    const living = await livingSeats(world, user, sinceMs)
    expect(living.length, 'several sessions of one user').toBeLessThanOrEqual(1)
    counts.alone += 1
  }
}

/** What a browser is told is over stays so. `sinceMs`: when it lived still. */
export const livingSeats = async (
  world: PolicyWorld,
  user: 0 | 1,
  sinceMs: number,
): Promise<Seat[]> => {
  const living: Seat[] = []
  for (const seat of seatsOfUser(world, user)) {
    const { reply, answeredMs } = await world.clock.run(ask(world, 'state', seat))
    const told = v.parse(state, reply.answer)
    // In its last second a session is told as ended, and is not yet.
    const hasEnded = Date.parse(told.ended_at ?? '') <= answeredMs
    if (hasEnded && (told.sign_in_required || told.reason === 'replaced')) {
      endNow(world, seat, sinceMs)
    }
    const isAtLooker = world.lookerSessions.findById(seat.sitting.id) !== undefined
    if (told.state === 'active' && isAtLooker) living.push(seat)
  }
  return living
}
