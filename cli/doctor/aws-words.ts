// Why AWS gave no answer. Pure.
import { failed, warning, type Verdict } from '../../lib/doctor/finding.ts'
import type { Asked } from './facts.ts'

const noAnswer = /^(E[A-Z_]+|TimeoutError|NetworkingError)$/
const notSignedIn =
  /^(CredentialsProviderError|ExpiredToken(Exception)?|UnrecognizedClientException|InvalidSignatureException|InvalidClientTokenId|MissingAuthenticationToken(Exception)?)$/

export const isAway = ({ code }: { readonly code: string }): boolean => noAnswer.test(code)
export const isNotSignedIn = ({ code }: { readonly code: string }): boolean =>
  notSignedIn.test(code)

/** `action`: of IAM, that the caller needs to be answered. */
export const whyNotTold = (
  { code }: Asked<unknown> & { readonly ok: false },
  what: string,
  action: string,
): Verdict => {
  if (code.startsWith('AccessDenied')) {
    return warning(
      `These credentials may not look at ${what}.`,
      `Run the doctor with credentials that may: ${action}.`,
    )
  }
  return failed(
    `AWS does not tell of ${what} (${code}).`,
    'Look at the network, the region and the credentials, and run the doctor again.',
  )
}
