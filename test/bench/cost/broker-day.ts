// Our broker over a day: the real one, on a table and a KMS that put every call on the bill.
import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../../lib/store/memory-token-store.ts'
import { createLogReport } from '../../../lib/log.ts'
import { deadlineIn } from '../../../lib/time.ts'
import { service, stage } from '../../scenarios/fleet.ts'
import { createVirtualFleet } from '../../scenarios/virtual-fleet.ts'
import type { Contestant } from './day.ts'
import { items } from './prices.ts'
import { scheduledRun } from './usage.ts'
import { createTally, tallyKms, tallySecrets, tallyTokens } from './tally.ts'

export const createBrokerDay = async (): Promise<Contestant> => {
  const tally = createTally()
  const fleet = await createVirtualFleet({
    store: tallyTokens(createMemoryTokenStore(), tally),
    secrets: tallySecrets(createMemorySecretStore(), tally),
    services: (services) => ({
      ...services,
      kms: tallyKms(services.kms, tally),
      report: createLogReport({
        write: (line) => tally.add('logGigabyte', line.length / 1e9),
        stage,
        clock: services.clock,
      }),
    }),
  })
  const scheduler = fleet.coldStart()
  // What the operator used to put the secret in.
  tally.take()
  return {
    name: 'broker',
    warmGrows: 'with renewals',
    coldStart: () => {
      const broker = fleet.coldStart()
      return { ask: () => fleet.run(fleet.ask(broker, service)) }
    },
    everyMinute: () => {
      for (const [item, count] of items(scheduledRun)) tally.add(item, count)
      return fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 50_000)))
    },
    skip: fleet.clock.skip,
    take: tally.take,
    logins: fleet.logins,
  }
}
