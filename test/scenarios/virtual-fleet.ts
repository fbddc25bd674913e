// A fleet on a clock that the test moves: logins take 400 ms of virtual time, a day takes seconds. Its
// table can be told to fail.
import type { Broker, Services } from '../../lib/broker.ts'
import { BrokerError } from '../../lib/errors.ts'
import type { ErrorCode } from '../../lib/errors.ts'
import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../lib/store/memory-token-store.ts'
import type { TokenItem } from '../../lib/store/token-store.ts'
import type { Demand } from '../../lib/tokens/decide.ts'
import { itemKeyOf } from '../../lib/tokens/principal.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import type { Token } from '../../lib/tokens/token.ts'
import { createFakeClock } from './fake-clock.ts'
import type { FakeClock } from './fake-clock.ts'
import { createFleet, service } from './fleet.ts'
import type { FleetOptions } from './fleet.ts'
import { createFaultyStore, failingAs } from './stores.ts'

export const startAtMs = 1_700_000_000_000
export const loginMs = 400
/** Of the default settings: 5 s for a login, 250 ms to share it. */
export const leaseMs = 5_250

export type Outcome =
  | { readonly token: Token; readonly code: 'ok'; readonly tookMs: number }
  | { readonly code: ErrorCode; readonly retryAfterMs: number | undefined; readonly tookMs: number }

export type VirtualFleet = Awaited<ReturnType<typeof createVirtualFleet>>

/** Default clock: a new one. */
type VirtualOptions = Omit<FleetOptions, 'clock'> & { readonly clock?: FakeClock }

export const createVirtualFleet = async (options: VirtualOptions = {}) => {
  const { clock = createFakeClock(startAtMs) } = options
  const { store, switches } = createFaultyStore(options.store ?? createMemoryTokenStore())
  const secrets = failingAs(options.secrets ?? createMemorySecretStore(), switches)
  const looker = { loginLatencyMs: loginMs, ...options.looker }
  const fleet = await createFleet({ ...options, clock, store, secrets, looker })

  /** What becomes of a request: never an exception, always how long it took. */
  const outcome = async (
    broker: Broker,
    principal: Principal = service,
    demand: Partial<Demand> = {},
    limitMs = 12_000,
  ): Promise<Outcome> => {
    const startedMs = clock.monotonic()
    const took = () => clock.monotonic() - startedMs
    try {
      const token = await fleet.ask(broker, principal, demand, limitMs)
      return { code: 'ok', token, tookMs: took() }
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      return { code: error.code, retryAfterMs: error.retryAfterMs, tookMs: took() }
    }
  }
  return {
    ...fleet,
    clock,
    table: switches,
    run: clock.run,
    outcome,
    /** One request, from start to end. */
    served: (...request: Parameters<typeof outcome>) => clock.run(outcome(...request)),
    itemOf: (principal: Principal = service): Promise<TokenItem | undefined> =>
      store.read(itemKeyOf(principal), { consistent: true }),
    logins: () => fleet.looker.counts().logins,
    eventsOf: (name: (typeof fleet.events)[number]['name']) =>
      fleet.events.filter((event) => event.name === name),
  }
}

export const distinct = (tokens: readonly Pick<Token, 'secret'>[]): number =>
  new Set(tokens.map(({ secret }) => secret.digest())).size

export const tokenOf = (outcome: Outcome): Token => {
  if ('token' in outcome) return outcome.token
  throw new Error(`no token, but ${outcome.code}`)
}

export const codesOf = (outcomes: readonly Outcome[]): readonly string[] => [
  ...new Set(outcomes.map(({ code }) => code)),
]

/** Where an environment can be stopped for ever, or for a while. */
export type AwaitPoint =
  | 'before takeLease'
  | 'after takeLease'
  | 'before login'
  | 'after login'
  | 'before publish'
  | 'after publish'
  | 'before release'
  | 'after release'

export type Mortal = {
  readonly services: Services
  readonly thaw: () => void
  isStopped: () => boolean
}

/** The environment stops at that point of its first pass, and nothing of it happens until it is thawed. */
export const stoppedAt = (point: AwaitPoint, services: Services): Mortal => {
  let thaw: (() => void) | undefined
  let stopped: Promise<void> | undefined
  let done = false
  const reach = async (here: string): Promise<void> => {
    if (here === point && !done) {
      done = true
      stopped = new Promise((resolve) => {
        thaw = () => {
          stopped = undefined
          resolve()
        }
      })
    }
    await stopped
  }
  const around = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    await reach(`before ${name}`)
    const answer = await call()
    await reach(`after ${name}`)
    return answer
  }
  const { store, fetch, clock } = services
  return {
    thaw: () => thaw?.(),
    isStopped: () => stopped !== undefined,
    services: {
      ...services,
      clock: { ...clock, sleep: async (...args) => around('sleep', () => clock.sleep(...args)) },
      fetch: (...args) => around('login', () => fetch(...args)),
      store: {
        ...store,
        read: (...args) => around('read', () => store.read(...args)),
        takeLease: (...args) => around('takeLease', () => store.takeLease(...args)),
        publish: (...args) => around('publish', () => store.publish(...args)),
        release: (...args) => around('release', () => store.release(...args)),
      },
    },
  }
}
