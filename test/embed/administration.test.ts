// What administrators see of sessions and may do, and the sealed texts by which they name them.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAdministration } from '../../lib/embed/administration.ts'
import { KeysError } from '../../lib/errors.ts'
import { createKeys } from '../../lib/crypto/keys.ts'
import { createSealer } from '../../lib/crypto/sealer.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { createPolicyWorld, inBrowser } from './policy-world.ts'
import { tokensOf } from './session-world.ts'

const bad = { code: 'invalid-request' }
const named = (name: string, letter = 'a') =>
  inBrowser(letter, { user: { external_user_id: name } })
const failing = async () => {
  throw new KeysError('KMS is down')
}
const confirmed = { ended: true, confirmed: true }

const withUsers = async (count: number) => {
  const world = await createPolicyWorld({ sessionsPerUser: 'many' })
  for (let index = 0; index < count; index++) {
    await world.acquire(named(`user-${index}`))
    world.clock.skip(1_000)
  }
  const list = (asked: object = {}) =>
    world.clock.run(world.administration.list({ limit: 25, ...asked }, world.within()))
  const endOne = (id: string) => world.clock.run(world.administration.endOne(id, world.within()))
  const endAll = (user: string) =>
    world.clock.run(world.administration.endAll(user, world.within()))
  return { ...world, list, endOne, endAll }
}

const listedOne = async () => {
  const world = await withUsers(1)
  const { sessions } = await world.list()
  const [only] = sessions
  if (!only) throw new Error('nothing is listed')
  return { ...world, only }
}

describe('the list', () => {
  it('says who, since when, until when and with what', async () => {
    const { only } = await listedOne()

    expect(only).toEqual({
      id: expect.stringMatching(/^[\w-]{40,}$/),
      user: 'user-0',
      first_name: null,
      last_name: null,
      state: 'active',
      started_at: '2023-11-14T22:13:20.400Z',
      last_active_at: null,
      ends_at: '2023-11-14T22:43:20.400Z',
      ends_in: 1_799,
      stays_signed_in: false,
      user_agent: 'Browser/1',
      address: null,
      place: null,
    })
  })

  it('has the names that Looker was told', async () => {
    const world = await withUsers(0)
    const user = { external_user_id: 'grace', first_name: 'Grace', last_name: 'Hopper' }
    await world.acquire(inBrowser('a', { user }))

    const { sessions } = await world.list()

    expect(sessions).toMatchObject([{ user: 'grace', first_name: 'Grace', last_name: 'Hopper' }])
  })

  it('has one that does not open, of which nothing is known but its user, and which can be ended', async () => {
    const world = await listedOne()
    const item = await world.itemOf(named('user-0'))
    const nowAtMs = world.clock.now()
    const frame = new Uint8Array([1, 2])
    const generation = (item?.generation ?? 0) + 1
    const rest = { sessionId: undefined, claimsAtMs: 0, profileDigest: 'p', startMs: 0 }
    const times = { nowAtMs, dueAtMs: nowAtMs, ttlEpochSeconds: 9e9 }
    if (item) await world.sessions.replace(item.key, item, { frame, generation, ...rest, ...times })

    const { sessions } = await world.list()
    const end = await world.endOne(sessions[0]?.id ?? '')

    expect(sessions).toEqual([
      {
        ...world.only,
        id: expect.any(String),
        state: 'unreadable',
        started_at: null,
        ends_at: null,
        ends_in: 0,
        user_agent: null,
      },
    ])
    expect(end).toEqual({ ended: true, confirmed: false })
    expect((await world.list()).sessions).toMatchObject([{ state: 'ending', ends_in: 0 }])
    await expect(world.acquire(named('user-0'))).rejects.toMatchObject({ code: 'sign-in-required' })
  })

  it('goes page by page, each session once', async () => {
    const world = await withUsers(5)

    const first = await world.list({ limit: 2 })
    const second = await world.list({ limit: 2, cursor: first.next ?? '' })
    const third = await world.list({ limit: 2, cursor: second.next ?? '' })

    const users = [first, second, third].flatMap(({ sessions }) => sessions.map(({ user }) => user))
    expect(users).toEqual([0, 1, 2, 3, 4].map((index) => `user-${index}`))
    expect(third.next).toBeNull()
  })

  it('costs no more than one key of KMS, however many sessions it has and however often it is asked', async () => {
    const world = await withUsers(25)
    world.kms.resetCounts()

    const first = await world.list()
    await world.list()

    expect(first.sessions).toHaveLength(25)
    expect(world.kms.counts().GenerateDataKey).toBe(1)
  })

  it('of a user has those of all browsers, and no other', async () => {
    const world = await withUsers(2)
    await world.acquire(named('user-1', 'b'))

    const { sessions, next } = await world.list({ user: 'user-1' })

    expect(sessions.map(({ user }) => user)).toEqual(['user-1', 'user-1'])
    expect(next).toBeNull()
    expect((await world.list({ user: 'nobody' })).sessions).toEqual([])
  })

  it('shows the last activity where it is watched', async () => {
    const world = await createPolicyWorld({ policy: { inactivity_logout: true } })
    await world.acquire()
    world.clock.skip(60_000)
    await world.note(0)

    const { sessions } = await world.administration.list({ limit: 1 }, world.within())

    expect(sessions[0]?.last_active_at).toBe(new Date(world.clock.now()).toISOString())
  })

  it('says who stays signed in', async () => {
    const world = await withUsers(1)
    await world.acquire(named('stays'), { staySignedIn: true })

    const { sessions } = await world.list()

    expect(sessions.map(({ user, stays_signed_in }) => [user, stays_signed_in])).toEqual([
      ['user-0', false],
      ['stays', true],
    ])
  })

  it.each(['ada@example.com', 'a#b/c d%2', 'Zoë'])('tells and finds the user %s', async (name) => {
    const world = await withUsers(1)
    await world.acquire(named(name))

    const { sessions } = await world.list({ user: name })

    expect(sessions.map(({ user }) => user)).toEqual([name])
  })

  it('has the address of the start where it was recorded', async () => {
    const world = await createPolicyWorld()
    await world.acquire(
      inBrowser('a', { page: { location: { address: '192.0.2.1', place: 'Bonn' } } }),
    )
    await world.acquire(inBrowser('a', { page: { location: { address: '192.0.2.9' } } }))

    const { sessions } = await world.administration.list({ limit: 1 }, world.within())

    expect(sessions[0]).toMatchObject({ address: '192.0.2.1', place: 'Bonn' })
  })

  it('keeps one that Looker has not confirmed as ending', async () => {
    const world = await listedOne()
    world.looker.state.faults.set('delete_embed_cookieless_session', {
      kind: 'status',
      status: 503,
    })

    const end = await world.endOne(world.only.id)

    expect(end).toEqual({ ended: true, confirmed: false })
    expect((await world.list()).sessions).toMatchObject([{ state: 'ending', ends_in: 0 }])
  })
})

describe('a session that is over', () => {
  it.each([
    [1, 'active', 0],
    [0, 'ending', 0],
  ])('is told from one that lives: %i ms before its end it is %s', async (ms, state, ends_in) => {
    const world = await listedOne()
    const atMs = Date.parse(world.only.ends_at ?? '')
    world.clock.skip(atMs - ms - world.clock.now())

    const { sessions } = await world.list()

    expect(sessions).toMatchObject([{ state, ends_in, ends_at: world.only.ends_at }])
  })

  it('is in neither list once Looker confirmed it', async () => {
    const world = await listedOne()
    await world.endOne(world.only.id)

    const lists = [await world.list(), await world.list({ user: 'user-0' })]

    expect(lists.map(({ sessions }) => sessions)).toEqual([[], []])
  })

  it.each([
    [1, []],
    [0, ['ending']],
  ])('and kept for its times is in neither list till %i ms before they end', async (ms, states) => {
    const world = await withUsers(1)
    const tokens = tokensOf(await world.acquire(named('user-0')))
    world.looker.state.embed.sessions.endAll()
    await world.generate(tokens, named('user-0'))
    await world.sweep()
    const { dueAtMs = 0 } = (await world.itemOf(named('user-0'))) ?? {}
    world.clock.skip(dueAtMs - ms - world.clock.now())

    const lists = [await world.list(), await world.list({ user: 'user-0' })]

    const found = lists.map(({ sessions }) => sessions.map(({ state }) => state))
    expect(found).toEqual([states, states])
  })
})

describe('an end', () => {
  it('of one asks for a new sign-in in that browser', async () => {
    const world = await withUsers(1)
    const { sessions } = await world.list()
    await world.acquire(named('user-0', 'b'))

    expect(await world.endOne(sessions[0]?.id ?? '')).toEqual(confirmed)
    expect(await world.endOne(sessions[0]?.id ?? '')).toEqual(confirmed)

    await expect(world.acquire(named('user-0'))).rejects.toMatchObject({ code: 'sign-in-required' })
    expect(await world.acquire(named('user-0', 'b'))).toHaveProperty('api_token')
    expect(world.live()).toBe(1)
  })

  it('of all ends every browser of that user alone', async () => {
    const world = await withUsers(2)
    const other = tokensOf(await world.acquire(named('user-0', 'b')))

    expect(await world.endAll('user-0')).toEqual(confirmed)
    expect(await world.endAll('nobody')).toEqual(confirmed)

    expect(await world.generate(other, named('user-0', 'b'))).toEqual({
      session_reference_token_ttl: 0,
    })
    expect(world.live()).toBe(1)
  })
})

describe('an id', () => {
  it('is none with any character changed, cut or added, and ends nothing', async () => {
    const world = await listedOne()
    const { id } = world.only
    const edited = Array.from(id, (letter, at) => {
      return `${id.slice(0, at)}${letter === 'A' ? 'B' : 'A'}${id.slice(at + 1)}`
    })
    const texts = [
      ...edited,
      '',
      'x',
      id.slice(1),
      id.slice(0, -1),
      `${id}A`,
      `${id}=`,
      'A'.repeat(9_000),
    ]

    for (const text of texts) await expect(world.endOne(text)).rejects.toMatchObject(bad)

    expect(world.live()).toBe(1)
    expect((await world.list()).sessions).toMatchObject([{ state: 'active' }])
  })

  it('says where the mistake is, as an edited cursor does', async () => {
    const world = await withUsers(2)
    const { next } = await world.list({ limit: 1 })
    const cursors = [0, 40, (next ?? '').length - 2].map((at) => {
      const letter = next?.[at] === 'A' ? 'B' : 'A'
      return `${next?.slice(0, at)}${letter}${next?.slice(at + 1)}`
    })

    for (const cursor of [...cursors, '', 'x']) {
      const fields = [{ pointer: '/cursor' }]
      await expect(world.list({ cursor })).rejects.toMatchObject({ ...bad, fields })
    }
    await expect(world.endOne('x')).rejects.toMatchObject({ ...bad, fields: [{ pointer: '/id' }] })
  })

  it('is no cursor, and a cursor no id', async () => {
    const world = await withUsers(2)
    const { sessions, next } = await world.list({ limit: 1 })

    await expect(world.list({ cursor: sessions[0]?.id })).rejects.toMatchObject(bad)
    await expect(world.endOne(next ?? '')).rejects.toMatchObject(bad)

    expect(world.live()).toBe(2)
  })

  it.each([
    [3_599_000, true],
    [3_600_000, false],
  ])('after %i ms is good: %s', async (ms, good) => {
    const world = await listedOne()
    world.clock.skip(ms)

    const outcome = world.endOne(world.only.id).then(
      () => true,
      ({ code }) => code !== 'invalid-request',
    )

    expect(await outcome).toBe(good)
  })

  it.each([
    ['stage', { stage: 'other', table: 'test-table' }],
    ['table', { stage: 'test', table: 'other' }],
  ])('of another %s is none', async (_, { stage, table }) => {
    const world = await listedOne()
    const { clock } = world
    const keys = createKeys({ kms: createLocalKms(world.kms), stage, table, clock })
    const sealer = createSealer({
      keys,
      table,
      random: randomBytes,
      now: clock.now,
      keyMaxAgeSeconds: 86_400,
    })
    const elsewhere = createAdministration(world.partsOf({ sealer }))
    const { sessions } = await world.list()
    const foreign = await clock.run(
      elsewhere.endOne(sessions[0]?.id ?? '', world.within()).catch(String),
    )

    expect(foreign).toContain('It is not one that the list gave')

    expect(world.live()).toBe(1)
  })

  it('that cannot be opened while the keys are away is no mistake', async () => {
    const world = await listedOne()
    const { sealer } = world.partsOf()
    const administration = createAdministration(
      world.partsOf({ sealer: { ...sealer, open: failing } }),
    )

    const end = administration.endOne(world.only.id, world.within())

    await expect(end).rejects.toMatchObject({ code: 'keys-unavailable' })
  })

  it('tells no user', async () => {
    const { only } = await listedOne()

    expect(Buffer.from(only.id, 'base64url').toString('latin1')).not.toContain('user-0')
  })
})
