// Why the table gave no token, told to the caller: the broker's own codes, and what to check. Pure.
import { BrokerError, codeOf } from '../errors.ts'
import { TokenError } from './token-error.ts'
import type { TokenErrorCode } from './token-error.ts'

const advice: Partial<Record<TokenErrorCode, string>> = {
  'keys-unavailable':
    'KMS gives no key: check `keyId`, its region, and kms:Decrypt and kms:GenerateDataKey of this role',
  'table-unavailable': 'the table does not answer: check `region`, and the network to DynamoDB',
  'table-throttled': 'the table asks to slow down: check its throughput, or try again later',
  misconfigured:
    'the table refuses the call: check `tableName`, `region`, and the dynamodb rights of this role',
  'no-credentials':
    'AWS accepts no credentials of this process: check its role, profile or variables',
  'secret-missing':
    'no client secret: store one (npm run tenant:secret), or give `looker.clientSecret`; one that is stored must open under `keyId`',
  'looker-refused-credentials':
    'Looker refuses client id and secret: check `looker.clientId` and the stored secret, which goes before `looker.clientSecret`',
  'looker-refused-user':
    'Looker (not the broker) refuses to log in as this user: check that it exists and is enabled, and that the service account may act for it',
  'looker-rate-limited': 'Looker asks to log in less often',
  'looker-unavailable': 'Looker did not answer a login as it should: check `looker.baseUrl`',
  'login-in-progress':
    'no login was finished in time, or there is too little time left for one: a call needs `loginTimeoutSeconds` and half a second',
  'renewal-limited': 'a token was reported as refused too soon after the last one',
  timeout: 'the time of this call was over: check `timeoutMs`',
}

const fallback = 'unexpected'

/** `timeIsOver`: the caller's own. */
export const tableFailure = (error: unknown, timeIsOver: boolean): TokenError => {
  if (error instanceof TokenError) return error
  if (!(error instanceof BrokerError)) {
    return new TokenError('internal', `No token: ${fallback} (${nameOf(error)}).`)
  }
  const code = codeFor(error, timeIsOver)
  const cause = reasonOf(error)
  const message = `No token: ${advice[code] ?? fallback}.${cause === '' ? '' : ` ${cause}`}`
  return new TokenError(code, message, { retryAfterMs: error.retryAfterMs })
}

export const packageMissing = (): TokenError =>
  new TokenError(
    'package-missing',
    'Tokens from the table need two packages: npm install @aws-sdk/client-dynamodb @aws-sdk/client-kms',
  )

/** Whether a package could not be found, by an import or by a `require`. */
export const isPackageMissing = (error: unknown): boolean =>
  /^(ERR_)?MODULE_NOT_FOUND$/.test(codeOf(error))

const codeFor = (error: BrokerError, timeIsOver: boolean): TokenErrorCode => {
  if (error.code === 'login-in-progress' && timeIsOver) return 'timeout'
  return error.code === 'misconfigured' && refusesWhoever.test(reasonOf(error))
    ? 'no-credentials'
    : error.code
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const refusesWhoever =
  /no credentials|\((ExpiredToken\w*|UnrecognizedClientException|InvalidSignatureException|MissingAuthenticationToken\w*)\)/

/** The message of our own part, which holds a code and nothing that was sent or answered. */
const reasonOf = ({ cause }: BrokerError): string => (cause instanceof Error ? cause.message : '')

/** The name alone: the message of an error that nobody expected can quote anything. */
const nameOf = (error: unknown): string => (error instanceof Error ? codeOf(error) : typeof error)
