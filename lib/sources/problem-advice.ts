// What a caller may check when the broker gave it a problem and no token. Pure.
import type { ErrorCode } from '../errors.ts'
import type { Wanted } from './token-request.ts'

export const isCode = (code: string): code is ErrorCode => Object.hasOwn(advice, code)

export const adviceOn = (code: ErrorCode, wanted: Wanted): string =>
  advice[code].replace('{whose}', () => whose(wanted))

export const whose = ({ userId, workspace }: Wanted): string =>
  `${userId === undefined ? 'the service account' : `user ${userId}`} in ${workspace}`

const versions = 'Is it issueApiTokenDirect, and of this version?'
const brokerLog = 'The log of the broker has more under the request id.'

/** What to check, beside the detail. One for each code, so that no code is forgotten. */
const advice: Readonly<Record<ErrorCode, string>> = {
  forbidden:
    'Asked for: {whose}. What direct callers may have is api_tokens.direct of the tenant file.',
  'looker-refused-user':
    'It is Looker that refuses, not the broker. Asked for: {whose}. Check that the user is there and ' +
    'enabled, and that the service account may sudo.',
  'looker-refused-credentials': 'Store the present client secret with npm run tenant:secret.',
  'secret-missing': 'Store the client secret with npm run tenant:secret.',
  'invalid-request': versions,
  'not-found': versions,
  unauthenticated: versions,
  'user-agent-not-valid': versions,
  'origin-not-allowed': versions,
  'sign-in-required': versions,
  'extension-refused': versions,
  'looker-refused-embed': versions,
  misconfigured: brokerLog,
  internal: brokerLog,
  'too-many-requests': '',
  'looker-rate-limited': '',
  'looker-unavailable': '',
  'login-in-progress': '',
  'session-in-progress': '',
  'renewal-limited': '',
  'table-throttled': '',
  'table-unavailable': '',
  'keys-unavailable': '',
}
