// Every stored token revoked at once.
import { describe, expect, it } from 'vitest'
import type { Principal } from '../../lib/tokens/principal.ts'
import { service, serviceDev, user } from '../scenarios/fleet.ts'
import { noCalls } from '../scenarios/stores.ts'
import { startAtMs, stoppedAt, tokenOf } from '../scenarios/virtual-fleet.ts'
import type { Mortal } from '../scenarios/virtual-fleet.ts'
import { createRevocationWorld } from './revocation-world.ts'

const down = { kind: 'status', status: 503 } as const
const userDev: Principal = { ...user('1'), workspace: 'dev' }
const principals = [service, serviceDev, user('1'), user('2'), user('3'), userDev]

const withTokens = async (whose: readonly Principal[] = principals) => {
  const world = await createRevocationWorld()
  const warm = world.coldStart()
  for (const principal of whose) tokenOf(await world.served(warm, principal))
  return { ...world, warm }
}

describe('tokens that are revoked', () => {
  it('are all logged out at Looker, and leave the index', async () => {
    const { revoke, live, indexed } = await withTokens()

    expect(live()).toBe(6)
    expect(await revoke()).toEqual({ ended: 6, left: 0, lost: 0 })

    expect(live()).toBe(0)
    expect(await indexed()).toEqual([])
  })

  it('are served to no cold process: it logs in anew', async () => {
    const { revoke, served, coldStart, warm } = await withTokens([service])
    const before = tokenOf(await served(warm))
    await revoke()

    const after = tokenOf(await served(coldStart()))

    expect(after.secret.digest()).not.toBe(before.secret.digest())
  })

  it('are served to nobody who cannot log in either', async () => {
    const { revoke, served, coldStart, looker } = await withTokens([service])
    looker.state.clientSecret = 'another-secret-0001'
    await revoke()

    const { code } = await served(coldStart())

    expect(code).toBe('looker-refused-credentials')
  })

  it('stay in the memory of a process until Looker refuses them to a caller', async () => {
    const { revoke, served, warm, live } = await withTokens([service])
    const before = tokenOf(await served(warm))
    await revoke()

    const still = tokenOf(await served(warm))
    const reported = { refusedDigest: before.secret.digest() }
    const after = tokenOf(await served(warm, service, reported))

    expect(still.secret.digest()).toBe(before.secret.digest())
    expect(after.secret.digest()).not.toBe(before.secret.digest())
    expect(tokenOf(await served(warm)).secret.digest()).toBe(after.secret.digest())
    expect(live()).toBe(1)
  })

  it('leave the memory of a process that looks into the table', async () => {
    const { revoke, served, warm, clock, looker } = await withTokens([service])
    await revoke()
    looker.state.clientSecret = 'another-secret-0001'
    clock.skip(58 * 60_000)

    const looked = await served(warm)
    const again = await served(warm)

    expect([looked.code, again.code]).toEqual(Array(2).fill('looker-refused-credentials'))
  })

  it('are one after the other revoked again, whatever the pace of reports', async () => {
    const { revoke, served, coldStart, live } = await withTokens([service])
    await revoke()
    await served(coldStart())

    expect(await revoke()).toEqual({ ended: 1, left: 0, lost: 0 })

    expect(live()).toBe(0)
  })

  it('cost a page of the index, and of each item a read and two writes', async () => {
    const { revoke, table } = await withTokens()
    Object.assign(table.calls, noCalls())

    await revoke()

    expect(table.calls).toEqual({ ...noCalls(), read: 6, markRevoked: 6, dropDue: 6 })
  })

  it('are reported, each by its generation, and the run by its counts', async () => {
    const { revoke, eventsOf } = await withTokens([service])

    await revoke()

    expect(eventsOf('token-revoked')).toEqual([
      {
        name: 'token-revoked',
        generation: expect.any(Number),
        user_id: null,
        workspace: 'production',
      },
    ])
    expect(eventsOf('revoke-run')).toEqual([
      { name: 'revoke-run', what: 'tokens', ended: 1, left: 0, lost: 0 },
    ])
  })
})

describe('while Looker is away', () => {
  it('all are marked and left, and the next call finishes', async () => {
    const { revoke, live, looker, itemOf } = await withTokens()
    looker.state.faults.set('logout', down)

    const first = await revoke()
    const marked = await Promise.all(principals.map(itemOf))
    looker.state.faults.clear()
    const second = await revoke(undefined, startAtMs + 10_000)

    expect(first).toEqual({ ended: 0, left: 6, lost: 0 })
    expect(marked.every((item) => item?.revokedGeneration === item?.sealed?.generation)).toBe(true)
    expect(second).toEqual({ ended: 6, left: 0, lost: 0 })
    expect(live()).toBe(0)
  })

  it('Looker is asked for a few of them, not for all', async () => {
    const users = Array.from({ length: 40 }, (_, index) => user(String(index + 1)))
    const { revoke, looker } = await withTokens(users)
    looker.state.faults.set('logout', down)
    looker.state.counter.reset()

    expect(await revoke()).toMatchObject({ ended: 0, left: 41 })

    expect(looker.counts().calls.logout).toBeLessThanOrEqual(14)
  })

  it('a token that a login replaces before the next call is logged out by that login', async () => {
    const { revoke, served, coldStart, live, looker } = await withTokens([service])
    looker.state.faults.set('logout', down)
    await revoke()
    looker.state.faults.clear()

    tokenOf(await served(coldStart()))

    expect(live()).toBe(1)
  })
})

describe('a login', () => {
  it('that is under way is found by the second look', async () => {
    let stopped: Mortal | undefined
    const world = await createRevocationWorld({
      services: (services, index) => {
        if (index !== 0) return services
        stopped = stoppedAt('before publish', services)
        return stopped.services
      },
    })
    const late = world.outcome(world.coldStart())
    await world.clock.advance(500)
    expect([stopped?.isStopped(), world.live()]).toEqual([true, 1])

    const revoking = world.begin()
    await world.clock.advance(1_000)
    stopped?.thaw()

    expect(await world.run(revoking)).toEqual({ ended: 1, left: 0, lost: 0 })
    tokenOf(await world.run(late))
    expect(world.live()).toBe(0)
  })

  it('that began after the call is left alone', async () => {
    const { begin, run, served, coldStart, clock, live } = await withTokens([service])

    const revoking = begin()
    await clock.advance(2_000)
    const after = tokenOf(await served(coldStart()))

    expect(await run(revoking)).toEqual({ ended: 1, left: 0, lost: 0 })
    expect(live()).toBe(1)
    expect(tokenOf(await served(coldStart())).secret.digest()).toBe(after.secret.digest())
  })
})

describe('a token that cannot be logged out', () => {
  it('as its record does not open is marked, lost, and asked for no more', async () => {
    const world = await withTokens([service])
    const { revoke, served, coldStart, store, indexed } = world
    const { sealer } = coldStart()
    const key = (await indexed())[0] ?? ''
    const at = { partition: key, sort: 'api-token' }
    const holder = { owner: 'junk', generation: 2_000_000_000 }
    await store.takeLease(at, {
      seen: await store.read(at),
      ...holder,
      nowAtMs: startAtMs,
      lengthMs: 1,
      skewMs: 0,
      ttlEpochSeconds: 3_000_000_000,
    })
    const dataKey = await sealer.currentKey(undefined)
    const elsewhere = { key: { ...at, sort: 'elsewhere' }, kind: 'api-token', generation: 1 }
    const frame = sealer.seal({ plaintext: new Uint8Array(), expiresAtMs: 1 }, elsewhere, dataKey)
    const publication = { frame, dueAtMs: 1, used: true, loginMs: 1 }
    await store.publish(at, holder, { ...publication, ttlEpochSeconds: 3_000_000_000 })

    expect(await revoke()).toEqual({ ended: 0, left: 0, lost: 1 })

    expect((await store.read(at))?.revokedGeneration).toBe(holder.generation)
    expect(await revoke()).toEqual({ ended: 0, left: 0, lost: 0 })
    tokenOf(await served(coldStart()))
  })

  it('as it is of another Looker is sent to no one', async () => {
    const { revoke, looker, itemOf } = await withTokens([service])
    const sent: string[] = []
    const elsewhere = {
      instance: 'https://another.example.com',
      looker: { logout: async () => void sent.push('token') },
    }

    expect(await revoke(115_000, startAtMs + 1_000, elsewhere)).toEqual({
      ended: 0,
      left: 0,
      lost: 1,
    })

    expect([sent, looker.counts().logouts]).toEqual([[], 0])
    const item = await itemOf()
    expect(item?.revokedGeneration).toBe(item?.sealed?.generation)
  })
})

describe('without the time for it', () => {
  it('a call says that something is left', async () => {
    const { revoke, live } = await withTokens([service])

    expect(await revoke(5_000)).toMatchObject({ ended: 0, left: 1 })

    expect(live()).toBe(1)
  })

  it('for a second look neither', async () => {
    const { revoke } = await createRevocationWorld()

    expect(await revoke(3_000)).toEqual({ ended: 0, left: 1, lost: 0 })
  })
})
