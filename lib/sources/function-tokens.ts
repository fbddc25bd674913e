// Tokens by invoking the broker's direct function: no Looker secret, no key and no table in the caller.
import { systemSurroundings } from './surroundings.ts'
import type { Surroundings } from './surroundings.ts'
import { TokenError } from './token-error.ts'
import type { TokenSource } from './token-source.ts'

export type FunctionTokensOptions = {
  /** Name or ARN of the direct function: `looker-token-broker-<stage>-issueApiTokenDirect`. */
  readonly functionName: string
  /** Default: as the AWS SDK finds it (`AWS_REGION`, profile). */
  readonly region?: string | undefined
}

/** Errors: `TokenError` `invalid-options`, at once. */
export const functionTokens = (options: FunctionTokensOptions): TokenSource =>
  createFunctionTokens(options, systemSurroundings())

export const createFunctionTokens = (
  options: FunctionTokensOptions,
  _surroundings: Pick<Surroundings, 'clock' | 'invokeOf'>,
): TokenSource => ({
  getToken: () => Promise.reject(new TokenError('broker-failed', options.functionName)),
})
