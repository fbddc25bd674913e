// Sources of tokens from the table, as separate as cold environments are: on the table, the keys and the
// Looker of a fleet, and on its clock.
import type { Services } from '../../lib/broker.ts'
import { createTableTokens } from '../../lib/sources/table-tokens.ts'
import type { TableTokensOptions } from '../../lib/sources/table-tokens.ts'
import { openTable } from '../../lib/sources/table.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import type {
  ApiToken,
  CallLimits,
  TokenRequest,
  TokenSource,
} from '../../lib/sources/token-source.ts'
import { clientId, instance, stage, tableName } from './fleet.ts'
import { createVirtualFleet } from './virtual-fleet.ts'

type FleetOptions = NonNullable<Parameters<typeof createVirtualFleet>[0]>

export type TableFleet = Awaited<ReturnType<typeof createTableFleet>>

export const createTableFleet = async (
  options: FleetOptions = {},
  changes: Partial<TableTokensOptions> = {},
) => {
  const latest: Services[] = []
  const services = (seen: Services, index: number): Services => {
    const changed = options.services?.(seen, index) ?? seen
    latest[0] = changed
    return changed
  }
  const fleet = await createVirtualFleet({ ...options, services })

  const newServices = (): Services => {
    fleet.coldStart()
    if (!latest[0]) throw new Error('no environment was made')
    return latest[0]
  }

  /** One more environment. */
  const source = (looker: Partial<TableTokensOptions['looker']> = {}): TokenSource => {
    const own = newServices()
    return createTableTokens(
      {
        stage,
        tableName,
        keyId: 'alias/test',
        ...changes,
        looker: { baseUrl: instance, clientId, ...looker },
      },
      { clock: fleet.clock },
      async () => ({ openTable: (settings) => openTable(settings, own) }),
    )
  }

  /** What becomes of a call: never an exception, always how long it took. */
  const outcome = async (tokens: TokenSource, request?: TokenRequest, limits?: CallLimits) => {
    const startedMs = fleet.clock.monotonic()
    try {
      const token = await tokens.getToken(request, limits)
      return { code: 'ok', token, retryAfterMs: 0, tookMs: fleet.clock.monotonic() - startedMs }
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      const { code, retryAfterMs = 0 } = error
      return { code, retryAfterMs, tookMs: fleet.clock.monotonic() - startedMs }
    }
  }

  return {
    ...fleet,
    source,
    sources: (count: number, looker?: Partial<TableTokensOptions['looker']>) =>
      Array.from({ length: count }, () => source(looker)),
    outcome,
    served: (...call: Parameters<typeof outcome>) => fleet.run(outcome(...call)),
    loginCalls: () => fleet.looker.counts().calls.login ?? 0,
    isLive: (token: ApiToken) =>
      fleet.looker.state.tokens.find(token.secret.reveal()) !== undefined,
  }
}

export type SourceOutcome = Awaited<ReturnType<TableFleet['outcome']>>

export const apiTokenOf = ({ code, token }: SourceOutcome): ApiToken => {
  if (token) return token
  throw new Error(`no token, but ${code}`)
}

export const codesIn = (outcomes: readonly SourceOutcome[]): readonly string[] => [
  ...new Set(outcomes.map(({ code }) => code)),
]
