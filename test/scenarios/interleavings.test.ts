import {
  array,
  asyncProperty,
  check,
  constantFrom,
  defaultReportMessage,
  integer,
  record,
} from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import type { TokenStore } from '../../lib/store/token-store.ts'
import { service, user } from './fleet.ts'
import { withoutLease } from './stores.ts'
import { createVirtualFleet, leaseMs } from './virtual-fleet.ts'
import type { Outcome, VirtualFleet } from './virtual-fleet.ts'

const marginMs = 30_000
const limitMs = 12_000

/** Numbers that a schedule is made of, used one after the other and over again. */
const dice = (numbers: readonly number[]) => {
  let next = 0
  return (): number => numbers[next++ % numbers.length] ?? 0
}

type Schedule = {
  readonly delays: readonly number[]
  readonly starts: readonly number[]
  /** Environments that stop for ever at so many calls of the table. */
  readonly deaths: readonly number[]
  readonly outages: readonly number[]
}

const schedule: Arbitrary<Schedule> = record({
  delays: array(integer({ min: 0, max: 300 }), { minLength: 5, maxLength: 40 }),
  starts: array(integer({ min: 0, max: 8_000 }), { minLength: 2, maxLength: 8 }),
  deaths: array(integer({ min: 1, max: 12 }), { maxLength: 2 }),
  outages: array(constantFrom(0, 0, 0, 1, 2, 3), { minLength: 3, maxLength: 20 }),
})

type History = {
  generations: number[]
  leases: Map<number, Set<string>>
  calls: number
}

/** Keeps what the invariants are about, as the table itself sees it. */
const recorded = (store: TokenStore, history: History): TokenStore => ({
  ...store,
  takeLease: async (key, claim) => {
    const outcome = await store.takeLease(key, claim)
    if (outcome.taken && key.partition.includes('service')) {
      history.generations.push(outcome.item?.generation ?? -1)
      const owners = history.leases.get(claim.generation) ?? new Set()
      history.leases.set(claim.generation, owners.add(claim.owner))
    }
    return outcome
  },
})

type Played = { fleet: VirtualFleet; outcomes: Outcome[]; history: History; alive: number }

const play = async (
  { delays, starts, deaths, outages }: Schedule,
  store: TokenStore = createMemoryTokenStore(),
): Promise<Played> => {
  const history: History = { generations: [], leases: new Map(), calls: 0 }
  const delay = dice(delays)
  const outage = dice(outages)
  const fleet = await createVirtualFleet({
    store: recorded(store, history),
    looker: { expiresInSeconds: 60 },
    services: (services, index) => {
      const diesAt = deaths[index] ?? Infinity
      let calls = 0
      const around = async <T>(call: () => Promise<T>): Promise<T> => {
        history.calls += 1
        calls += 1
        await services.clock.sleep(delay())
        if (calls === diesAt) return new Promise<never>(() => undefined)
        const answer = await call()
        await services.clock.sleep(delay())
        return calls >= diesAt ? new Promise<never>(() => undefined) : answer
      }
      const table = services.store
      return {
        ...services,
        store: {
          ...table,
          read: (...args) => around(() => table.read(...args)),
          takeLease: (...args) => around(() => table.takeLease(...args)),
          publish: (...args) => around(() => table.publish(...args)),
          release: (...args) => around(() => table.release(...args)),
        },
        fetch: async (...args) => {
          await services.clock.sleep(delay())
          const trouble = outage()
          if (trouble === 1) throw new TypeError('fetch failed')
          if (trouble === 2) await services.clock.sleep(leaseMs)
          return services.fetch(...args)
        },
      }
    },
  })
  const environments = starts.map(() => fleet.coldStart())
  const requests = starts.flatMap((startMs, index) =>
    [0, 20_000, 35_000].map(async (laterMs) => {
      await fleet.clock.sleep(startMs + laterMs)
      const environment = environments[index]
      if (!environment) throw new Error('no environment')
      const principal = index % 3 === 2 ? user('1') : service
      const outcome = await fleet.outcome(environment, principal, {}, limitMs)
      if ('token' in outcome) {
        expect(outcome.token.expiresAtMs - fleet.clock.now()).toBeGreaterThan(marginMs)
      }
      return outcome
    }),
  )
  const outcomes = await fleet.run(Promise.all(requests))
  return { fleet, outcomes, history, alive: starts.length }
}

const assertInvariants = ({ outcomes, history, alive }: Played): void => {
  expect(outcomes).toHaveLength(alive * 3)
  for (const { tookMs } of outcomes) expect(tookMs).toBeLessThanOrEqual(limitMs)
  expect(history.generations).toEqual(history.generations.toSorted((a, b) => a - b))
  for (const owners of history.leases.values()) expect(owners.size).toBe(1)
  // No round without a sleep or a change: calls are bounded by time, not by speed.
  expect(history.calls).toBeLessThanOrEqual(alive * 3 * 120)
}

/** `held`, or the schedule that breaks it. */
const verdict = async (
  schedules: Arbitrary<Schedule>,
  runs: number,
  holds: (one: Schedule) => Promise<void>,
): Promise<string> => {
  const property = asyncProperty(schedules, holds)
  const details = await check(property, { numRuns: runs, seed: 20_260_801, endOnFailure: true })
  return details.failed ? (defaultReportMessage(details) ?? 'failed') : 'held'
}

/** 43 s of requests for tokens that can be used for 30 s. */
const assertTwoLogins = async (one: Schedule, store?: TokenStore): Promise<void> => {
  const { fleet, outcomes } = await play(one, store)
  expect(outcomes.every(({ code }) => code === 'ok')).toBe(true)
  expect(fleet.logins()).toBeLessThanOrEqual(2)
}

const calm = schedule.map((one) => ({ ...one, deaths: [], outages: [0] }))

test('in 1,000 random schedules with crashes and failures every call ends, generations grow, no lease is held twice and every token has its margin', async () => {
  const outcome = await verdict(schedule, 1_000, async (one) => assertInvariants(await play(one)))

  expect(outcome).toBe('held')
}, 120_000)

test('in 200 random schedules without a crash or a failure there is one login in a life', async () => {
  const outcome = await verdict(calm, 200, (one) => assertTwoLogins(one))

  expect(outcome).toBe('held')
}, 120_000)

test('without the lease such a schedule is soon found that has more logins: the lease is the guard', async () => {
  const outcome = await verdict(calm, 200, (one) =>
    assertTwoLogins(one, withoutLease(createMemoryTokenStore())),
  )

  expect(outcome).not.toBe('held')
}, 120_000)
