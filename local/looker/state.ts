// Everything the simulated Looker knows: one object that the routes share. Its clock can be moved.
import { setTimeout as wait } from 'node:timers/promises'
import { createCounter, type Counter } from './counts.ts'
import type { EmbedOptions } from './embed/settings.ts'
import { createEmbedState, type EmbedState } from './embed/state.ts'
import { createFaults, type Faults } from './faults.ts'
import { createCallRecord, type CallRecord } from './record.ts'
import { createTokens, type Tokens } from './tokens.ts'

export type LookerSimulatorOptions = {
  readonly clientId?: string
  readonly clientSecret?: string
  /** Id of the service account that the credentials belong to. Default: `1000`. */
  readonly serviceUserId?: string
  /** Users that the service account may log in as. Default: `1` to `50`. */
  readonly userIds?: readonly string[]
  /** Users that exist but may not be impersonated. Default: `403`. */
  readonly protectedUserIds?: readonly string[]
  /** Life of a new token. Default: 3600. */
  readonly expiresInSeconds?: number
  /** Of one by a login as a user. Default: as the others. */
  readonly userExpiresInSeconds?: number
  /** How long each login takes. Default: 0. */
  readonly loginLatencyMs?: number
  /** Default: `26.12.3`. */
  readonly release?: string
  /** Default: `4.0` alone. */
  readonly apiVersions?: readonly string[]
  readonly embed?: EmbedOptions
  /** Epoch milliseconds. Default: the real time. */
  readonly now?: () => number
  readonly sleep?: (ms: number) => Promise<unknown>
}

export type SimulatorClock = {
  readonly now: () => number
  readonly advance: (seconds: number) => void
}

export type SimulatorState = {
  readonly clock: SimulatorClock
  readonly sleep: (ms: number) => Promise<unknown>
  readonly tokens: Tokens
  readonly counter: Counter
  readonly record: CallRecord
  readonly faults: Faults
  readonly embed: EmbedState
  readonly clientId: string
  /** May be changed, as an administrator would by making a new key. */
  clientSecret: string
  readonly serviceUserId: string
  readonly userIds: ReadonlySet<string>
  readonly protectedUserIds: ReadonlySet<string>
  readonly expiresInSeconds: number
  readonly userExpiresInSeconds: number
  loginLatencyMs: number
  release: string
  readonly apiVersions: readonly string[]
  /** Without: the service account may log in, and hardly more. Default: true. */
  apiUserIsAdmin: boolean
}

export const createState = (options: LookerSimulatorOptions): SimulatorState => {
  const clock = createClock(options.now ?? Date.now)
  const counter = createCounter()
  const expiresInSeconds = options.expiresInSeconds ?? 3600
  const tokens = createTokens(clock.now)
  return {
    clock,
    sleep: options.sleep ?? wait,
    tokens,
    counter,
    record: createCallRecord(tokens),
    faults: createFaults(clock.now),
    embed: createEmbedState(options.embed ?? {}, clock.now, counter),
    clientId: options.clientId ?? 'simulator-client',
    clientSecret: options.clientSecret ?? 'simulator-secret',
    serviceUserId: options.serviceUserId ?? '1000',
    userIds: new Set(options.userIds ?? oneToFifty),
    protectedUserIds: new Set(options.protectedUserIds ?? ['403']),
    expiresInSeconds,
    userExpiresInSeconds: options.userExpiresInSeconds ?? expiresInSeconds,
    loginLatencyMs: options.loginLatencyMs ?? 0,
    release: options.release ?? '26.12.3',
    apiVersions: options.apiVersions ?? ['4.0'],
    apiUserIsAdmin: true,
  }
}

const oneToFifty = Array.from({ length: 50 }, (_, index) => String(index + 1))

const createClock = (now: () => number): SimulatorClock => {
  let aheadMs = 0
  return {
    now: () => now() + aheadMs,
    advance: (seconds) => {
      aheadMs += seconds * 1000
    },
  }
}
