// Whether the service account may act for users: for some that the tenant file names, or for the
// throw-away user where it names none and allows any.
import type { Tenant } from '../config.ts'
import type { Secret } from '../secret.ts'
import type { Deadline } from '../time.ts'
import type { Facts } from './facts.ts'
import { attempt } from './parts.ts'
import type { DoctorParts } from './parts.ts'

type Tried = NonNullable<Facts['users']>[number]

/** Each is a login. */
const mostUsers = 5

const rightsOf = ({ api_tokens }: Tenant) => [...api_tokens.callers, api_tokens.direct]

/** The first few. */
export const namedUsers = (tenant: Tenant): readonly string[] => {
  const named = rightsOf(tenant).flatMap(({ users }) => (users === 'any' ? [] : users))
  return [...new Set(named)].slice(0, mostUsers)
}

export const allowsAny = (tenant: Tenant): boolean =>
  rightsOf(tenant).some(({ users }) => users === 'any')

/** Logs in as the user, and out again. */
export const actFor = async (
  userId: string,
  token: Secret,
  { looker, clock }: DoctorParts,
  deadline: Deadline,
): Promise<Tried> => {
  const login = await attempt(clock, deadline, (soon) => looker.loginUser(token, userId, soon))
  if (!login.ok) return { userId, outcome: login }
  await attempt(clock, deadline, (soon) => looker.logout(login.value.token, soon))
  return { userId, outcome: { ok: true, value: undefined } }
}
