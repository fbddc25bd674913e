// What is asked of table, KMS and Looker: by warm requests, by a cold environment that finds a token, and
// by many first look-ups at once.
import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../../lib/store/memory-token-store.ts'
import { createFleet, user } from '../../scenarios/fleet.ts'
import type { Fleet } from '../../scenarios/fleet.ts'
import { createShiftableClock, createWatch, late } from '../herd/broker-herd.ts'
import { watchSecretStore, watchTokenStore } from '../herd/store-calls.ts'
import { benchTenant, createWarmRequest } from './handler.ts'

export type Calls = { readonly store: number; readonly kms: number; readonly looker: number }

type Watched = {
  readonly fleet: Fleet
  readonly shift: (ms: number) => void
  readonly calls: () => Calls
}

const createWatchedFleet = async (hopMs: number): Promise<Watched> => {
  const clock = createShiftableClock()
  const watch = createWatch(hopMs)
  const fleet = await createFleet({
    clock,
    tenant: benchTenant(),
    looker: { userIds: userIds(100) },
    store: watchTokenStore(createMemoryTokenStore(), watch),
    secrets: watchSecretStore(createMemorySecretStore(), watch),
    services: (services) => ({
      ...services,
      kms: late(services.kms, watch.hop),
      report: () => undefined,
    }),
  })
  const calls = (): Calls => {
    const { Decrypt, GenerateDataKey } = fleet.kms.counts()
    const { logins, userLogins } = fleet.looker.counts()
    return {
      store: watch.calls.length,
      kms: Decrypt + GenerateDataKey,
      looker: logins + userLogins,
    }
  }
  return { fleet, shift: clock.shift, calls }
}

const userIds = (n: number): string[] => Array.from({ length: n }, (_, index) => String(index + 1))

const since = (now: Calls, then: Calls): Calls => ({
  store: now.store - then.store,
  kms: now.kms - then.kms,
  looker: now.looker - then.looker,
})

/** Of `n` requests that a warm function answers. */
export const countWarmRequests = async (n: number): Promise<Calls> => {
  const { fleet, calls } = await createWatchedFleet(0)
  const request = await createWarmRequest(fleet.coldStart())
  await request()
  const before = calls()
  for (let done = 0; done < n; done += 1) await request()
  return since(calls(), before)
}

export type ColdHit = {
  readonly calls: Calls
  /** Of a hop. */
  readonly time: number
  /** Of the login and the write that the same environment makes when the token has expired. */
  readonly firstWrite: Calls
}

/** A cold environment finds a fresh token; `hopMs` for each call to table and KMS. */
export const measureColdHit = async (hopMs: number): Promise<ColdHit> => {
  const { fleet, shift, calls } = await createWatchedFleet(hopMs)
  await fleet.ask(fleet.coldStart())
  const cold = fleet.coldStart()
  const before = calls()
  const startedMs = performance.now()
  await fleet.ask(cold)
  const time = (performance.now() - startedMs) / hopMs
  const hit = since(calls(), before)
  shift(3_600_000)
  const atExpiry = calls()
  await fleet.ask(cold)
  return { calls: hit, time, firstWrite: since(calls(), atExpiry) }
}

/** `n` first look-ups at once in one cold environment: all for one token, and each for its own. */
export const countRacingLookups = async (n: number): Promise<{ one: Calls; each: Calls }> => {
  const { fleet, calls } = await createWatchedFleet(0)
  const warm = fleet.coldStart()
  for (const id of userIds(n)) await fleet.ask(warm, user(id))

  const race = async (ids: readonly string[]): Promise<Calls> => {
    const cold = fleet.coldStart()
    const before = calls()
    await Promise.all(ids.map((id) => fleet.ask(cold, user(id))))
    return since(calls(), before)
  }
  return { one: await race(userIds(n).map(() => '1')), each: await race(userIds(n)) }
}
