// What may be the options of transports and sessions. Pure; reading variables and files is not done here.
import { TokenError } from '../sources/token-error.ts'
import type { TransportOptions } from './types.ts'

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

export const refused = (mistakes: readonly string[]): TokenError =>
  new TokenError('invalid-options', mistakes.join('; '))

export const baseUrlRule =
  'write the origin of the Looker API alone: https://, a host name, a port if need be ' +
  '(plain http for 127.0.0.1, [::1] and localhost)'

/** Timers of Node hold no more than 2^31 - 1 milliseconds. */
export const timeoutRule = 'write seconds above 0, at most 2,147,483'

export const isBaseUrl = (unverified: string): boolean => originOf(unverified) !== undefined

export const isTimeout = (seconds: unknown): boolean =>
  seconds === undefined || (typeof seconds === 'number' && seconds > 0 && seconds <= 2_147_483)

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
