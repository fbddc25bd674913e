// Each incident raises its alarm and no other, and a quiet day raises none.
import { describe, expect, it } from 'vitest'
import type { Broker } from '../../lib/broker.ts'
import { StoreError } from '../../lib/errors.ts'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import { service, user } from '../scenarios/fleet.ts'
import { withoutLease } from '../scenarios/stores.ts'
import { createVirtualFleet, startAtMs } from '../scenarios/virtual-fleet.ts'
import { alarmsOf, createRecorder, minuteMs, renewing } from './incidents.ts'

type Options = Parameters<typeof createVirtualFleet>[0]

const createStage = async (options: Options = {}) => {
  const recorder = createRecorder()
  const failIfAway = () => {
    if (fleet.table.failing) throw new StoreError(fleet.table.failing, 'simulated')
  }
  const fleet = await createVirtualFleet({
    ...options,
    services: (services) => {
      const listDue = (beforeAtMs: number) => {
        failIfAway()
        return services.store.listDue(beforeAtMs)
      }
      return recorder.logged({ ...services, store: { ...services.store, listDue } })
    },
  })
  const environments: Broker[] = [fleet.coldStart(), fleet.coldStart()]
  const renew = renewing(fleet.coldStart())
  /** Reads the table first, and has nothing to do here. */
  const endDue = async () => failIfAway()
  return { ...recorder, ...fleet, environments, renew, endDue }
}

type Stage = Awaited<ReturnType<typeof createStage>>

/** Requests every 20 seconds, to warm processes and each hour a cold one, and the schedule every minute. */
const pass = async (
  stage: Stage,
  minutes: number,
  principals: readonly Principal[] = [service, user('7')],
): Promise<void> => {
  const { clock, environments } = stage
  for (let minute = 0; minute < minutes; minute += 1) {
    const endMs = clock.now() + minuteMs
    if (minute % 60 === 30) environments.splice(0, 1, stage.coldStart())
    await clock.run(stage.scheduled('renewApiTokens', clock, stage.renew))
    await stage.scheduled('endDueSessions', clock, stage.endDue)
    for (let turn = 0; turn < 3; turn += 1) {
      for (const broker of environments) {
        for (const principal of principals) await stage.served(broker, principal)
      }
      clock.skip(15_000)
    }
    clock.skip(Math.max(0, endMs - clock.now()))
  }
}

const offIn = ({ samples, clock }: Pick<Stage, 'samples' | 'clock'>) =>
  alarmsOf(samples, [startAtMs, clock.now()])

describe('no alarm goes off', { timeout: 120_000 }, () => {
  it('in a quiet day', async () => {
    const stage = await createStage()

    await pass(stage, 24 * 60)

    expect(offIn(stage)).toEqual([])
    expect(stage.logins()).toBeGreaterThan(24)
  })

  it('when each part fails once for a moment', async () => {
    const stage = await createStage()

    await pass(stage, 60)
    stage.looker.queueFaults('login', { kind: 'status', status: 503 })
    stage.kms.addFault({ error: 'reset', times: 1 })
    await pass(stage, 60)

    expect(offIn(stage)).toEqual([])
  })
})

describe('of the alarms', { timeout: 120_000 }, () => {
  it('only the refused credentials go off when the secret is wrong', async () => {
    const stage = await createStage()
    await pass(stage, 30)

    stage.looker.state.clientSecret = 'the-next-secret-0002'
    await pass(stage, 90)

    expect(offIn(stage)).toEqual(['credentials-refused'])
  })

  it('only the missing secret, as refused credentials, before there is one', async () => {
    const stage = await createStage({ withoutSecret: true })

    await pass(stage, 30)

    expect(offIn(stage)).toEqual(['credentials-refused'])
  })

  it('only too many logins go off when tokens are not shared', async () => {
    const stage = await createStage({ store: withoutLease(createMemoryTokenStore()) })
    await pass(stage, 20)

    const herd = Array.from({ length: 150 }, () => stage.coldStart())
    await stage.clock.run(Promise.all(herd.map((broker) => stage.outcome(broker))))
    await pass(stage, 20)

    expect(offIn(stage)).toEqual(['too-many-logins'])
  })

  it('only the failed logins go off when Looker is away', async () => {
    const stage = await createStage()
    await pass(stage, 30)

    stage.looker.setFault('login', { kind: 'status', status: 503 })
    await pass(stage, 60)

    expect(offIn(stage)).toEqual(['logins-fail'])
  })

  it('the table and the runs that read it go off when the table is away', async () => {
    const stage = await createStage()
    await pass(stage, 30)

    stage.table.failing = 'unavailable'
    await pass(stage, 60)

    expect(offIn(stage)).toEqual(['ends-stopped', 'renewals-stopped', 'table-away'])
  })

  it('only the keys go off when KMS is away', async () => {
    const stage = await createStage()
    await pass(stage, 30)

    stage.kms.addFault({ error: 'reset' })
    await pass(stage, 70)

    expect(offIn(stage)).toEqual(['keys-away'])
  })

  it('only the renewals go off when nothing starts them', async () => {
    const stage = await createStage()
    await pass(stage, 30)

    const { clock } = stage
    for (let minute = 0; minute < 30; minute += 1) {
      await stage.scheduled('endDueSessions', clock, stage.endDue)
      await stage.served(stage.environments[0] ?? stage.coldStart())
      clock.skip(minuteMs)
    }

    expect(offIn(stage)).toEqual(['renewals-stopped'])
  })
})
