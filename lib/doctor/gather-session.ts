// An embed session from its start to its end, of a user made for it alone and removed afterwards.
import type { AcquiredSession } from '../looker/embed-client.ts'
import type { EmbedTokens } from '../looker/embed-replies.ts'
import type { Secret } from '../secret.ts'
import { deadlineIn } from '../time.ts'
import type { Deadline } from '../time.ts'
import type { Facts, Life, Outcome, SessionFacts, ThrowAwayUser } from './facts.ts'
import { actFor, allowsAny, namedUsers } from './gather-users.ts'
import { attempt } from './parts.ts'
import type { DoctorParts } from './parts.ts'

const browser = 'Mozilla/5.0 looker-token-broker-doctor/1'
const anotherBrowser = 'Mozilla/5.0 looker-token-broker-doctor/2'
/** The shortest that a tenant file may ask for: whatever is left behind is over soon. */
const sessionSeconds = 300
/** Putting away has its own time: the examination may have used up the rest. */
const endMs = 3_000
const removalMs = 5_000

type Gathered = {
  readonly session: SessionFacts
  readonly throwAway: ThrowAwayUser
  readonly throwAwayUsers: NonNullable<Facts['users']>
}

export const gatherSession = async (
  token: Secret,
  parts: DoctorParts,
  deadline: Deadline,
): Promise<Gathered> => {
  const externalUserId = `looker-token-broker-doctor-${parts.stage}-${parts.newName()}`
  const session = await gatherLife({ token, externalUserId, parts, deadline })
  const late = deadlineIn(parts.clock, removalMs)
  const userId = await findUser({ token, externalUserId, parts, deadline: late })
  const tried = userId.ok && userId.value !== undefined && isWanted(parts) ? [userId.value] : []
  const throwAwayUsers = []
  for (const id of tried) throwAwayUsers.push(await actFor(id, token, parts, deadline))
  const removed = await removeUser(userId, { wasMade: session.acquire.ok, token, parts, late })
  return {
    session,
    throwAway: { externalUserId, userId: userId.ok ? userId.value : undefined, removed },
    throwAwayUsers,
  }
}

type Scene = {
  readonly token: Secret
  readonly externalUserId: string
  readonly parts: DoctorParts
  readonly deadline: Deadline
}

const isWanted = ({ tenant }: DoctorParts): boolean =>
  namedUsers(tenant).length === 0 && allowsAny(tenant)

const gatherLife = async (scene: Scene): Promise<SessionFacts> => {
  const first = await acquire(scene)
  if (!first.ok) return { acquire: first }
  const generated = await generate(scene, first.value, browser)
  if (!generated.ok || generated.value.kind === 'ended') {
    const end = await endSession(scene, first.value)
    return { acquire: first, generate: lifeOf(generated), end }
  }
  const otherBrowser = lifeOf(await generate(scene, generated.value, anotherBrowser))
  // Else the end of the first session would be put down to the second.
  const afterOtherBrowser = lifeOf(await generate(scene, generated.value, browser))
  const tried = { generate: lifeOf(generated), otherBrowser, afterOtherBrowser }
  const second = await acquire(scene)
  const last = second.ok ? second.value : generated.value
  const firstAfter = second.ok ? lifeOf(await generate(scene, generated.value, browser)) : undefined
  // The end of one that is over could be taken for that of the second.
  if (firstAfter?.ok && firstAfter.value === 'generated') await endSession(scene, generated.value)
  const end = await endSession(scene, last)
  const afterEnd = end.ok ? { afterEnd: lifeOf(await generate(scene, last, browser)) } : {}
  const acquired = { acquire: second, ...tried }
  return { ...acquired, ...(firstAfter ? { firstAfterSecond: firstAfter } : {}), end, ...afterEnd }
}

const acquire = ({ token, externalUserId, parts, deadline }: Scene) => {
  const { tenant, looker, clock } = parts
  const request = {
    user: {
      external_user_id: externalUserId,
      first_name: 'Throw-away user',
      last_name: 'of the doctor of the Looker token broker',
      permissions: ['access_data'],
      models: [],
    },
    embedDomain: tenant.embed?.domain ?? tenant.origins[0],
    sessionLengthSeconds: sessionSeconds,
    userAgent: browser,
  }
  return attempt<AcquiredSession>(clock, deadline, (soon) => looker.acquire(token, request, soon))
}

const generate = (
  { token, parts: { looker, clock }, deadline }: Scene,
  { reference, navigation, api }: EmbedTokens,
  userAgent: string,
) => {
  const request = {
    reference: reference.token,
    navigationToken: navigation.token,
    apiToken: api.token,
    userAgent,
  }
  return attempt(clock, deadline, (soon) => looker.generate(token, request, soon))
}

const lifeOf = (outcome: Outcome<{ readonly kind: Life }>): Outcome<Life> =>
  outcome.ok ? { ok: true, value: outcome.value.kind } : outcome

const endSession = ({ token, parts: { looker, clock } }: Scene, { reference }: EmbedTokens) =>
  attempt(clock, deadlineIn(clock, endMs), (soon) => looker.end(token, reference.token, soon))

const findUser = ({ token, externalUserId, parts: { looker, clock }, deadline }: Scene) =>
  attempt(clock, deadline, (soon) => looker.embedUserId(token, externalUserId, soon))

const removeUser = async (
  found: Outcome<string | undefined>,
  how: { wasMade: boolean; token: Secret; parts: DoctorParts; late: Deadline },
): Promise<Outcome<void>> => {
  if (!found.ok) return found
  const { value: userId } = found
  if (userId !== undefined) {
    const { looker, clock } = how.parts
    return attempt(clock, how.late, (soon) => looker.deleteUser(how.token, userId, soon))
  }
  // It was made a moment ago: Looker hides it.
  return how.wasMade
    ? { ok: false, failure: 'refused-user', status: 404 }
    : { ok: true, value: undefined }
}
