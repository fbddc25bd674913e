// What may be the options of transports and sessions. Pure; reading variables and files is not done here.
import type { Workspace } from '../config.ts'
import { TokenError } from '../sources/token-error.ts'
import type { SessionOptions, TransportOptions } from './types.ts'

/**
 * The origin of the Looker API, without a slash at its end. Forgives one slash.
 * Errors: `TokenError` `invalid-options`.
 */
export const parseBaseUrl = (unverified: string): string => {
  const origin = originOf(unverified)
  if (origin === undefined) throw refused([baseUrlMistake])
  return origin
}

/** Every mistake, one sentence each. None repeats a value: someone may have put a secret there. */
export const transportMistakes = (unverified: TransportOptions): string[] => {
  const { baseUrl, timeout, maxTries } = unverified
  return [
    ...(originOf(baseUrl) === undefined ? [baseUrlMistake] : []),
    ...(isTimeout(timeout) ? [] : [`timeout: ${timeoutRule}`]),
    ...(isTries(maxTries) ? [] : ['maxTries: write a whole number from 1 to 10']),
  ]
}

export type SessionChoice = {
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly userId: string | undefined
  readonly workspace: Workspace
}

/** Errors: `TokenError` `invalid-options`, naming every mistake. */
export const parseSession = (unverified: SessionOptions): SessionChoice => {
  const { baseUrl, userId, workspace = 'production', tokens, transport } = unverified
  const mistakes = [
    ...transportMistakes(unverified),
    ...whoseMistakes(unverified),
    ...nameMistakes(unverified, sessionNames),
    ...(typeof tokens?.getToken === 'function' ? [] : ['tokens: give a source of tokens']),
    ...(transport === undefined || typeof transport?.request === 'function'
      ? []
      : ['transport: give one of the Looker SDK, or leave it out']),
  ]
  if (mistakes.length > 0) throw refused(mistakes)
  return { baseUrl: parseBaseUrl(baseUrl), userId, workspace }
}

/** A misspelled `userId` that is passed over would make a session of the service account, which mostly may do more. */
export const nameMistakes = (unverified: object, known: readonly string[]): string[] =>
  Object.keys(unverified)
    .filter((name) => !known.includes(name))
    .map(() => `there is an option without a meaning; there are ${known.join(', ')}`)
    .slice(0, 1)

const sessionNames = [
  'baseUrl',
  'tokens',
  'userId',
  'workspace',
  'timeout',
  'maxTries',
  'headers',
  'transport',
]

export const whoseMistakes = (
  unverified: Pick<SessionOptions, 'userId' | 'workspace'>,
): string[] => {
  const { userId, workspace } = unverified
  return [
    ...(userId === undefined || isUserId(userId) ? [] : [`userId: ${userIdRule}`]),
    ...(workspace === undefined || isWorkspace(workspace) ? [] : [`workspace: ${workspaceRule}`]),
  ]
}

/** Errors: `TokenError` `invalid-options`. */
export const parseUserId = (unverified: string | number): string => {
  // Beyond the safe integers a number is no longer the one that was written.
  const text = Number.isSafeInteger(unverified) ? String(unverified) : unverified
  if (!isUserId(text)) throw refused([`userId: ${userIdRule}`])
  return text
}

/** Errors: `TokenError` `invalid-options`. */
export const parseWorkspace = (unverified: Workspace): Workspace => {
  if (!isWorkspace(unverified)) throw refused([`workspace: ${workspaceRule}`])
  return unverified
}

export const refused = (mistakes: readonly string[]): TokenError =>
  new TokenError('invalid-options', mistakes.join('; '))

export const baseUrlRule =
  'write the origin of the Looker API alone: https://, a host name, a port if need be ' +
  '(plain http for 127.0.0.1, [::1] and localhost)'

/** Timers of Node hold no more than 2^31 - 1 milliseconds. */
export const timeoutRule = 'write seconds above 0, at most 2,147,483'

export const isBaseUrl = (unverified: unknown): boolean => originOf(unverified) !== undefined

export const isTimeout = (seconds: unknown): boolean =>
  seconds === undefined || (typeof seconds === 'number' && seconds > 0 && seconds <= 2_147_483)

const userIdRule = 'write the id of a Looker user, 1 to 20 digits'
const workspaceRule = 'write production or dev'

const isUserId = (unverified: unknown): unverified is string =>
  typeof unverified === 'string' && /^\d{1,20}$/.test(unverified)

const isWorkspace = (unverified: unknown): boolean =>
  unverified === 'production' || unverified === 'dev'

const baseUrlMistake = `baseUrl: ${baseUrlRule}`

const isTries = (tries: unknown): boolean =>
  tries === undefined || (Number.isInteger(tries) && Number(tries) >= 1 && Number(tries) <= 10)

// Judged before `URL` sees it, which drops blanks, an empty query and empty credentials without a word.
const written = /^https?:\/\/[^/?#@\\\s\p{Cc}]+\/?$/iu
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/

const originOf = (unverified: unknown): string | undefined => {
  if (typeof unverified !== 'string' || !written.test(unverified)) return undefined
  if (!URL.canParse(unverified)) return undefined
  const { origin, protocol, hostname } = new URL(unverified)
  return protocol === 'https:' || loopback.test(hostname) ? origin : undefined
}
