// What the keys of `embed.session_policy` demand of each other and of the rest of `embed`. Looks at the raw
// file, as embed-rules.ts does, and for the same reason.
import { fieldOf } from './schema.ts'
import { durationOf, leastSeconds, mostSeconds } from './session-policy.ts'

type Problem = { readonly path: string; readonly message: string }

/** Mistakes that no single key shows. No message repeats a value. */
export const sessionPolicyProblems = (unverified: unknown): Problem[] => {
  const embed = fieldOf(unverified, 'embed')
  const policy = fieldOf(embed, 'session_policy')
  if (!isGiven(policy)) return []
  return [
    ...lengthProblems(embed),
    ...(fieldOf(embed, 'store') === 'client' ? clientProblems(policy) : pairProblems(policy)),
  ]
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

const pathOf = (key: string) => `embed.session_policy.${key}`

const lengthProblems = (embed: unknown): Problem[] => {
  const roles = Object.entries(Object(fieldOf(fieldOf(embed, 'roles'), 'values')))
  const places: [string, unknown][] = [
    ['embed.user', fieldOf(embed, 'user')],
    ...roles.map(([name, role]): [string, unknown] => [`embed.roles.values.${name}`, role]),
  ]
  const message =
    'leave it out with session_policy: its max_lifetime is what Looker is asked for instead'
  return places
    .filter(([, settings]) => fieldOf(settings, 'session_length') !== undefined)
    .map(([path]) => ({ path: `${path}.session_length`, message }))
}

const neededOfServer = [
  'max_lifetime',
  'persistent_sessions',
  'inactivity_logout',
  'concurrent_sessions',
  'session_location',
  'edge',
]

const clientProblems = (policy: unknown): Problem[] =>
  neededOfServer
    .filter((key) => isGiven(fieldOf(policy, key)))
    .map((key) => ({
      path: pathOf(key),
      message: 'leave it out with store client: of the policy there is session_duration alone',
    }))

const pairProblems = (policy: unknown): Problem[] => {
  const inactivityLogout = fieldOf(policy, 'inactivity_logout') === true
  const stays = inactivityLogout && fieldOf(policy, 'persistent_sessions') === true
  return [
    ...(isTooShort(policy, inactivityLogout) ? [tooShort] : []),
    ...(stays ? [persistentAndInactive] : []),
  ]
}

const tooShort = {
  path: pathOf('max_lifetime'),
  message:
    'write at least the seconds of session_duration; with inactivity_logout that is 86400 where it is left out or not from 900 to 86400',
}

const persistentAndInactive = {
  path: pathOf('persistent_sessions'),
  message: 'write false, or leave it out: inactivity_logout switches it off',
}

/** A number out of its range is named by the schema, and judged no further. */
const isTooShort = (policy: unknown, inactivityLogout: boolean): boolean => {
  const lifetime = fieldOf(policy, 'max_lifetime')
  const written = fieldOf(policy, 'session_duration') ?? null
  if (!isInRange(lifetime) || !(written === null || isInRange(written))) return false
  return lifetime < durationOf(written, inactivityLogout)
}

const isInRange = (value: unknown): value is number =>
  typeof value === 'number' && value >= leastSeconds && value <= mostSeconds
