// Finds out what the doctor has to know of key, secret and Looker, each as far as the one before it allows.
// Logs in by itself and stores nothing: what everybody shares is neither used up nor looked at.
import type { Secret } from '../secret.ts'
import { deadlineIn } from '../time.ts'
import type { Deadline } from '../time.ts'
import { aheadMsOf } from './clock-difference.ts'
import type { Facts, Outcome } from './facts.ts'
import { gatherSession } from './gather-session.ts'
import { gatherStage } from './gather-stage.ts'
import { actFor, namedUsers } from './gather-users.ts'
import { attempt } from './parts.ts'
import type { DoctorParts } from './parts.ts'

/** Kept back from the whole for putting things away. */
const tidyMs = 15_000
const logoutMs = 2_000

export const gather = async (parts: DoctorParts, whole: Deadline): Promise<Facts> => {
  const { tenant, looker, clock } = parts
  const deadline = deadlineIn(clock, whole.remainingMs() - tidyMs)
  const { clientSecret, ...stage } = await gatherStage(parts)
  const before = { tenant, ...stage, ...(await gatherVersions(parts, undefined, deadline)) }
  if (clientSecret === undefined || !hasAnswered(before.versions)) return before
  const login = await attempt(clock, deadline, async (soon) => {
    const { client_id: clientId } = tenant.looker
    return (await looker.login({ clientId, clientSecret }, soon)).token
  })
  if (!login.ok) return { ...before, login }
  const token = login.value
  try {
    // Some Lookers tell their version only to who is logged in.
    const versions = before.versions.ok ? {} : await gatherVersions(parts, token, deadline)
    return { ...before, ...versions, login, ...(await gatherWith(token, parts, deadline)) }
  } finally {
    await attempt(clock, deadlineIn(clock, logoutMs), (soon) => looker.logout(token, soon))
  }
}

/** Looker's API answered, if only to refuse. */
const hasAnswered = (outcome: Outcome<unknown>): boolean =>
  outcome.ok || outcome.failure === 'refused-token' || outcome.failure === 'refused-user'

const gatherVersions = async (
  { looker, clock }: DoctorParts,
  token: Secret | undefined,
  deadline: Deadline,
): Promise<Pick<Facts, 'versions' | 'lookerAheadMs'>> => {
  const sentAtMs = clock.now()
  const versions = await attempt(clock, deadline, (soon) => looker.versions(token, soon))
  if (!versions.ok) return { versions }
  const call = { sentAtMs, receivedAtMs: clock.now() }
  return { versions, lookerAheadMs: aheadMsOf(versions.value.date, call) }
}

const gatherWith = async (
  token: Secret,
  parts: DoctorParts,
  deadline: Deadline,
): Promise<Pick<Facts, 'user' | 'setup' | 'users' | 'session' | 'throwAway'>> => {
  const { tenant, looker, clock } = parts
  const user = await attempt(clock, deadline, (soon) => looker.user(token, soon))
  const users = []
  for (const userId of namedUsers(tenant)) users.push(await actFor(userId, token, parts, deadline))
  if (!tenant.embed) return { user, users }
  const setup = await attempt(clock, deadline, (soon) => looker.embedSetup(token, soon))
  if (setup.ok && isOff(setup.value)) return { user, users, setup }
  const { throwAwayUsers, ...session } = await gatherSession(token, parts, deadline)
  return { user, setup, users: [...users, ...throwAwayUsers], ...session }
}

const isOff = (setup: Record<'embedding' | 'signedEmbedding' | 'cookieless', unknown>): boolean =>
  [setup.embedding, setup.signedEmbedding, setup.cookieless].includes(false)
