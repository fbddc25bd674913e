// The end of all sessions of a user by an administrator, and ends against starts that are under way.
import { describe, expect, it } from 'vitest'
import type { EmbedCaller } from '../../lib/identity/embed-caller.ts'
import { Secret } from '../../lib/secret.ts'
import type { SessionStore } from '../../lib/store/session-store.ts'
import { sessionKeyOf } from '../../lib/embed/session-key.ts'
import { startedSession } from '../contracts/sessions.ts'
import { instance } from '../scenarios/fleet.ts'
import { startAtMs } from '../scenarios/virtual-fleet.ts'
import { pageCaller } from './page-samples.ts'
import { createWorld } from './session-world.ts'
import type { World } from './session-world.ts'

const ok = { ended: true, confirmed: true }
const dayMs = 86_400_000

const signedIn = (signedInAtMs: number) => pageCaller({ visitor: { signedInAtMs } })
const onDevice = (letter: string) =>
  pageCaller({ page: { deviceKey: new Secret(letter.repeat(22)) } })
const itemOf = (world: Pick<World, 'sessions'>, caller: EmbedCaller) =>
  world.sessions.read(sessionKeyOf(instance, caller))
const live = ({ looker }: Pick<World, 'looker'>) => looker.state.embed.sessions.countLive()

/** Looker and the broker keep many sessions of a user. */
const createManyWorld = async () => {
  const world = await createWorld()
  world.looker.state.embed.settings.sessionsPerUser = 'many'
  const process = world.coldStart({ sessionsPerUser: 'many' })
  return {
    ...world,
    acquire: (caller: EmbedCaller) => world.acquire(caller, {}, process),
  }
}

describe('an end during a start over the tombstone of another session', () => {
  it.each([1, 5])('stops the start (%i at once)', async (ends) => {
    const world = await createWorld()
    const ada = signedIn(startAtMs)
    await world.acquire(ada)
    await world.end('user', ada)
    // Each at another instant, so that none takes the end of another for its own.
    const endAt = (aheadMs: number) =>
      world
        .coldStart({ clock: world.clock.skewed(aheadMs) })
        .end(ada, { by: 'administrator' }, world.within())
    let answers: readonly unknown[] = []
    const act = async () => {
      answers = await Promise.all(Array.from({ length: ends }, (_, at) => endAt(10 * at)))
    }
    world.table.meanwhile = { call: 'publish', act }

    await expect(world.acquire(ada)).rejects.toMatchObject({ code: 'sign-in-required' })

    const item = await world.itemOfAda()
    expect(answers).toEqual(Array.from({ length: ends }, () => ok))
    expect(item?.ended).toMatchObject({ reason: 'administrator', needsSignIn: true })
    expect(item?.lease).toBeUndefined()
    expect(item?.ttlEpochSeconds).toBeGreaterThanOrEqual((startAtMs + 30 * dayMs) / 1000)
    expect(live(world)).toBe(0)
  })

  it('by the user too, who lifts no end of an administrator with it', async () => {
    const world = await createWorld()
    await world.acquire(signedIn(startAtMs))
    await world.end('administrator')
    const again = signedIn(world.clock.now() + 1)
    const act = () => world.coldStart().end(again, { by: 'user' }, world.within())
    world.table.meanwhile = { call: 'publish', act }

    await expect(world.acquire(again)).rejects.toMatchObject({ code: 'sign-in-required' })

    expect((await world.itemOfAda())?.ended).toMatchObject({ needsSignIn: true })
    expect(live(world)).toBe(0)
  })

  it('counts a lease as live while a clock that is behind may think so', async () => {
    const world = await createWorld()
    await world.acquire(signedIn(startAtMs))
    await world.end('user')
    // The lease of the start has 5.5 seconds.
    const ahead = world.coldStart({ clock: world.clock.skewed(5_999) })
    const act = () => ahead.end(world.ada, { by: 'user' }, world.within())
    world.table.meanwhile = { call: 'publish', act }

    await world.acquire(signedIn(startAtMs))

    // The first start lost, and the acquire made another.
    expect(world.looker.counts().embedSessionsStarted).toBe(3)
    expect(live(world)).toBe(1)
  })
})

describe("an administrator's end", () => {
  it('after an end by the user asks for a sign-in as well', async () => {
    const world = await createWorld()
    await world.acquire(signedIn(startAtMs))
    await world.end('user')
    const former = (await world.itemOfAda())?.ended?.atMs ?? 0

    expect(await world.end('administrator')).toEqual(ok)

    const { ended } = (await world.itemOfAda()) ?? {}
    expect(ended).toMatchObject({ reason: 'administrator', needsSignIn: true })
    expect(ended?.atMs).toBeGreaterThan(former)
    const old = world.acquire(signedIn(former))
    await expect(old).rejects.toMatchObject({ code: 'sign-in-required' })
    await world.acquire(signedIn((ended?.atMs ?? 0) + 1))
    expect(live(world)).toBe(1)
  })

  it('is of all the sessions of the user, and of nobody else', async () => {
    const world = await createManyWorld()
    const devices = [onDevice('a'), onDevice('b')]
    for (const device of devices) await world.acquire(device)
    const bob = pageCaller({ user: { external_user_id: 'bob' } })
    await world.acquire(bob)

    expect(await world.end('administrator')).toEqual(ok)

    for (const device of devices) {
      const item = await itemOf(world, device)
      expect(item?.ended).toMatchObject({ reason: 'administrator', needsSignIn: true })
      expect(item?.sealed).toBeUndefined()
    }
    expect((await itemOf(world, bob))?.ended).toBeUndefined()
    expect(live(world)).toBe(1)
  })

  it("leaves an end by the user to one device's session", async () => {
    const world = await createManyWorld()
    await world.acquire(onDevice('a'))
    await world.acquire(onDevice('b'))

    expect(await world.end('user', onDevice('a'))).toEqual(ok)

    expect(world.table.calls.end).toBe(1)
    expect(live(world)).toBe(1)
  })

  it('is not confirmed while one of them is not', async () => {
    const world = await createManyWorld()
    await world.acquire(onDevice('a'))
    await world.acquire(onDevice('b'))
    // Altered in the table by somebody who cannot seal.
    const item = await itemOf(world, onDevice('a'))
    item?.sealed?.frame.reverse()

    expect(await world.end('administrator')).toEqual({ ended: true, confirmed: false })

    expect((await itemOf(world, onDevice('a')))?.ended?.needsSignIn).toBe(true)
    expect(live(world)).toBe(1)
  })

  it('is also of a session that another browser starts meanwhile', async () => {
    const world = await createManyWorld()
    await world.acquire(onDevice('a'))
    const process = world.coldStart({ sessionsPerUser: 'many' })
    const act = () => process.acquire(onDevice('b'), {}, world.within())
    world.table.meanwhile = { call: 'end', act }

    expect(await world.end('administrator')).toEqual(ok)

    expect(world.looker.counts().embedSessionsStarted).toBe(2)
    expect(live(world)).toBe(0)
  })

  it('gives up against other browsers without end', async () => {
    const world = await createManyWorld()
    await world.acquire(onDevice('a'))
    const process = world.coldStart({ sessionsPerUser: 'many' })
    const letters = ['b', 'c', 'd', 'e']
    const act = async (): Promise<void> => {
      const letter = letters.shift()
      const page = { deviceKey: new Secret((letter ?? '').repeat(22)) }
      // Signed in after all that ended so far.
      const visitor = { signedInAtMs: startAtMs + dayMs }
      await process.acquire(pageCaller({ page, visitor }), {}, world.within())
      world.table.meanwhile = { call: 'end', act }
    }
    world.table.meanwhile = { call: 'end', act }

    await expect(world.end('administrator')).rejects.toMatchObject({ code: 'session-in-progress' })

    expect(letters).toEqual(['e'])
  })

  it('ends ten at a time', async () => {
    const world = await createWorld()
    const { partition } = sessionKeyOf(instance, world.ada)
    const keys = Array.from({ length: 25 }, (_, at) => ({ partition, sort: `device#${at}` }))
    for (const key of keys) await startedSession(world.sessions, {}, key)
    const busy = { now: 0, most: 0 }
    const end: SessionStore['end'] = async (...asked) => {
      busy.now += 1
      busy.most = Math.max(busy.most, busy.now)
      await world.clock.sleep(10)
      busy.now -= 1
      return world.sessions.end(...asked)
    }
    const process = world.coldStart({ store: { ...world.sessions, end } })

    await world.clock.run(process.end(world.ada, { by: 'administrator' }, world.within()))

    expect(busy.most).toBe(10)
    const items = await world.sessions.listOfUser(partition)
    expect(items.filter(({ ended }) => ended?.needsSignIn)).toHaveLength(25)
  })
})

it('ends nothing any more once it was answered that the table is away', async () => {
  const world = await createManyWorld()
  const devices = ['a', 'b'].map(onDevice)
  for (const device of devices) await world.acquire(device)
  let drawn = 0
  // So that the two give up at different times.
  const process = world.coldStart({ sessionsPerUser: 'many', chance: () => (drawn++ % 2) * 0.9 })
  world.table.failing.set('read', 'unavailable')
  const ada = signedIn(startAtMs)
  const ending = world.clock.run(process.end(ada, { by: 'administrator' }, world.within()))

  await expect(ending).rejects.toMatchObject({ code: 'table-unavailable' })
  world.table.failing.clear()
  await world.clock.advance(60_000)

  for (const device of devices) expect((await itemOf(world, device))?.ended).toBeUndefined()
})
