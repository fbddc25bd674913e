// Every embed session ended at once.
import { describe, expect, it } from 'vitest'
import { createRevokeSessions } from '../../lib/embed/revocation.ts'
import type { EmbedParts } from '../../lib/embed/parts.ts'
import { KeysError } from '../../lib/errors.ts'
import type { SessionItem } from '../../lib/store/session-store.ts'
import type { ItemKey } from '../../lib/store/token-store.ts'
import { createPolicyWorld, inBrowser, signedInAt, startAtMs } from './policy-world.ts'

const down = { kind: 'status', status: 503 } as const
const noPolicy = { policy: null, sessionsPerUser: 'many' } as const
const user = (index: number, letter = 'a') =>
  inBrowser(letter, { user: { external_user_id: `user-${index}` } })

const createRevocationWorld = async (
  options: Parameters<typeof createPolicyWorld>[0] = noPolicy,
) => {
  const world = await createPolicyWorld(options)
  const begin = (ms = 115_000, begunAtMs = world.clock.now(), changes: Partial<EmbedParts> = {}) =>
    createRevokeSessions(world.partsOf(changes))(begunAtMs, world.within(ms))
  return {
    ...world,
    begin,
    /** What became of them; how many this call locked out is of revocation-of-thousands.test.ts. */
    revoke: async (...given: Parameters<typeof begin>) => {
      const { buried: _, ...counts } = await world.clock.run(begin(...given))
      return counts
    },
    deletes: () => world.looker.counts().calls.delete_embed_cookieless_session ?? 0,
  }
}

const itemAt = async (store: EmbedParts['store'], key: ItemKey): Promise<SessionItem> => {
  const item = await store.read(key)
  if (!item) throw new Error('There is no item')
  return item
}

describe('sessions that are revoked', () => {
  it.each(['one', 'many'] as const)(
    'are over here and at Looker, of all users and devices: %s a user',
    async (sessionsPerUser) => {
      const world = await createRevocationWorld({ policy: null, sessionsPerUser })
      for (let index = 0; index < 25; index += 1) {
        await world.acquire(user(index, 'a'))
        await world.acquire(user(index, 'b'))
      }
      const living = sessionsPerUser === 'many' ? 50 : 25
      expect(world.live()).toBe(living)

      const counts = await world.revoke()

      expect(counts).toMatchObject({ left: 0, lost: 0 })
      expect(counts.ended).toBeGreaterThanOrEqual(living)
      expect(world.live()).toBe(0)
      expect(await world.due()).toEqual([])
    },
  )

  it('are not counted as locked out when they are gone, and the index has them still', async () => {
    const world = await createRevocationWorld()
    await world.acquire()
    const { store } = world.partsOf()
    const stale = await store.listPage({ limit: 10 })
    for (const { key } of stale.items) await store.forget(key, await itemAt(store, key))
    const listPage = async () => stale

    const counts = await world.clock.run(
      world.begin(undefined, undefined, { store: { ...store, listPage } }),
    )

    expect(stale.items).toHaveLength(1)
    expect(counts).toMatchObject({ buried: 0, left: 0 })
  })

  it('begin again only with a new sign-in', async () => {
    const world = await createRevocationWorld()
    await world.acquire(signedInAt(startAtMs))
    await world.revoke()

    await expect(world.acquire(signedInAt(startAtMs))).rejects.toMatchObject({
      code: 'sign-in-required',
    })
    await world.acquire(signedInAt(world.clock.now()))

    expect(world.live()).toBe(1)
  })

  it('also when they ended before without asking for a sign-in, and Looker has not confirmed', async () => {
    const world = await createRevocationWorld()
    await world.acquire()
    world.looker.state.faults.set('delete_embed_cookieless_session', down)
    await world.end()
    world.looker.state.faults.clear()
    expect((await world.itemOf())?.ended?.needsSignIn).toBe(false)

    expect(await world.revoke()).toEqual({ ended: 1, left: 0, lost: 0 })

    expect((await world.itemOf())?.ended).toMatchObject({ needsSignIn: true })
    expect(world.live()).toBe(0)
  })

  it('are read page by page', async () => {
    const world = await createRevocationWorld()
    for (let index = 0; index < 150; index += 1) await world.acquire(user(index))
    world.table.calls = {}

    expect(await world.revoke()).toEqual({ ended: 150, left: 0, lost: 0 })

    // Twice for the tombstones, once for Looker: two pages of 100 each time.
    expect(world.table.calls.listPage).toBe(6)
    expect(world.table.calls).toMatchObject({ end: 150, read: 300, forget: 150 })
    expect(world.deletes()).toBe(150)
  })

  it('are reported by their counts', async () => {
    const world = await createRevocationWorld()
    await world.acquire()

    await world.revoke()

    expect(world.seen('revoke-run')).toEqual([
      { name: 'revoke-run', what: 'sessions', ended: 1, left: 0, lost: 0 },
    ])
  })
})

describe('while Looker is away', () => {
  it('all are ended here, the schedule goes on, and a second call finishes', async () => {
    const world = await createRevocationWorld()
    for (let index = 0; index < 12; index += 1) await world.acquire(user(index))
    world.looker.state.faults.set('delete_embed_cookieless_session', down)

    const first = await world.revoke()
    const refused = await world.acquire(user(11)).catch((error: unknown) => error)
    world.looker.state.faults.queue('delete_embed_cookieless_session', [])
    world.looker.state.faults.clear()
    const swept = await world.sweep(8_000)
    const second = await world.revoke()

    expect(first).toEqual({ ended: 0, left: 12, lost: 0 })
    expect(refused).toMatchObject({ code: 'sign-in-required' })
    expect(swept.ended).toBe(12)
    expect(second).toEqual({ ended: 0, left: 0, lost: 0 })
    expect(world.live()).toBe(0)
  })

  it('a second call alone finishes too', async () => {
    const world = await createRevocationWorld()
    for (let index = 0; index < 12; index += 1) await world.acquire(user(index))
    world.looker.state.faults.set('delete_embed_cookieless_session', down)
    await world.revoke()
    world.looker.state.faults.clear()

    expect(await world.revoke()).toEqual({ ended: 12, left: 0, lost: 0 })

    expect(world.live()).toBe(0)
  })

  it('Looker is asked for a few of them, not for all', async () => {
    const world = await createRevocationWorld()
    for (let index = 0; index < 60; index += 1) await world.acquire(user(index))
    world.looker.state.faults.set('delete_embed_cookieless_session', down)
    const startedMs = world.clock.monotonic()

    expect(await world.revoke()).toEqual({ ended: 0, left: 60, lost: 0 })

    expect(world.clock.monotonic() - startedMs).toBeLessThan(30_000)
  })
})

/** The lease is taken and Looker has started it; then everything is revoked once, before the publication. */
const beforePublication = (world: Awaited<ReturnType<typeof createRevocationWorld>>) => {
  let revoking: ReturnType<typeof world.begin> | undefined
  world.table.meanwhile = {
    call: 'publish',
    act: async () => {
      revoking = world.begin()
      const { calls } = world.table
      while ((calls.listPage ?? 0) === 0) await Promise.resolve()
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
    },
  }
  return () => revoking ?? Promise.reject(new Error('not begun'))
}

describe('a start', () => {
  it('that is under way does not survive', async () => {
    const world = await createRevocationWorld()
    const revoking = beforePublication(world)
    await world.acquire()

    expect(await world.clock.run(revoking())).toMatchObject({ ended: 1, left: 0, lost: 0 })
    expect(world.live()).toBe(0)
    await expect(world.acquire()).rejects.toMatchObject({ code: 'sign-in-required' })
  })

  it('in the place of a session that ends meanwhile does not survive', async () => {
    const world = await createRevocationWorld()
    await world.acquire()
    const revoking = beforePublication(world)
    const otherBrowser = inBrowser('a', { page: { userAgent: 'Browser/2' } })
    const started = await world.acquire(otherBrowser).catch((error: unknown) => error)

    expect(started).toMatchObject({ code: 'sign-in-required' })
    expect(await world.clock.run(revoking())).toMatchObject({ left: 0 })
    expect(world.live()).toBe(0)
  })

  it('that began long after the call is left alone by those that finish it', async () => {
    const world = await createRevocationWorld()
    await world.acquire()
    const begunAtMs = world.clock.now()
    await world.revoke()
    await world.acquire(signedInAt(world.clock.now()))

    expect(await world.revoke(115_000, begunAtMs)).toEqual({ ended: 0, left: 0, lost: 0 })

    expect(world.live()).toBe(1)
  })
})

const withoutKeys = (world: Awaited<ReturnType<typeof createRevocationWorld>>) => ({
  sealer: {
    ...world.partsOf().sealer,
    open: () => Promise.reject(new KeysError('away', 'no keys')),
  },
})

describe('a record', () => {
  it('that does not open is over here, and lost at Looker', async () => {
    const world = await createRevocationWorld()
    await world.acquire()
    const item = await world.itemOf()
    if (!item?.sealed) throw new Error('no session')
    const { sealed, ...rest } = item
    const frame = Uint8Array.from(sealed.frame, (byte, index) => (index === 80 ? byte ^ 1 : byte))
    const broken = { ...rest, sealed: { ...sealed, frame } }
    const read = world.watched.read
    const store = {
      ...world.watched,
      listPage: async () => ({
        items: (await read(item.key))?.sealed ? [{ ...broken, ...(await endOf()) }] : [],
        next: undefined,
      }),
    }
    const endOf = async () => {
      const ended = (await read(item.key))?.ended
      return ended ? { ended } : {}
    }

    expect(await world.revoke(115_000, startAtMs - 60_000, { store })).toMatchObject({ lost: 1 })

    await expect(world.acquire()).rejects.toMatchObject({ code: 'sign-in-required' })
  })

  it('of which KMS gives no key just now is over here, and left', async () => {
    const world = await createRevocationWorld()
    await world.acquire()

    const counts = await world.revoke(115_000, world.clock.now(), withoutKeys(world))

    expect(counts).toEqual({ ended: 0, left: 1, lost: 0 })
    await expect(world.acquire()).rejects.toMatchObject({ code: 'sign-in-required' })
    expect(await world.revoke()).toEqual({ ended: 1, left: 0, lost: 0 })
  })
})

describe('without the time for it', () => {
  it('a call says that something is left', async () => {
    const world = await createRevocationWorld()
    await world.acquire()

    expect(await world.revoke(6_000)).toEqual({ ended: 0, left: 1, lost: 0 })

    expect(world.live()).toBe(1)
  })

  it('for a second look neither', async () => {
    const world = await createRevocationWorld()
    await world.acquire()

    expect(await world.revoke(8_000)).toMatchObject({ left: 1 })

    expect((await world.itemOf())?.ended).toMatchObject({ reason: 'administrator' })
  })
})

describe('a table that fails', () => {
  it('is told as what it is', async () => {
    const world = await createRevocationWorld()
    world.table.failing.set('listPage', 'throttled')

    await expect(world.revoke()).rejects.toMatchObject({ code: 'table-throttled' })
  })
})
