import { expect, test } from 'vitest'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import type { TokenItem, TokenStore } from '../../lib/store/token-store.ts'
import { itemKeyOf } from '../../lib/tokens/principal.ts'
import { service, user } from './fleet.ts'
import { codesOf, createVirtualFleet, distinct, leaseMs, tokenOf } from './virtual-fleet.ts'

/** A store whose items somebody edits on their way out, until a token is published anew. */
const editedStore = () => {
  const store = createMemoryTokenStore()
  let edit: ((item: TokenItem) => TokenItem) | undefined
  const edited = (item: TokenItem | undefined) => (item && edit ? edit(item) : item)
  const editing: TokenStore = {
    ...store,
    read: async (...args) => edited(await store.read(...args)),
    takeLease: async (key, claim) => {
      const seen = claim.seen && edit ? await store.read(key) : claim.seen
      const outcome = await store.takeLease(key, { ...claim, seen })
      return { ...outcome, item: edited(outcome.item) }
    },
    publish: async (...args) => {
      edit = undefined
      return store.publish(...args)
    },
  }
  return {
    store: editing,
    edit: (change: (item: TokenItem) => TokenItem) => {
      edit = change
    },
  }
}

const flipped = (frame: Uint8Array, at: number): Uint8Array =>
  frame.map((byte, index) => (index === at ? byte ^ 1 : byte))

const sealedOf = ({ sealed }: TokenItem) => {
  if (!sealed) throw new Error('the item has no token')
  return sealed
}

test.each<[string, (item: TokenItem) => TokenItem]>([
  [
    'a flipped bit',
    (item) => {
      const { frame, generation } = sealedOf(item)
      return { ...item, sealed: { generation, frame: flipped(frame, frame.length - 1) } }
    },
  ],
  [
    'a foreign version of the frame',
    (item) => {
      const { frame, generation } = sealedOf(item)
      return { ...item, sealed: { generation, frame: frame.with(0, 250) } }
    },
  ],
  ['no bytes', (item) => ({ ...item, sealed: { ...sealedOf(item), frame: new Uint8Array() } })],
  [
    'random bytes',
    (item) => ({ ...item, sealed: { ...sealedOf(item), frame: new Uint8Array(600).fill(7) } }),
  ],
  [
    'an edited token generation',
    (item) => ({ ...item, sealed: { ...sealedOf(item), generation: item.generation + 5 } }),
  ],
])(
  'an item with %s is reported and replaced by one login of the whole fleet',
  async (_, change) => {
    const { store, edit } = editedStore()
    const fleet = await createVirtualFleet({ store })
    await fleet.served(fleet.coldStart())
    edit(change)

    const outcomes = await fleet.run(
      Promise.all(Array.from({ length: 20 }, () => fleet.outcome(fleet.coldStart()))),
    )

    expect(codesOf(outcomes)).toEqual(['ok'])
    expect(distinct(outcomes.map(tokenOf))).toBe(1)
    expect(fleet.logins()).toBe(2)
    expect(fleet.eventsOf('item-unreadable').length).toBeGreaterThan(0)
  },
)

test('the ciphertext of one principal, moved to another, does not open there', async () => {
  const { store, edit } = editedStore()
  const fleet = await createVirtualFleet({ store })
  await fleet.served(fleet.coldStart(), user('1'))
  await fleet.served(fleet.coldStart(), user('2'))
  const foreign = await store.read(itemKeyOf(user('2')))
  edit((item) =>
    item.key.partition === itemKeyOf(user('1')).partition && foreign?.sealed
      ? { ...item, sealed: { ...foreign.sealed, generation: sealedOf(item).generation } }
      : item,
  )

  const outcome = await fleet.served(fleet.coldStart(), user('1'))

  const token = fleet.looker.state.tokens.find(tokenOf(outcome).secret.reveal())
  expect(token).toMatchObject({ userId: '1' })
  expect(fleet.looker.counts().userLogins).toBe(3)
})

const senseless: readonly [string, (item: TokenItem) => TokenItem][] = [
  ['a time-to-live long past', (item) => ({ ...item, ttlEpochSeconds: 1 })],
  ['another used generation', (item) => ({ ...item, usedGeneration: 1 })],
  ['a login time of a day', (item) => ({ ...item, loginMs: 86_400_000 })],
  [
    'a shared failure until the year 5000',
    (item) => ({ ...item, failure: { reason: 'timeout', count: 9, notBeforeAtMs: 95_617_584e6 } }),
  ],
  [
    'a lease until the year 5000',
    (item) => ({
      ...item,
      lease: { owner: 'nobody', untilAtMs: 95_617_584e6, lengthMs: 95_617_584e6 },
    }),
  ],
]

test.each(senseless)('%s keeps nobody from a token that is still good', async (_, change) => {
  const { store, edit } = editedStore()
  const fleet = await createVirtualFleet({ store })
  await fleet.served(fleet.coldStart())
  edit(change)

  const outcome = await fleet.served(fleet.coldStart())

  expect(outcome).toMatchObject({ code: 'ok', tookMs: 0 })
  expect(fleet.logins()).toBe(1)
})

test.each(senseless)('%s keeps nobody from replacing a token that ended', async (_, change) => {
  const store = createMemoryTokenStore()
  let shown = change
  const fleet = await createVirtualFleet({
    store: {
      ...store,
      read: async (...args) => {
        const item = await store.read(...args)
        return item && shown(item)
      },
      takeLease: async (key, claim) => {
        const seen = await store.read(key)
        const outcome = await store.takeLease(key, { ...claim, seen })
        if (outcome.taken) shown = (item) => item
        return outcome
      },
    },
  })
  await fleet.served(fleet.coldStart())
  await fleet.clock.advance(3_600_000)
  shown = change

  const outcome = await fleet.served(fleet.coldStart())

  expect(outcome.code).toBe('ok')
  expect(outcome.tookMs).toBeLessThanOrEqual(1.1 * leaseMs + 400)
  expect(fleet.logins()).toBe(2)
})

test('a memory that holds an edited, higher generation takes the newer token once its own ended', async () => {
  const fleet = await createVirtualFleet()
  const environment = fleet.coldStart()
  const seen = await fleet.itemOf()
  await fleet.store.takeLease(itemKeyOf(service), {
    seen,
    owner: 'somebody',
    generation: 9e14,
    nowAtMs: 0,
    lengthMs: 1,
    skewMs: 0,
    ttlEpochSeconds: 0,
  })
  const held = tokenOf(await fleet.served(environment))

  await fleet.clock.advance(3_600_000)
  const next = tokenOf(await fleet.served(environment))

  expect(held.generation).toBe(9e14 + 1)
  expect(next.expiresAtMs).toBeGreaterThan(fleet.clock.now())
})

/** Eventually consistent reads show the item as it stood before the last change. */
const staleStore = () => {
  const store = createMemoryTokenStore()
  let before: TokenItem | undefined
  const state = { stale: false, strongReads: 0, weakReads: 0 }
  const remembering =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      before = await store.read(itemKeyOf(service))
      return call(...args)
    }
  const wrapped: TokenStore = {
    ...store,
    takeLease: store.takeLease,
    publish: remembering(store.publish),
    read: async (key, options) => {
      if (options?.consistent === true) state.strongReads += 1
      else state.weakReads += 1
      return state.stale && options?.consistent !== true ? before : store.read(key)
    },
  }
  return { store: wrapped, state }
}

test('a stale read after publication costs one strong read at most, and no login', async () => {
  const { store, state } = staleStore()
  const fleet = await createVirtualFleet({ store })
  const first = tokenOf(await fleet.served(fleet.coldStart()))
  state.stale = true
  Object.assign(state, { strongReads: 0, weakReads: 0 })

  const outcome = await fleet.served(fleet.coldStart())

  expect(tokenOf(outcome).secret.digest()).toBe(first.secret.digest())
  expect(state).toMatchObject({ weakReads: 1, strongReads: 1 })
  expect(fleet.logins()).toBe(1)
})

test('a stale read that shows no item at all costs one refused write, and no login', async () => {
  const { store, state } = staleStore()
  const fleet = await createVirtualFleet({
    store: {
      ...store,
      read: async (key, options) =>
        state.stale && !options?.consistent ? undefined : store.read(key, options),
    },
  })
  const first = tokenOf(await fleet.served(fleet.coldStart()))
  state.stale = true
  fleet.table.calls.takeLease = 0

  const outcome = await fleet.served(fleet.coldStart())

  expect(tokenOf(outcome).secret.digest()).toBe(first.secret.digest())
  expect(fleet.table.calls.takeLease).toBe(1)
  expect(fleet.logins()).toBe(1)
})

test.each(['takeLease', 'publish'] as const)(
  'when the reply to %s is lost the leader knows its own work again: one login, one token for all',
  async (operation) => {
    const fleet = await createVirtualFleet()
    fleet.table.lostReplies[operation] = 1

    const outcomes = await fleet.run(
      Promise.all(Array.from({ length: 10 }, () => fleet.outcome(fleet.coldStart()))),
    )

    expect(codesOf(outcomes)).toEqual(['ok'])
    expect(distinct(outcomes.map(tokenOf))).toBe(1)
    expect(fleet.logins()).toBe(1)
    expect(fleet.eventsOf('token-not-stored')).toEqual([])
  },
)

test('when no reply to a publication ever arrives its environment serves the token, as do the others', async () => {
  const fleet = await createVirtualFleet()
  fleet.table.lostReplies.publish = 2
  const environment = fleet.coldStart()

  const own = tokenOf(await fleet.served(environment))
  const other = tokenOf(await fleet.served(fleet.coldStart()))
  await fleet.clock.advance(1_000)
  const refusedDigest = own.secret.digest()
  const replaced = await fleet.served(environment, service, { refusedDigest })

  expect(own.generation).toBe(0)
  expect(other.secret.digest()).toBe(own.secret.digest())
  expect(replaced.code).toBe('ok')
  expect((await fleet.itemOf())?.refused).toMatchObject({ count: 1 })
  expect(fleet.logins()).toBe(2)
})

test('a lost reply to a release leaves the failure where it is', async () => {
  const fleet = await createVirtualFleet()
  fleet.table.lostReplies.release = 1
  fleet.looker.setFault('login', { kind: 'status', status: 503 })

  const outcomes = [await fleet.served(fleet.coldStart()), await fleet.served(fleet.coldStart())]

  expect(codesOf(outcomes)).toEqual(['looker-unavailable'])
  expect(fleet.looker.counts().calls.login).toBe(1)
})

test('an item that disappears while its leader logs in is made anew, and every token but one logged out', async () => {
  const store = createMemoryTokenStore()
  let gone = false
  const fleet = await createVirtualFleet({
    store: {
      ...store,
      publish: async (...args) => {
        if (gone) return store.publish(...args)
        gone = true
        return { applied: false, item: undefined }
      },
      release: async () => false,
    },
  })

  const outcome = await fleet.served(fleet.coldStart())

  expect(outcome.code).toBe('ok')
  expect(fleet.looker.state.tokens.countLive()).toBe(1)
  expect(outcome.tookMs).toBeLessThanOrEqual(12_000)
})

test('a claim that is refused although nothing stands against it is not repeated without a pause', async () => {
  const store = createMemoryTokenStore()
  const fleet = await createVirtualFleet({
    store: { ...store, takeLease: async (key) => ({ taken: false, item: await store.read(key) }) },
  })

  const outcome = await fleet.served(fleet.coldStart())

  expect(outcome.code).toBe('login-in-progress')
  expect(fleet.table.calls.takeLease).toBeLessThanOrEqual(140)
})
