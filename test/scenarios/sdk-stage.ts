// Sessions of the SDK on tokens of a real broker, by its direct function, or of the table itself, before a
// simulated Looker that listens: what is here is called as Looker's own SDK calls it.
import { Looker40SDK } from '@looker/sdk'
import { create } from '../../functions/issue-api-token.ts'
import type { Broker, Services } from '../../lib/broker.ts'
import { createSession } from '../../lib/sdk/session.ts'
import type { BrokerSession, SessionOptions } from '../../lib/sdk/types.ts'
import { createFunctionTokens } from '../../lib/sources/function-tokens.ts'
import { createTableTokens } from '../../lib/sources/table-tokens.ts'
import { openTable } from '../../lib/sources/table.ts'
import type { TokenSource } from '../../lib/sources/token-source.ts'
import { systemClock } from '../../lib/system.ts'
import type { Clock } from '../../lib/time.ts'
import { clientId, createFleet, instance, stage, tableName, tenantOf } from './fleet.ts'
import type { FleetOptions } from './fleet.ts'

export type SourceKind = 'function' | 'table'

export type StageOptions = Omit<FleetOptions, 'services'> & {
  /** Where tokens come from. Default: the function. */
  readonly source?: SourceKind
  /** Between the SDK and Looker. Default: the network. */
  readonly fetch?: typeof globalThis.fetch
  /** Of whoever may invoke the broker. Default: everything. */
  readonly rights?: Readonly<Record<string, unknown>>
  /** Of sessions, if another than that of the brokers. */
  readonly sessionClock?: Clock
}

const everything = { service_account: true, users: 'any', workspaces: ['production', 'dev'] }

const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 20_000 }

export type SdkStage = Awaited<ReturnType<typeof createSdkStage>>

export const createSdkStage = async (options: StageOptions = {}) => {
  const { rights = everything, fetch = globalThis.fetch } = options
  const made: Services[] = []
  const fleet = await createFleet({
    services: (services) => {
      made.unshift(services)
      return services
    },
    tenant: tenantOf({ api_tokens: { direct: rights } }),
    ...options,
  })
  const clock = options.sessionClock ?? fleet.clock
  const server = await fleet.looker.listen()

  /** Of another process than any other source, in front of that broker. */
  const functionTokensOf = (broker: Broker = fleet.coldStart()): TokenSource => {
    const { direct } = create(() => broker)
    const invoke = async (payload: string) => {
      const answer = await direct(JSON.parse(payload), context)
      return { payload: JSON.stringify(answer), functionError: undefined }
    }
    return createFunctionTokens(
      { functionName: 'issueApiTokenDirect' },
      { clock: fleet.clock, invokeOf: () => invoke },
    )
  }

  /** Of another process than any other source. */
  const tableTokensOf = (): TokenSource => {
    fleet.coldStart()
    const [services] = made
    if (!services) throw new Error('no environment was made')
    const looker = { baseUrl: instance, clientId }
    return createTableTokens(
      { stage, tableName, keyId: 'alias/test', looker },
      { clock: fleet.clock },
      async () => ({ openTable: (settings) => openTable(settings, services) }),
    )
  }

  const newTokens = () => (options.source === 'table' ? tableTokensOf() : functionTokensOf())

  /** The broker's Looker, at the address where it is simulated. */
  const fetchThere: typeof fetch = (address, init) => {
    const asked = address instanceof Request ? address.url : String(address)
    return fetch(asked.replace(instance, server.url), init)
  }

  const sessionOf = (changes: Partial<SessionOptions> = {}): BrokerSession =>
    createSession(
      { baseUrl: instance, tokens: changes.tokens ?? newTokens(), ...changes },
      { clock, chance: () => 0.5, fetch: fetchThere },
    )

  return {
    ...fleet,
    server,
    functionTokensOf,
    sessionOf,
    sdkOf: (changes: Partial<SessionOptions> = {}) => new Looker40SDK(sessionOf(changes)),
    callsByName: () => new Map(fleet.looker.record.named().map((call) => [call.name, call])),
    close: () => server.close(),
  }
}

/** How a call must have reached Looker: with a living token of that user, in that workspace. */
export const callOf = (name: string, userId: string | null, workspace = 'production') => ({
  name,
  standing: 'live',
  userId,
  sudoUserId: userId === null ? null : '1000',
  workspace,
})

/** An option of a call: it is kept under that name in the record of calls. */
export const named = (name: string) => ({ headers: { 'x-simulator-call': name } })

/** The real time, moved on by leaps: whatever lasts goes on as it is, and what was got before is older. */
export const createLeapClock = (): Clock & { readonly leap: (seconds: number) => void } => {
  let aheadMs = 0
  return {
    now: () => systemClock.now() + aheadMs,
    monotonic: () => systemClock.monotonic() + aheadMs,
    sleep: systemClock.sleep,
    leap: (seconds) => {
      aheadMs += seconds * 1000
    },
  }
}
