// What the functions of the Sessions page have in common: whether the caller is an administrator, and what may
// be asked for in the query.
import * as v from 'valibot'
import type { AdminBroker } from '../embed-broker.ts'
import type { AdminSettings } from '../config/admin.ts'
import type { Administration } from '../embed/administration.ts'
import { BrokerError } from '../errors.ts'
import { parseClaims } from '../identity/claims.ts'
import { parseIamCaller } from '../identity/iam-caller.ts'
import { parseFields } from './body.ts'
import type { HttpRequest } from './event.ts'

export type AdminSource = () => AdminBroker

/** Errors: `not-found` where the tenant has no administrators, `unauthenticated`, `forbidden`, `origin-not-allowed`. */
export const askedByAdministrator = (
  { headers, unverifiedAuthorizer }: HttpRequest,
  broker: AdminBroker,
): Administration => {
  const { admin, administration } = deskOf(broker)
  assertAdministrator(admin, unverifiedAuthorizer)
  const { origin } = headers
  // The pages of the tenant may call the same API; its administrators' page is another.
  if (origin !== undefined && !admin.origins.includes(origin)) {
    throw new BrokerError('origin-not-allowed', 'This page is not one of the administrators.')
  }
  return administration
}

/** Errors: `not-found`, `forbidden` where the tenant file does not allow it. */
export const askedByBackend = (broker: AdminBroker): Administration => {
  const { admin, administration } = deskOf(broker)
  if (admin.direct) return administration
  throw new BrokerError('forbidden', 'The tenant file gives direct callers no list of sessions.')
}

const deskOf = ({ tenant, administration }: AdminBroker) => {
  const { admin } = tenant
  if (admin && administration) return { admin, administration }
  throw new BrokerError('not-found', 'This stage has no administration of sessions.')
}

/** The gateway has verified signature and scope; with IAM any role of any account may have got this far. */
const assertAdministrator = ({ iam, jwt }: AdminSettings, unverifiedAuthorizer: unknown): void => {
  if (jwt) {
    parseClaims(unverifiedAuthorizer)
    return
  }
  const { account, role } = parseIamCaller(unverifiedAuthorizer)
  if (iam.some((allowed) => allowed.account === account && allowed.role === role)) return
  const about = { caller: `${account}/${role}` }
  throw new BrokerError('forbidden', 'This role may not see and end sessions.', { about })
}

const user = v.pipe(
  v.string('write a text'),
  v.minLength(1, 'write a user id'),
  v.maxLength(200, 'write at most 200 characters'),
)
const limitRule = 'write a whole number from 1 to 100'
const limit = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number))], limitRule),
  v.integer(limitRule),
  v.minValue(1, limitRule),
  v.maxValue(100, limitRule),
)

const list = v.objectWithRest(
  {
    user: v.optional(user),
    cursor: v.optional(v.pipe(v.string('write the text of `next`'), v.minLength(1))),
    limit: v.optional(limit, 25),
  },
  v.never(),
)
const whom = v.objectWithRest({ user }, v.never())

/** Of a query or a payload. Errors: `invalid-request`. */
export const listFields = (unverified: unknown) => {
  const asked = parseFields(list, unverified)
  if (asked.user === undefined || asked.cursor === undefined) return asked
  const detail = 'The sessions of a user are one page: leave the cursor out.'
  throw new BrokerError('invalid-request', detail, { fields: [{ pointer: '/cursor', detail }] })
}
export const userField = (unverified: unknown): string => parseFields(whom, unverified).user

/** A parameter that comes twice is neither. Errors: `invalid-request`. */
export const fieldsOfQuery = ({ query }: HttpRequest): Readonly<Record<string, string>> => {
  const pairs = [...new URLSearchParams(query)]
  const names = pairs.map(([name]) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    const detail = 'A parameter of the query comes twice.'
    throw new BrokerError('invalid-request', detail, { fields: [{ pointer: '', detail }] })
  }
  return Object.fromEntries(pairs)
}
