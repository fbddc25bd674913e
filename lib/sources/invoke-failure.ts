// What an invocation that gave no answer means. Pure. Nothing that the AWS SDK wrote is repeated but names:
// messages may hold anything, and an error may hold the reply.
import * as v from 'valibot'
import type { Target } from './function-options.ts'
import { TokenError } from './token-error.ts'
import type { CallerErrorCode } from './token-error.ts'

const text = v.fallback(v.string(), '')

/** The words of an error of the AWS SDK or of Node. */
const thrown = v.fallback(
  v.object({
    name: text,
    code: text,
    message: text,
    $fault: text,
    retryAfterSeconds: v.fallback(v.pipe(v.union([v.string(), v.number()]), v.toNumber()), NaN),
    $metadata: v.fallback(v.object({ httpStatusCode: v.fallback(v.number(), 0) }), {
      httpStatusCode: 0,
    }),
  }),
  {
    name: '',
    code: '',
    message: '',
    $fault: '',
    retryAfterSeconds: NaN,
    $metadata: { httpStatusCode: 0 },
  },
)

type Thrown = v.InferOutput<typeof thrown>

type Kind = {
  readonly code: CallerErrorCode
  readonly is: (error: Thrown) => boolean
  readonly message: (target: Target, name: string) => string
}

const named =
  (pattern: RegExp) =>
  ({ name }: Thrown): boolean =>
    pattern.test(name)

/** The first that fits. */
const kinds: readonly Kind[] = [
  {
    code: 'package-missing',
    is: ({ code }) => code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND',
    message: () =>
      'Tokens by invoking the broker need @aws-sdk/client-lambda: npm install @aws-sdk/client-lambda',
  },
  {
    code: 'broker-not-found',
    is: named(/^ResourceNotFoundException$/),
    message: (target) =>
      `There is no function ${target.functionName} in ${regionOf(target)}. Check name, stage and region.`,
  },
  {
    code: 'broker-denied',
    is: named(/^AccessDeniedException$/),
    message: ({ functionName }) =>
      `This caller may not invoke ${functionName}. Its role needs lambda:InvokeFunction on it.`,
  },
  {
    code: 'broker-throttled',
    is: named(/^(TooManyRequests|EC2Throttled|Throttling|Throttled|RequestLimitExceeded)/),
    message: ({ functionName }, name) =>
      `Lambda runs no more of ${functionName} just now (${name}). Check its reserved concurrency and that ` +
      'of the account.',
  },
  {
    code: 'no-credentials',
    is: named(
      /^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|(Credentials|Token)Provider)/,
    ),
    message: (_, name) =>
      `This process has no AWS credentials that AWS takes (${name}). Check its role or profile, and its clock.`,
  },
  {
    code: 'invalid-options',
    is: ({ message }) => message === 'Region is missing',
    message: () => 'region: is not set, and the AWS SDK finds none; set region or AWS_REGION',
  },
  {
    code: 'broker-timeout',
    is: named(/^AbortError$/),
    message: ({ functionName }) => `The invocation of ${functionName} was ended before its answer`,
  },
  {
    code: 'broker-unreachable',
    is: ({ name, code, $fault, $metadata }) =>
      $fault === 'server' ||
      $metadata.httpStatusCode >= 500 ||
      name === 'TimeoutError' ||
      /^E(CONN|HOST|NET|ADDR|AI_|PIPE|PROTO|TIMEDOUT|NOTFOUND)|CERT|_SSL_|_TLS_/.test(code),
    message: (target, name) =>
      `Lambda in ${regionOf(target)} cannot be reached, or failed (${name}). Check the network of this caller.`,
  },
]

/** An error of the AWS SDK, or of loading it. */
export const failureOfInvoke = (error: unknown, target: Target): TokenError => {
  const known = v.parse(thrown, error)
  const kind = kinds.find(({ is }) => is(known))
  const name = wordOf(known.code) ?? wordOf(known.name) ?? 'unknown'
  if (!kind) {
    return new TokenError(
      'broker-failed',
      `The invocation of ${target.functionName} failed (${name})`,
    )
  }
  const retryAfterMs = kind.code === 'broker-throttled' ? waitMsOf(known) : undefined
  return new TokenError(kind.code, kind.message(target, name), { retryAfterMs })
}

const wordOf = (word: string): string | undefined => (/^\w{1,60}$/.test(word) ? word : undefined)

const waitMsOf = ({ retryAfterSeconds }: Thrown): number | undefined =>
  retryAfterSeconds >= 0 && retryAfterSeconds <= 86_400 ? retryAfterSeconds * 1000 : undefined

const regionOf = ({ region }: Target): string =>
  region ?? 'the region of this process (AWS_REGION, or its profile)'
