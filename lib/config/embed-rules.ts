// What the sections `identity` and `embed` demand of each other. Looks at the raw file: the schema's own
// checks are skipped while something below them is wrong, and all mistakes are to be named at once.
import { fieldOf } from './schema.ts'

type Problem = { readonly path: string; readonly message: string }
type Rule = Problem & { readonly broken: boolean }

/** Mistakes that no single key shows. No message repeats a value. */
export const embedProblems = (unverified: unknown): Problem[] =>
  [...pairRules(unverified), ...identityRules(unverified), ...embedRules(unverified)]
    .filter(({ broken }) => broken)
    .map(({ path, message }) => ({ path, message }))

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

const pairRules = (file: unknown): Rule[] => {
  const [identity, embed] = ['identity', 'embed'].map((key) => isGiven(fieldOf(file, key)))
  return [
    {
      broken: embed === true && identity !== true,
      path: 'identity',
      message: 'is needed by embed; write jwt or lambda',
    },
    {
      broken: identity === true && embed !== true,
      path: 'embed',
      message: 'is missing; identity is of use for embed alone',
    },
  ]
}

const identityRules = (file: unknown): Rule[] => {
  const identity = fieldOf(file, 'identity')
  const lambda = fieldOf(identity, 'lambda')
  const sources = fieldOf(lambda, 'identity_sources')
  const cached = fieldOf(lambda, 'cache_seconds')
  return [
    {
      broken: isGiven(identity) && isGiven(lambda) === isGiven(fieldOf(identity, 'jwt')),
      path: 'identity',
      message: 'write exactly one of jwt and lambda',
    },
    {
      broken:
        typeof cached === 'number' && cached > 0 && !(Array.isArray(sources) && sources.length > 0),
      path: 'identity.lambda.identity_sources',
      message: 'name at least one header: cache_seconds needs something to tell users apart by',
    },
    {
      broken:
        typeof cached === 'number' &&
        cached > 0 &&
        namesHeader(sources, 'cookie') &&
        !namesHeader(sources, 'sec-fetch-site'),
      path: 'identity.lambda.identity_sources',
      message:
        'name $request.header.Sec-Fetch-Site beside the cookie, or do not cache: else the answer for the page serves another site too',
    },
  ]
}

/** Headers have no case. */
const namesHeader = (sources: unknown, header: string): boolean =>
  Array.isArray(sources) &&
  sources.some((source) => String(source).toLowerCase() === `$request.header.${header}`)

const embedRules = (file: unknown): Rule[] => {
  const embed = fieldOf(file, 'embed')
  const kept = fieldOf(embed, 'store') === 'client'
  const origins = fieldOf(file, 'origins')
  const named = isGiven(fieldOf(embed, 'domain')) || (Array.isArray(origins) && origins.length > 0)
  const roles = fieldOf(embed, 'roles')
  const fallback = fieldOf(roles, 'default')
  const values = fieldOf(roles, 'values')
  const user = fieldOf(embed, 'user')
  return [
    {
      broken: isGiven(embed) && !named,
      path: 'embed.domain',
      message: 'write the origin of the embedding page here, or name it in origins',
    },
    {
      broken: kept && isGiven(fieldOf(fieldOf(file, 'identity'), 'device_claim')),
      path: 'identity.device_claim',
      message:
        'leave it out with store client: nothing is kept on the server to tell browsers apart',
    },
    {
      broken: kept && fieldOf(embed, 'sessions_per_user') !== undefined,
      path: 'embed.sessions_per_user',
      message: 'leave it out with store client: nothing is kept on the server to count sessions',
    },
    {
      broken:
        typeof fieldOf(user, 'external_user_id') === 'string' &&
        (isGiven(roles) || hasProfileOfClaims(user)),
      path: 'embed.user.external_user_id',
      message:
        'write a claim, as { claim: sub }, or leave out roles and fix every field of user: a fixed id is one Looker user, and each visitor would change what the others may see',
    },
    {
      broken: isGiven(roles) && Object.keys(Object(values)).length === 0,
      path: 'embed.roles.values',
      message: 'name at least one role',
    },
    {
      broken: typeof fallback === 'string' && !Object.hasOwn(Object(values), fallback),
      path: 'embed.roles.default',
      message: 'write the name of one of values, or leave it out',
    },
  ]
}

/** Whether anything that Looker is told of the user may differ between visitors. */
const hasProfileOfClaims = (user: unknown): boolean => {
  const { session_length: _length, user_attributes: attributes, ...fields } = Object(user)
  return [...Object.values(fields), ...Object.values(Object(attributes))].some(
    (field) => fieldOf(field, 'claim') !== undefined,
  )
}
