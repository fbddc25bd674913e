// Tokens from the table itself: for a Lambda function with the rights of the broker's own. The AWS clients
// are loaded at the first token: who invokes the broker has no use for them.
import type { Report } from '../events.ts'
import { systemClock } from '../system.ts'
import { deadlineIn } from '../time.ts'
import type { Deadline } from '../time.ts'
import type { GetToken } from '../tokens/get-token.ts'
import type { Surroundings } from './surroundings.ts'
import { isPackageMissing, packageMissing, tableFailure } from './table-failure.ts'
import { parseTableOptions } from './table-settings.ts'
import type { TableSettings } from './table-settings.ts'
import { parseTimeout, parseTokenRequest } from './token-request.ts'
import type { Wanted } from './token-request.ts'
import type { ApiToken, TokenSource } from './token-source.ts'
import { assertMayWait, waitFor } from './waiting.ts'

export type TableTokensOptions = {
  /** The stage whose table it is: records are sealed for it. */
  readonly stage: string
  /** Its name, not its ARN: records are sealed for it as well. */
  readonly tableName: string
  /** Id, ARN or alias of the stage's KMS key. */
  readonly keyId: string
  readonly looker: {
    /** Origin of the Looker API, as in the tenant file. Plain http on loopback names alone. */
    readonly baseUrl: string
    /** 1 to 128 characters. */
    readonly clientId: string
    /**
     * 8 to 256 visible characters, for a table without one. One that is stored goes before it, also one
     * that Looker refuses or that does not open; one stored later is used from the next login. It never
     * goes into the table, so without the table nobody logs in with it.
     */
    readonly clientSecret?: string | undefined
  }
  /** 10 to 300, default 30: a token is handed out only while it has this much life left. */
  readonly marginSeconds?: number | undefined
  /** 1 to 10, default 5, for one whole login. A call with less than that and half a second never logs in. */
  readonly loginTimeoutSeconds?: number | undefined
  /** 1 to 24, default 24: age at which a new data key is made. */
  readonly dataKeyHours?: number | undefined
  /** AWS region of table and key. Default: as the AWS SDK finds it (`AWS_REGION`, profile). */
  readonly region?: string | undefined
  /** Default: nobody is told. */
  readonly report?: Report | undefined
}

/**
 * With AWS by its usual credential chain. Needs `@aws-sdk/client-dynamodb` and `@aws-sdk/client-kms`.
 * Errors: `TokenError` `invalid-options`, at once, naming every mistake. A call's own errors: those of
 * `GetToken` (docs/problems.md), `invalid-request`, `no-credentials`, `package-missing`, `timeout`,
 * `aborted`, `internal`.
 */
export const tableTokens = (options: TableTokensOptions): TokenSource =>
  createTableTokens(options, { clock: systemClock })

/** A look-up ends a little before its deadline, to leave time for an answer. */
const tooLateMs = 200

type Table = { readonly openTable: (settings: TableSettings) => GetToken }

/** @internal */
export const createTableTokens = (
  options: TableTokensOptions,
  { clock }: Pick<Surroundings, 'clock'>,
  load: () => Promise<Table> = () => import('./table.ts'),
): TokenSource => {
  const settings = parseTableOptions(options)
  const table = createTable(settings, load)

  const { baseUrl: instance, clientId } = settings.looker

  const ask = async (wanted: Wanted, deadline: Deadline): Promise<ApiToken> => {
    const { userId, workspace, refused } = wanted
    const user = userId === undefined ? {} : { userId }
    const principal = { instance, clientId, ...user, workspace }
    const demand = { minTtlMs: 0, refusedDigest: refused }
    try {
      const getToken = table.opened() ?? (await table.open())
      const { secret, expiresAtMs } = await getToken(principal, demand, deadline)
      return { secret, expiresAtMs, userId, workspace, baseUrl: instance }
    } catch (error) {
      throw tableFailure(error, deadline.remainingMs() <= tooLateMs)
    }
  }
  return {
    getToken: async (request = {}, limits = {}) => {
      const wanted = parseTokenRequest(request)
      const deadline = deadlineIn(clock, parseTimeout(limits))
      const wait = { deadline, signal: limits.signal }
      assertMayWait(wait)
      return waitFor(clock, wait, ask(wanted, deadline))
    },
  }
}

/** Loaded and opened once; tried again after an error. */
const createTable = (settings: TableSettings, load: () => Promise<Table>) => {
  let opened: GetToken | undefined
  let opening: Promise<GetToken> | undefined
  const open = async (): Promise<GetToken> => {
    try {
      const { openTable } = await load()
      opened = openTable(settings)
      return opened
    } catch (error) {
      throw isPackageMissing(error) ? packageMissing() : error
    } finally {
      opening = undefined
    }
  }
  return { opened: () => opened, open: () => (opening ??= open()) }
}
