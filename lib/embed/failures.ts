// What a refused or failed embed session looks like to a caller: text that names the likely cause and the
// remedy. Pure.
import { BrokerError, LookerError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { partError } from '../tokens/failures.ts'

const setupText =
  'Looker gives no embed session. Likely causes: cookieless embedding or embed authentication is off ' +
  '(Admin > Embed), the API user of this stage lacks the rights for it (it needs the Admin role), or ' +
  'this is Looker (Google Cloud core) in an edition without embedding; or the session is of another ' +
  'embed user, which the next acquire mends.'
const profileText =
  'Looker does not take this embed user. Likely causes: a domain that is not allowed (Admin > Embed), ' +
  'a user agent other than the one that began the session (reload the page), a time zone while user time zones are off, or a model, group, permission or user attribute that ' +
  'Looker does not know. Compare `embed.user` and `embed.roles` of the tenant file with Looker.'

/** By the status of the refusal. */
const refusalTexts: ReadonlyMap<number | undefined, string> = new Map([
  [400, profileText],
  [403, setupText],
  [404, setupText],
  [409, 'Looker is making another session for this user. Try again.'],
  [422, profileText],
])

const texts: Partial<Record<ErrorCode, string>> = {
  'looker-rate-limited': 'Looker asks for fewer embed sessions.',
  'looker-unavailable': 'Looker did not answer a call for an embed session as it should.',
}

const conflict = 409
const conflictRetryMs = 1_000
const unavailableRetryMs = 2_000

/** Codes: `looker-refused-embed`, `looker-rate-limited`, else `looker-unavailable`. */
export const embedError = (error: LookerError): BrokerError => errorOf(error)

/** Of a join: Looker says that the reference token is of another embed user, or nothing it knows. */
export const isOfNoUse = (error: unknown): boolean =>
  error instanceof LookerError &&
  error.failure === 'refused-embed' &&
  (error.status === 404 || error.status === 400)

/** The failure of a start as it is left on the item for those who wait: what failed, and the status. */
export const reasonOf = ({ failure, status }: LookerError): string =>
  status === undefined ? failure : `${failure} ${status}`

/** What `reasonOf` wrote, as an error; anything unknown counts as Looker being away. */
export const sharedError = (reason: string, retryAfterMs: number | undefined): BrokerError => {
  const [failure = '', status] = reason.split(' ')
  return errorOf({
    failure,
    status: status === undefined ? undefined : Number(status),
    retryAfterMs,
  })
}

/** Our own parts failing, and Looker, told to the caller. Errors that are already told pass through. */
export const toldError = (error: unknown): unknown =>
  error instanceof LookerError ? embedError(error) : partError(error)

export const inProgress = (): BrokerError =>
  new BrokerError('session-in-progress', 'The embed session was not started in time.', {
    retryAfterMs: 1_000,
  })

export const signInRequired = (): BrokerError =>
  new BrokerError('sign-in-required', 'The user must sign in again before the next embed session.')

/** Of calls that only a session policy has a meaning for. */
export const noPolicy = async (): Promise<never> => {
  throw new BrokerError('not-found', 'This stage has no session policy.')
}

export const noSession = (): BrokerError =>
  new BrokerError('not-found', 'There is no session of this user in this browser.')

const extensionTexts = {
  'too-early': 'The session may be extended in the last two minutes before its end.',
  'at-limit': 'The session lasts as long as it may.',
}

export const extensionRefused = (
  why: keyof typeof extensionTexts,
  retryAfterMs?: number,
): BrokerError => new BrokerError('extension-refused', extensionTexts[why], { retryAfterMs })

export const tooManyRequests = (retryAfterMs: number): BrokerError =>
  new BrokerError('too-many-requests', 'This user asks for embed sessions too often.', {
    retryAfterMs,
  })

const errorOf = ({
  failure,
  status,
  retryAfterMs,
}: {
  readonly failure: string
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
}): BrokerError => {
  if (failure === 'refused-embed') {
    const text = refusalTexts.get(status) ?? 'Looker refuses an embed session.'
    const retry = status === conflict ? { retryAfterMs: conflictRetryMs } : {}
    return new BrokerError('looker-refused-embed', text, retry)
  }
  const code = failure === 'rate-limited' ? 'looker-rate-limited' : 'looker-unavailable'
  return new BrokerError(code, texts[code] ?? '', {
    retryAfterMs: retryAfterMs ?? unavailableRetryMs,
  })
}
