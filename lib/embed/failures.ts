// What a refused or failed embed session looks like to a caller: text that names the likely cause and the
// remedy. Pure.
import { BrokerError } from '../errors.ts'
import type { ErrorCode, LookerError } from '../errors.ts'

const setupText =
  'Looker gives no embed session. Likely causes: cookieless embedding or embed authentication is off ' +
  '(Admin > Embed), the API user of this stage lacks the rights for it (it needs the Admin role), or ' +
  'this is Looker (Google Cloud core) in an edition without embedding.'
const profileText =
  'Looker does not take this embed user. Likely causes: a domain that is not allowed (Admin > Embed), ' +
  'a time zone while user time zones are off, or a model, group, permission or user attribute that ' +
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
export const embedError = ({
  failure,
  status,
  retryAfterMs,
}: Pick<LookerError, 'failure' | 'status' | 'retryAfterMs'>): BrokerError => {
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
