// What is taken from the headers of a page's request, and nothing else is: the browser's name, the origin
// of the page, and the key of the browser. A backend that asks for a page names the same three.
import { BrokerError } from '../errors.ts'
import type { PageRequest } from '../identity/embed-caller.ts'
import { Secret } from '../secret.ts'
import { locationOf } from './location.ts'
import type { Recorded } from './location.ts'

export type PageRules = {
  /** Exact origins of the tenant's pages. */
  readonly origins: readonly string[]
  /** Origin of the page that shares it with the broker; null: there is none. */
  readonly domain: string | null
  /** Origins on which this user may embed; undefined: any of the tenant's. */
  readonly visitorDomains: readonly string[] | undefined
  /** What may be recorded of where the request came from; undefined: nothing. */
  readonly recorded?: Recorded | undefined
}

/** What a request says of its page, not yet judged. */
type Told = {
  readonly userAgent: string | undefined
  readonly origin: string | undefined
  readonly deviceKey: string | undefined
}

/** Errors: `user-agent-not-valid`, `origin-not-allowed`, `invalid-request` for a device key that is none. */
export const pageOf = (
  headers: Readonly<Record<string, string>>,
  rules: PageRules,
  address?: string,
): PageRequest => {
  const told = {
    userAgent: headers['user-agent'],
    origin: headers['origin'] ?? sharedOrigin(headers, rules),
    deviceKey: headers['x-embed-device'],
  }
  const location = locationOf({ headers, address }, rules.recorded)
  return { ...judgedPage(told, rules), ...(location ? { location } : {}) }
}

/** The same for what a backend says of the page it asks for. Errors: as those of `pageOf`. */
export const judgedPage = (told: Told, rules: PageRules): PageRequest => ({
  userAgent: assertUserAgent(told.userAgent),
  embedDomain: assertOrigin(told.origin, rules),
  deviceKey: told.deviceKey === undefined ? undefined : assertDeviceKey(told.deviceKey),
})

// A browser sends no origin with a GET to the page's own. Without one only the browser's own word for
// such a request counts: a page cannot set that header, and a foreign page's request says another.
const sharedOrigin = (
  headers: Readonly<Record<string, string>>,
  { domain }: PageRules,
): string | undefined =>
  headers['sec-fetch-site'] === 'same-origin' ? (domain ?? undefined) : undefined

const longestUserAgent = 1_024
/** No blank at either end: what is sent on would be another text than the one the browser sends. */
const visibleAscii = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** What stands in the browser's place where the header is not forwarded. */
const nameOfCdn = /^amazon ?(?:cloudfront|api ?gateway)/i

const assertUserAgent = (text: string | undefined): string => {
  if (!text) throw userAgentNotValid('The request has no User-Agent.')
  if (text.length > longestUserAgent) {
    throw userAgentNotValid(`The User-Agent is over ${longestUserAgent} characters.`)
  }
  if (!visibleAscii.test(text)) {
    throw userAgentNotValid('The User-Agent has characters other than visible ASCII and blanks.')
  }
  if (nameOfCdn.test(text)) {
    throw userAgentNotValid(
      "The User-Agent is a CDN's own: let it forward the browser's, for Looker binds the session to it.",
    )
  }
  return text
}

const userAgentNotValid = (detail: string) => new BrokerError('user-agent-not-valid', detail)

const assertOrigin = (origin: string | undefined, rules: PageRules): string => {
  if (origin === undefined) {
    throw originNotAllowed(
      'The request has no Origin, and does not come from the page of embed.domain.',
    )
  }
  if (!rules.origins.includes(origin) && origin !== rules.domain) {
    throw originNotAllowed("The page's origin is not one of the tenant's.")
  }
  if (rules.visitorDomains?.includes(origin) === false) {
    throw originNotAllowed('This user may not embed on this origin.')
  }
  return origin
}

const originNotAllowed = (detail: string) => new BrokerError('origin-not-allowed', detail)

/** 128 bits in unpadded base64url. */
const deviceKeyForm = /^[\w-]{22}$/

const assertDeviceKey = (text: string): Secret => {
  if (deviceKeyForm.test(text)) return new Secret(text)
  const detail = 'The device key (x-embed-device) is 22 characters of base64url.'
  throw new BrokerError('invalid-request', detail, { fields: [{ pointer: '', detail }] })
}
