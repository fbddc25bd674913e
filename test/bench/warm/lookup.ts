// A token that is in memory: our look-up beside bentocache's first layer and a bare map, in turns.
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { createLogReport } from '../../../lib/log.ts'
import { systemClock } from '../../../lib/system.ts'
import { deadlineIn } from '../../../lib/time.ts'
import { createFleet, service } from '../../scenarios/fleet.ts'
import { quantile } from '../quantile.ts'

type Contestant = { readonly name: string; readonly lookUp: () => Promise<unknown> }

export type Nanoseconds = { readonly name: string; readonly p50: number; readonly p99: number }

/** Per look-up, over `rounds` turns of `perRound` look-ups each. */
export const measureLookups = async (
  rounds: number,
  perRound: number,
): Promise<readonly Nanoseconds[]> => {
  const contestants = [await ours(), await bentocache(), bareMap()]
  const entries = contestants.map((contestant) => ({ contestant, samples: new Array<number>() }))
  for (const { lookUp } of contestants) await nanosecondsOf(lookUp, perRound * 5)
  for (let round = 0; round < rounds; round += 1) {
    for (const { contestant, samples } of entries) {
      samples.push(await nanosecondsOf(contestant.lookUp, perRound))
    }
  }
  return entries.map(({ contestant: { name }, samples }) => ({
    name,
    p50: Math.round(quantile(samples, 0.5)),
    p99: Math.round(quantile(samples, 0.99)),
  }))
}

const nanosecondsOf = async (lookUp: () => Promise<unknown>, times: number): Promise<number> => {
  const startedMs = performance.now()
  for (let done = 0; done < times; done += 1) await lookUp()
  return ((performance.now() - startedMs) * 1e6) / times
}

const ours = async (): Promise<Contestant> => {
  const fleet = await createFleet({
    services: (services) => ({
      ...services,
      report: createLogReport({ write: () => undefined, stage: 'bench', clock: systemClock }),
    }),
  })
  const broker = fleet.coldStart()
  const demand = { minTtlMs: 0 }
  const deadline = deadlineIn(systemClock, 600_000)
  await broker.getToken(service, demand, deadline)
  return { name: 'broker.getToken', lookUp: () => broker.getToken(service, demand, deadline) }
}

const bentocache = async (): Promise<Contestant> => {
  const cache = new BentoCache({
    default: 'tokens',
    stores: { tokens: bentostore().useL1Layer(memoryDriver({ serialize: false })) },
  })
  await cache.set({ key: 'token', value: 'a token', ttl: '1h' })
  return { name: 'bentocache.get', lookUp: () => cache.get({ key: 'token' }) }
}

const bareMap = (): Contestant => {
  const tokens = new Map([['token', 'a token']])
  return { name: 'Map.get', lookUp: async () => tokens.get('token') }
}
