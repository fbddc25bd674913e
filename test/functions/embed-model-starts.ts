// Of the sessions that Looker started while some asked: that who asked explains them, and that they are few.
import { expect } from 'vitest'
import type { EmbedSession } from '../../local/looker/embed/sessions.ts'
import type { Reply, SignIn } from '../scenarios/embed-stage.ts'
import { isOf, placeOf } from './embed-model-world.ts'
import type { ModelWorld } from './embed-model-world.ts'
import type { By } from './embed-steps.ts'

export type Replies = readonly { readonly by: By; readonly claims: SignIn; readonly reply: Reply }[]
export type Before = {
  readonly known: ModelWorld['memories']['seen']
  readonly standing: ReadonlyMap<string, EmbedSession>
  readonly forgotten: ReadonlySet<string>
}
export type Started = ModelWorld['looker']['started']

/** By the role that the claims can bring about: older ones than those that were answered change nothing. */
const kindOf =
  ({ known }: Before) =>
  ({ by, claims }: Pick<Replies[number], 'by' | 'claims'>): string => {
    const newer = known.filter(({ sub, iat }) => sub === claims.sub && iat > claims.iat)
    const newest = newer.toSorted((one, other) => other.iat - one.iat)[0]
    return `${(newest ?? claims).role} ${by.browser}`
  }

/** What Looker started is explained by who asked, and no older claims brought their profile back. */
export const checkStarts = (
  world: ModelWorld,
  replies: Replies,
  started: Started,
  before: Before,
): void => {
  checkExplained(world, replies, started, before)
  if (world.memories.faulty || world.memories.hidden) return
  for (const place of new Set(replies.map(({ by }) => placeOf(by)))) {
    checkFew(
      world,
      replies.filter(({ by }) => placeOf(by) === place),
      { replies, started, before },
    )
  }
}

const checkExplained = (
  { memories: { answeredIds, faulty, hidden }, sessions }: ModelWorld,
  replies: Replies,
  started: Started,
  { known: knownBefore }: Before,
): void => {
  for (const { session, role } of started) {
    const { externalId: name } = session.user
    // A join that Looker made a start of, and that was ended unanswered.
    const isLeft = sessions.findById(session.id) !== undefined
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
}

const checkFew = (
  { isAlive, looker }: ModelWorld,
  here: Replies,
  { replies, started, before }: { replies: Replies; started: Started; before: Before },
): void => {
  const [first] = here
  if (!first) return
  const place = placeOf(first.by)
  const asked = replies.filter(({ by }) => here.some((one) => one.by.user === by.user))
  const mine = started.filter(({ session }) => here.some(({ by }) => isOf(by, session)))
  // Who differs in claims or browser takes the other's place, on other devices too.
  const rivals = new Set(asked.map(kindOf(before))).size
  // Of a session that Looker has forgotten each join is a start; one that loses joins once more. So it
  // is where sessions are taken away while they are joined.
  const isContested =
    before.forgotten.has(place) ||
    asked.length > here.length ||
    new Set(here.map(kindOf(before))).size > 1
  expect(mine.length).toBeLessThanOrEqual(isContested ? 2 * asked.length : rivals)
  const stood = before.standing.get(place)
  if (!stood || !isAlive(stood)) return
  const same = asked.every(
    ({ by, claims }) =>
      placeOf(by) === place && isOf(by, stood) && claims.role === looker.roleOf(stood),
  )
  if (same) expect(mine).toEqual([])
}

/** Where the table holds a session that Looker does not know. */
export const forgottenAt = async (
  { itemOf, sessions }: ModelWorld,
  all: readonly By[],
): Promise<ReadonlySet<string>> => {
  const places = new Set<string>()
  for (const by of all) {
    const item = await itemOf(by)
    const { sessionId = '' } = item ?? {}
    const isKnown = sessions.findById(sessionId) !== undefined
    if (item?.sealed && !item.ended && !isKnown) places.add(placeOf(by))
  }
  return places
}
