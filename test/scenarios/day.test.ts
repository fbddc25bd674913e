import { expect, test } from 'vitest'
import { deadlineIn } from '../../lib/time.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import { service, user } from './fleet.ts'
import { createVirtualFleet, tokenOf } from './virtual-fleet.ts'
import type { VirtualFleet } from './virtual-fleet.ts'

const daySeconds = 86_400
const marginMs = 30_000

type Day = { requests: number; underMargin: number; waited: number }

/**
 * A request every 4 s, to one of up to eight warm environments in turn; every 432 s one of them is
 * replaced by a cold one, 200 times a day.
 */
const dayOf = async (
  fleet: VirtualFleet,
  options: { readonly scheduled: boolean; readonly principal?: Principal },
): Promise<Day> => {
  const environments = [fleet.coldStart()]
  const scheduler = fleet.coldStart()
  const day: Day = { requests: 0, underMargin: 0, waited: 0 }
  for (let second = 0; second < daySeconds; second += 4) {
    if (second % 432 === 0 && second > 0) {
      environments.push(fleet.coldStart())
      if (environments.length > 8) environments.shift()
    }
    if (options.scheduled && second % 60 === 0) {
      await fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 50_000)))
    }
    const environment = environments[(second / 4) % environments.length] ?? scheduler
    const outcome = await fleet.served(environment, options.principal ?? service)
    const leftMs = tokenOf(outcome).expiresAtMs - fleet.clock.now()
    day.requests += 1
    if (leftMs <= marginMs) day.underMargin += 1
    if (outcome.tookMs > 0) day.waited += 1
    fleet.clock.skip(4_000)
  }
  return day
}

test('a day of steady traffic with 200 cold starts makes at most 27 logins, and no token is served within its margin', async () => {
  const fleet = await createVirtualFleet()

  const day = await dayOf(fleet, { scheduled: false })

  expect(day).toMatchObject({ requests: 21_600, underMargin: 0 })
  expect(fleet.logins()).toBeLessThanOrEqual(27)
  expect(day.waited).toBe(fleet.logins())
  expect(fleet.kms.counts().GenerateDataKey).toBe(1)
}, 60_000)

test('with the scheduled renewal no request of the day waits for a login but the very first', async () => {
  const fleet = await createVirtualFleet()

  const day = await dayOf(fleet, { scheduled: true })

  expect(day).toMatchObject({ requests: 21_600, underMargin: 0, waited: 1 })
  expect(fleet.logins()).toBeLessThanOrEqual(27)
}, 60_000)

test('a cold start of that day costs one Decrypt, a warm environment none', async () => {
  const fleet = await createVirtualFleet()

  await dayOf(fleet, { scheduled: true })

  // 200 environments and the scheduler, which opens nothing but what it made; the first opens the secret.
  expect(fleet.kms.counts().GenerateDataKey).toBe(1)
  expect(fleet.kms.counts().Decrypt).toBeLessThanOrEqual(202)
}, 60_000)

test('a principal that nobody asks for any more is renewed once, and then let go with its base', async () => {
  const fleet = await createVirtualFleet()
  const scheduler = fleet.coldStart()
  await fleet.served(fleet.coldStart(), user('5'))
  const runs: unknown[] = []

  for (let minute = 0; minute < 600; minute++) {
    await fleet.clock.advance(60_000)
    const run = await fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 50_000)))
    if (run.due > 0) runs.push(run)
  }

  expect(fleet.looker.counts().userLogins).toBe(2)
  expect(runs.at(-1)).toMatchObject({ dropped: 2, renewed: 0 })
})

test('the schedule renews a token before callers would, and leaves what is not due', async () => {
  const fleet = await createVirtualFleet()
  const scheduler = fleet.coldStart()
  await fleet.served(fleet.coldStart())
  await fleet.clock.advance(3_239_000)

  const early = await fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 50_000)))
  await fleet.clock.advance(1_000)
  const due = await fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 50_000)))

  expect(early).toMatchObject({ due: 0 })
  expect(due).toMatchObject({ due: 1, renewed: 1 })
  expect(fleet.logins()).toBe(2)
})

test('a scheduled run without the time for a login leaves its work to the next run', async () => {
  const fleet = await createVirtualFleet()
  const scheduler = fleet.coldStart()
  await fleet.served(fleet.coldStart())
  await fleet.clock.advance(3_300_000)

  const short = await fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 3_000)))

  expect(short).toEqual({ due: 1, renewed: 0, dropped: 0, failed: 0, left: 1 })
  expect(fleet.logins()).toBe(1)
})

test('a scheduled run during an outage of Looker fails for each token, which stays in use', async () => {
  const fleet = await createVirtualFleet()
  const scheduler = fleet.coldStart()
  const environment = fleet.coldStart()
  const token = tokenOf(await fleet.served(environment))
  fleet.looker.setFault('login', { kind: 'status', status: 503 })
  await fleet.clock.advance(3_300_000)

  const run = await fleet.run(scheduler.renewDue(deadlineIn(fleet.clock, 50_000)))

  expect(run).toMatchObject({ due: 1, renewed: 0, failed: 1 })
  expect(tokenOf(await fleet.served(environment))).toBe(token)
})
