import { expect, test } from 'vitest'
import { service } from './fleet.ts'
import { codesOf, createVirtualFleet, distinct, tokenOf } from './virtual-fleet.ts'
import type { VirtualFleet } from './virtual-fleet.ts'

/** So many environments hold the one token; Looker forgets it. */
const revoked = async (size: number) => {
  const fleet = await createVirtualFleet()
  const environments = Array.from({ length: size }, fleet.coldStart)
  const [first] = await fleet.run(Promise.all(environments.map((one) => fleet.outcome(one))))
  if (!first) throw new Error('no environment')
  fleet.looker.revokeAll()
  return { fleet, environments, refusedDigest: tokenOf(first).secret.digest() }
}

const isKnownToLooker = (fleet: VirtualFleet, token: { secret: { reveal(): string } }): boolean =>
  fleet.looker.state.tokens.find(token.secret.reveal()) !== undefined

test.each([1, 100])(
  '100 callers in %i environment(s) that report one refused token cause one login',
  async (size) => {
    const { fleet, environments, refusedDigest } = await revoked(size)
    const callers = Array.from({ length: 100 }, (_, index) => environments[index % size])

    const outcomes = await fleet.run(
      Promise.all(
        callers.map((one = fleet.coldStart()) => fleet.outcome(one, service, { refusedDigest })),
      ),
    )

    expect(codesOf(outcomes)).toEqual(['ok'])
    expect(distinct(outcomes.map(tokenOf))).toBe(1)
    expect(outcomes.every((one) => isKnownToLooker(fleet, tokenOf(one)))).toBe(true)
    expect(fleet.logins()).toBe(2)
  },
)

test('who reports a token that was replaced meanwhile is served the newer one, and evicts nothing', async () => {
  const { fleet, environments, refusedDigest } = await revoked(3)
  const [reporter, stale] = environments
  if (!reporter || !stale) throw new Error('no environment')
  await fleet.served(reporter, service, { refusedDigest })
  const generation = (await fleet.itemOf())?.sealed?.generation

  const late = await fleet.served(stale, service, { refusedDigest })
  const lateAgain = await fleet.served(reporter, service, { refusedDigest })

  expect([late.code, lateAgain.code]).toEqual(['ok', 'ok'])
  expect((await fleet.itemOf())?.sealed?.generation).toBe(generation)
  expect(fleet.logins()).toBe(2)
})

test('forced renewals follow each other after 30 s, then after a minute', async () => {
  const { fleet, environments, refusedDigest } = await revoked(1)
  const [environment = fleet.coldStart()] = environments
  const second = tokenOf(await fleet.served(environment, service, { refusedDigest }))
  const demand = { refusedDigest: second.secret.digest() }

  const tooSoon = await fleet.served(environment, service, demand)
  await fleet.clock.advance(29_000)
  const stillTooSoon = await fleet.served(environment, service, demand)
  await fleet.clock.advance(1_000)
  const third = tokenOf(await fleet.served(environment, service, demand))
  await fleet.clock.advance(59_000)
  const demandAgain = { refusedDigest: third.secret.digest() }
  const tooSoonAgain = await fleet.served(environment, service, demandAgain)
  await fleet.clock.advance(1_000)
  const fourth = await fleet.served(environment, service, demandAgain)

  expect([tooSoon.code, stillTooSoon.code]).toEqual(['renewal-limited', 'renewal-limited'])
  expect(tooSoon).toMatchObject({ retryAfterMs: 29_600 })
  expect(tooSoonAgain.code).toBe('renewal-limited')
  expect(fourth.code).toBe('ok')
  expect(fleet.logins()).toBe(4)
})

test('reports of a token that could not be stored are paced as well', async () => {
  const fleet = await createVirtualFleet()
  fleet.kms.addFault({ error: 'KMSInternalException', operation: 'GenerateDataKey' })
  const environment = fleet.coldStart()
  let outcome = await fleet.served(environment)

  for (let second = 0; second < 20; second++) {
    const refusedDigest = 'token' in outcome ? outcome.token.secret.digest() : undefined
    const next = await fleet.served(environment, service, { refusedDigest })
    if (next.code === 'ok') outcome = next
    await fleet.clock.advance(1_000)
  }

  expect(fleet.logins()).toBe(2)
})

test('a renewal that fails after a report leaves the token to those whom Looker does not refuse', async () => {
  const { fleet, environments, refusedDigest } = await revoked(2)
  const [reporter, other] = environments
  if (!reporter || !other) throw new Error('no environment')
  fleet.looker.setFault('login', { kind: 'status', status: 503 })

  const reported = await fleet.served(reporter, service, { refusedDigest })
  const warm = await fleet.served(other)
  const cold = await fleet.served(fleet.coldStart())

  expect(reported.code).toBe('looker-unavailable')
  expect([warm.code, cold.code]).toEqual(['ok', 'ok'])
  expect(tokenOf(cold).secret.digest()).toBe(refusedDigest)
})

test('the report of a token that nobody knows is answered from memory, without a call', async () => {
  const { fleet, environments } = await revoked(1)
  const [environment = fleet.coldStart()] = environments
  const before = { ...fleet.table.calls }

  const outcome = await fleet.served(environment, service, { refusedDigest: 'A'.repeat(43) })

  expect(outcome.code).toBe('ok')
  expect(fleet.table.calls).toEqual(before)
})

test('a token that ended by itself is renewed without counting as refused', async () => {
  const { fleet, environments, refusedDigest } = await revoked(1)
  const [environment = fleet.coldStart()] = environments
  await fleet.clock.advance(3_600_000)

  const outcome = await fleet.served(environment, service, { refusedDigest })

  expect(outcome.code).toBe('ok')
  expect((await fleet.itemOf())?.refused).toBeUndefined()
})

test('an item whose refusals do not fit together limits the reporter, and is not written in a loop', async () => {
  const { fleet, environments, refusedDigest } = await revoked(1)
  const [environment = fleet.coldStart()] = environments
  const markRefused = fleet.store.markRefused
  const stubborn: typeof markRefused = async (key) => ({
    applied: false,
    item: await fleet.store.read(key),
  })
  Object.assign(fleet.store, { markRefused: stubborn })

  const outcome = await fleet.served(environment, service, { refusedDigest })

  expect(outcome).toMatchObject({ code: 'renewal-limited', retryAfterMs: 30_000 })
})
