// Pages that acquire a session, several at once.
import * as v from 'valibot'
import { expect } from 'vitest'
import type { EmbedSession } from '../../local/looker/embed/sessions.ts'
import { acquired } from './embed-bodies.ts'
import { checkStarts, forgottenAt } from './embed-model-starts.ts'
import type { Replies, Started } from './embed-model-starts.ts'
import { placeOf } from './embed-model-world.ts'
import type { ModelWorld } from './embed-model-world.ts'
import type { By } from './embed-steps.ts'

export const acquireIn = async (world: ModelWorld, all: readonly By[]): Promise<void> => {
  const { memories, looker, kind, visitOf } = world
  memories.turn += 1
  const before = {
    known: [...memories.seen],
    standing: new Map(memories.standing),
    forgotten: await forgottenAt(world, all),
  }
  const startedBefore = looker.started.length
  memories.attempted.push(...all.map((by) => visitOf(by).signIn))
  const replies = await repliesTo(world, all)
  const started = looker.started.slice(startedBefore)
  for (const one of replies) checkReply(world, one, replies)
  if (kind !== 'client') checkStarts(world, replies, started, before)
  for (const one of replies) remember(world, one, started)
  forgetContested(world, replies)
}

const repliesTo = (
  { visitOf, processOf, clock, kind, memories }: ModelWorld,
  all: readonly By[],
): Promise<Replies> => {
  const session = memories.given
    .flatMap(({ tokens: one }) => ('session' in one && one.session ? [one.session] : []))
    .at(-1)
  const asked = all.map(async (by) => {
    const visit = visitOf(by)
    const isHeld = kind === 'client' && session !== undefined && by.process === 0
    const reply = await processOf(by).ask('acquire', visit, isHeld ? { session } : undefined)
    return { by, claims: visit.signIn, reply }
  })
  return clock.run(Promise.all(asked))
}

const checkReply = (world: ModelWorld, one: Replies[number], replies: Replies): void => {
  const { memories, looker, kind, check, checkOwner } = world
  const { by, claims, reply } = one
  check('acquire', reply)
  if (reply.status !== 200) return forgetStanding(memories.standing, by)
  const answer = v.parse(acquired, reply.answer)
  memories.given.push({ by, tokens: answer })
  const owners = [answer.authentication_token, answer.navigation_token, answer.api_token].map(
    (token) => checkOwner(by, token),
  )
  expect(new Set(owners.map(({ id }) => id)).size).toBe(1)
  const [session] = owners
  if (!session) return
  const newer = memories.attempted.filter(({ sub, iat }) => sub === claims.sub && iat > claims.iat)
  expect([claims.role, ...newer.map(({ role }) => role)]).toContain(looker.roleOf(session))
  if (kind !== 'client') checkNotEnded(world, { by, session }, replies)
  memories.seen.push({ ...claims, turn: memories.turn })
  memories.answeredIds.add(session.id)
}

const checkNotEnded = (
  { memories: { barred, closed } }: ModelWorld,
  { by, session }: { readonly by: By; readonly session: EmbedSession },
  replies: Replies,
): void => {
  const barredAtMs = barred.get(placeOf(by)) ?? 0
  const isPassed = replies.some(
    (one) => placeOf(one.by) === placeOf(by) && one.claims.auth_time * 1000 > barredAtMs,
  )
  expect(isPassed, 'an end by an administrator was passed without a sign-in').toBe(true)
  expect(closed.has(session.id)).toBe(false)
}

const forgetStanding = (standing: Map<string, EmbedSession>, { user }: By, but?: string): void => {
  for (const place of standing.keys()) {
    if (place !== but && place.startsWith(String(user))) standing.delete(place)
  }
}

/** Of browsers that share a place and were given different sessions, the order of answers does not tell which stands. */
const forgetContested = (
  { memories: { standing }, ownerOf }: ModelWorld,
  replies: Replies,
): void => {
  const given = new Map<string, string>()
  for (const { by, reply } of replies) {
    if (reply.status !== 200) continue
    const { authentication_token: token } = v.parse(acquired, reply.answer)
    const { id } = ownerOf(token)
    const place = placeOf(by)
    if ((given.get(place) ?? id) !== id) standing.delete(place)
    given.set(place, id)
  }
}

const remember = (
  { memories: { barred, standing }, ownerOf }: ModelWorld,
  { by, reply }: Replies[number],
  started: Started,
): void => {
  if (reply.status !== 200) return
  const place = placeOf(by)
  barred.delete(place)
  const { authentication_token: token } = v.parse(acquired, reply.answer)
  const session = ownerOf(token)
  const isNew = started.some((one) => one.session.id === session.id)
  // A start with another profile ends the user's other records.
  if (isNew && standing.get(place)?.id !== session.id) forgetStanding(standing, by, place)
  standing.set(place, session)
}
