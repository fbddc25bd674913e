// A herd of our own brokers in one process, sharing a table in memory, a KMS double and a simulated
// Looker.
import { setTimeout as wait } from 'node:timers/promises'
import type { KmsPort } from '../../../lib/crypto/keys.ts'
import { systemClock } from '../../../lib/system.ts'
import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../../lib/store/memory-token-store.ts'
import type { Clock } from '../../../lib/time.ts'
import { createFleet } from '../../scenarios/fleet.ts'
import type { Herd, Latency } from './herd.ts'
import { watchSecretStore, watchTokenStore, withoutLease } from './store-calls.ts'
import type { Watch } from './store-calls.ts'

/**
 * What the herd finds in the table: nothing, as on the first day; or an expired token with the time its
 * login took, as every hour when no schedule renews.
 */
export type TableState = 'empty' | 'expired'

export const createBrokerHerd = async (
  n: number,
  { loginMs, hopMs }: Latency,
  { table = 'empty', leases = true }: { table?: TableState; leases?: boolean } = {},
): Promise<Herd> => {
  const clock = createShiftableClock()
  const watch = createWatch(hopMs)
  const store = watchTokenStore(createMemoryTokenStore(), watch)
  const fleet = await createFleet({
    clock,
    looker: { loginLatencyMs: loginMs },
    store: leases ? store : withoutLease(store),
    secrets: watchSecretStore(createMemorySecretStore(), watch),
    services: (services) => ({
      ...services,
      kms: late(services.kms, watch.hop),
      report: () => undefined,
    }),
  })
  if (table === 'expired') {
    await fleet.ask(fleet.coldStart())
    clock.shift(3_600_000)
    fleet.kms.resetCounts()
  }
  watch.calls.length = 0
  const earlierLogins = fleet.looker.counts().logins
  const brokers = Array.from({ length: n }, () => fleet.coldStart())
  return {
    callers: brokers.map((broker) => async () => (await fleet.ask(broker)).secret),
    logins: () => fleet.looker.counts().logins - earlierLogins,
    storeCalls: watch.calls,
    kmsCalls: () => fleet.kms.counts().Decrypt + fleet.kms.counts().GenerateDataKey,
    close: async () => undefined,
  }
}

export const createWatch = (hopMs: number): Watch => ({
  calls: [],
  nowMs: () => performance.now(),
  hop: () => (hopMs > 0 ? wait(hopMs) : Promise.resolve()),
})

/** KMS over a network: each call takes a hop. */
export const late = (kms: KmsPort, hop: () => Promise<unknown>): KmsPort => ({
  generate: async (context) => {
    await hop()
    return kms.generate(context)
  },
  decrypt: async (wrapped, context) => {
    await hop()
    return kms.decrypt(wrapped, context)
  },
})

/** Real time, of which the wall clock can be set forward. */
export const createShiftableClock = (): Clock & { readonly shift: (ms: number) => void } => {
  let aheadMs = 0
  return {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    shift: (ms) => {
      aheadMs += ms
    },
  }
}
