// Sessions of a tenant with a policy, from their start to their end.
import { describe, expect, it } from 'vitest'
import {
  ada,
  createPolicyWorld,
  inBrowser,
  policyOf,
  signedInAt,
  startAtMs,
} from './policy-world.ts'
import { watchEmbedding } from '../scenarios/embed-stage.ts'
import { tokensOf } from './session-world.ts'

const minutes = (count: number) => count * 60_000
const hours = (count: number) => minutes(60 * count)
const refused = { code: 'sign-in-required' }
const otherAgent = inBrowser('a', { page: { userAgent: 'Browser/2' } })

const keyless = { page: { deviceKey: undefined } }
const claimed = { ...keyless, visitor: { deviceClaim: 'laptop' } }

describe('what Looker is asked for', () => {
  it.each([
    { who: 'the longest lifetime and 30 seconds', seconds: 43_230 },
    { who: '30 days at most', staySignedIn: true, seconds: 2_592_000, stays: true },
    {
      who: 'no more than others where nobody may stay',
      policy: { persistent_sessions: false },
      staySignedIn: true,
      seconds: 43_230,
    },
    {
      who: 'no more for a browser that nothing tells apart',
      staySignedIn: true,
      caller: inBrowser('a', keyless),
      seconds: 43_230,
    },
    {
      who: 'a stay for a device that a claim names',
      staySignedIn: true,
      caller: inBrowser('a', claimed),
      seconds: 2_592_000,
      stays: true,
    },
    {
      who: 'the given lifetime for who stays',
      policy: { max_lifetime: 7_200 },
      staySignedIn: true,
      seconds: 7_230,
      stays: true,
    },
  ])(
    'is $who',
    async ({ policy = {}, staySignedIn = false, caller = ada, seconds, stays = false }) => {
      const world = await createPolicyWorld({ policy })
      const { started } = watchEmbedding(world.looker.state)

      await world.acquire(caller, { staySignedIn })

      const asked = started.map(({ session }) => (session.expiresAtMs - world.clock.now()) / 1000)
      expect(asked).toEqual([seconds])
      expect(await world.state(caller)).toMatchObject({ stays_signed_in: stays })
    },
  )
})

describe('the lives that a page is told', () => {
  it('end with the session, at the start, at a join and with the next tokens', async () => {
    const world = await createPolicyWorld()
    const first = await world.acquire()
    world.clock.skip(minutes(30) - 20_000)

    const joined = await world.acquire()
    const next = await world.generate(tokensOf(joined))

    expect(first.session_reference_token_ttl).toBe(1_800)
    expect(joined).toMatchObject({
      authentication_token_ttl: 20,
      navigation_token_ttl: 20,
      api_token_ttl: 20,
      session_reference_token_ttl: 20,
    })
    expect(next).toMatchObject({ api_token_ttl: 20, session_reference_token_ttl: 20 })
    expect(world.looker.counts().embedSessionsStarted).toBe(1)
  })
})

const endedSession = async (afterMs = minutes(30) + 5_000) => {
  const world = await createPolicyWorld()
  const tokens = tokensOf(await world.acquire())
  const atMs = Date.parse((await world.state()).ends_at ?? '')
  world.clock.skip(afterMs)
  return { ...world, tokens, atMs }
}

describe('a session whose time is over', () => {
  it('is ended by an acquire, here and at Looker, and asks for a new sign-in', async () => {
    const world = await endedSession()

    await expect(world.acquire()).rejects.toMatchObject(refused)

    const item = await world.itemOf()
    expect(item?.ended).toEqual({ atMs: world.atMs, reason: 'expired', needsSignIn: true })
    expect(item?.sealed).toBeUndefined()
    expect(world.live()).toBe(0)
    await expect(world.acquire(signedInAt(world.atMs))).rejects.toMatchObject(refused)
    expect((await world.acquire(signedInAt(world.atMs + 1))).session_reference_token_ttl).toBe(
      1_800,
    )
  })

  it('is ended by a page that asks for tokens', async () => {
    const world = await endedSession()

    expect(await world.generate(world.tokens)).toEqual({ session_reference_token_ttl: 0 })

    expect((await world.itemOf())?.ended).toMatchObject({ atMs: world.atMs, needsSignIn: true })
    expect(world.live()).toBe(0)
    expect(world.seen('session-ended')).toHaveLength(1)
  })

  it('is told so by its state, whether or not somebody wrote it', async () => {
    const world = await endedSession()
    const told = { state: 'ended', reason: 'expired', sign_in_required: true }

    const before = await world.state()
    await world.generate(world.tokens)
    const after = await world.state()

    expect(before).toMatchObject(told)
    expect(after).toEqual(before)
    expect(await world.state(signedInAt(world.atMs + 1))).toMatchObject({ sign_in_required: false })
  })

  it('is neither extended nor kept by activity', async () => {
    const world = await endedSession()

    await expect(world.extend()).rejects.toMatchObject({ code: 'not-found' })
    await expect(world.note(0)).rejects.toMatchObject({ code: 'not-found' })

    expect((await world.itemOf())?.ended).toMatchObject({ reason: 'expired' })
  })

  it('is over at the very instant, and lives just before', async () => {
    const world = await endedSession(0)
    world.clock.skip(world.atMs - 1 - world.clock.now())

    const before = await world.state()
    world.clock.skip(1)

    expect(before.state).toBe('ended')
    await expect(world.acquire()).rejects.toMatchObject(refused)
  })
})

describe('settings that changed', () => {
  it('end a living session where they are shorter', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(6))

    const shorter = world.coldStart({ policy: policyOf({ session_duration: 300 }) })

    await expect(world.acquire(ada, {}, shorter)).rejects.toMatchObject(refused)
    expect(world.live()).toBe(0)
  })

  it('lengthen nothing where they are longer', async () => {
    const world = await createPolicyWorld()
    await world.acquire()

    const longer = world.coldStart({ policy: policyOf({ session_duration: 86_400 }) })

    expect((await world.state(ada, longer)).ends_in).toBeLessThanOrEqual(1_800)
  })

  it('count a session of the time without a policy from its start', async () => {
    const world = await createPolicyWorld({ policy: null })
    await world.acquire()
    const now = world.coldStart({ policy: policyOf() })
    world.clock.skip(minutes(29))

    const before = await world.state(ada, now)
    world.clock.skip(minutes(2))

    expect(before).toMatchObject({ state: 'active', may_extend: true })
    await expect(world.acquire(ada, {}, now)).rejects.toMatchObject(refused)
  })
})

const lose = ({ looker }: Awaited<ReturnType<typeof createPolicyWorld>>) =>
  looker.state.embed.sessions.endAll()

describe('a start in the place of a session', () => {
  it.each([
    'another user agent',
    'another profile',
    'lost at Looker',
    'a lost one that was noticed',
  ])('goes on with its time (%s)', async (why) => {
    const world = await createPolicyWorld({ sessionsPerUser: 'many' })
    const tokens = tokensOf(await world.acquire())
    world.clock.skip(minutes(20))
    if (why.includes('lost')) lose(world)
    if (why.includes('noticed')) await world.generate(tokens)
    const profile = inBrowser('a', { user: { models: ['n'] } })
    const caller =
      why === 'another user agent' ? otherAgent : why === 'another profile' ? profile : ada

    const { session_reference_token_ttl: seconds } = await world.acquire(caller)

    expect(seconds).toBeLessThanOrEqual(600)
    expect(world.looker.counts().embedSessionsStarted).toBe(2)
  })

  it.each(['another user agent', 'lost at Looker'])(
    'of who stays lives at Looker as long as that, though this page did not ask to stay (%s)',
    async (why) => {
      const world = await createPolicyWorld({ sessionsPerUser: 'many' })
      await world.acquire(ada, { staySignedIn: true })
      world.clock.skip(minutes(20))
      if (why === 'lost at Looker') lose(world)
      const caller = why === 'lost at Looker' ? ada : otherAgent

      const { session_reference_token_ttl: seconds } = await world.acquire(caller)
      world.clock.skip(minutes(60 * 24 * 29))

      expect(seconds).toBeGreaterThan(2_592_000 - 1_200 - 5)
      expect(await world.state(caller)).toMatchObject({ state: 'active', stays_signed_in: true })
      expect(world.looker.counts().embedSessionsStarted).toBe(2)
    },
  )

  it('begins anew for who signed in since', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(20))

    const since = inBrowser('a', {
      visitor: { signedInAtMs: startAtMs + minutes(10) },
      page: { userAgent: 'Browser/2' },
    })

    expect((await world.acquire(since)).session_reference_token_ttl).toBe(1_800)
  })

  it('asks for a sign-in once the time of a lost session is over', async () => {
    const world = await createPolicyWorld()
    const tokens = tokensOf(await world.acquire())
    world.clock.skip(minutes(20))
    lose(world)
    await world.generate(tokens)
    await world.sweep()
    const lost = (await world.itemOf())?.ended
    world.clock.skip(minutes(11))

    const state = await world.state()

    expect(lost).toMatchObject({ reason: 'ended-at-looker', needsSignIn: false })
    expect(state).toMatchObject({ reason: 'expired', sign_in_required: true })
    await expect(world.acquire()).rejects.toMatchObject(refused)
  })
})

describe('a sign-out', () => {
  it.each([
    ['with a policy asks for a new sign-in', {}, true],
    ['without one does not', null, false],
  ])('%s', async (_, policy, needsSignIn) => {
    const world = await createPolicyWorld({ policy })
    await world.acquire()

    await world.end()

    expect((await world.itemOf())?.ended).toMatchObject({ reason: 'signed-out', needsSignIn })
  })
})

describe('one browser at a time', () => {
  const options = { policy: { concurrent_sessions: false }, sessionsPerUser: 'many' } as const

  it('ends the session of the first, here and at Looker, and leaves the second alone', async () => {
    const world = await createPolicyWorld(options)
    await world.acquire(ada)
    world.clock.skip(1_000)
    const second = tokensOf(await world.acquire(inBrowser('b')))

    const { ended } = (await world.itemOf()) ?? {}

    expect(ended).toMatchObject({ reason: 'replaced', needsSignIn: true })
    expect(world.live()).toBe(1)
    await expect(world.acquire(ada)).rejects.toMatchObject(refused)
    expect(await world.generate(second, inBrowser('b'))).toHaveProperty('api_token')
  })

  it.each(['one', 'many'] as const)(
    'is the second, though the clock was set back since the first (%s a user at Looker)',
    async (sessionsPerUser) => {
      const world = await createPolicyWorld({ ...options, sessionsPerUser })
      await world.acquire(ada)
      world.clock.jump(-2_000)
      const second = tokensOf(await world.acquire(inBrowser('b')))

      const { ended } = (await world.itemOf()) ?? {}

      expect(ended).toMatchObject({ reason: 'replaced', needsSignIn: true })
      expect(world.live()).toBe(1)
      expect(await world.generate(second, inBrowser('b'))).toHaveProperty('api_token')
    },
  )

  it('leaves one of two that start at the same time', async () => {
    const world = await createPolicyWorld(options)
    const callers = ['a', 'b', 'c'].map((letter) => inBrowser(letter))

    await world.clock.run(
      Promise.allSettled(
        callers.map((caller) => world.coldStart().acquire(caller, {}, world.within())),
      ),
    )

    const items = await Promise.all(callers.map((caller) => world.itemOf(caller)))
    expect(items.filter((item) => item?.sealed && !item.ended)).toHaveLength(1)
    expect(world.live()).toBe(1)
  })

  it('counts for the start that was published late, too', async () => {
    const world = await createPolicyWorld(options)
    const later = inBrowser('b')
    world.table.meanwhile = {
      call: 'publish',
      act: async () => {
        world.clock.skip(500)
        await world.coldStart().acquire(later, {}, world.within())
      },
    }

    await expect(world.acquire(ada)).rejects.toMatchObject(refused)

    expect((await world.itemOf(later))?.ended).toBeUndefined()
    expect(world.live()).toBe(1)
  })

  it('is not asked for by default', async () => {
    const world = await createPolicyWorld({ sessionsPerUser: 'many' })
    await world.acquire(ada)
    await world.acquire(inBrowser('b'))

    expect(world.live()).toBe(2)
  })
})

describe('inactivity', () => {
  it('ends one browser and leaves another', async () => {
    const world = await createPolicyWorld({
      policy: { inactivity_logout: true },
      sessionsPerUser: 'many',
    })
    const idle = tokensOf(await world.acquire(ada))
    const busy = tokensOf(await world.acquire(inBrowser('b')))
    world.clock.skip(minutes(10))
    await world.note(0, inBrowser('b'))
    world.clock.skip(minutes(6))

    const ended = await world.generate(idle, ada)
    const going = await world.generate(busy, inBrowser('b'))

    expect(ended).toEqual({ session_reference_token_ttl: 0 })
    expect(going).toHaveProperty('api_token')
    expect((await world.itemOf())?.ended).toMatchObject({ reason: 'inactive', needsSignIn: true })
    expect(world.live()).toBe(1)
  })
})

describe('a new device key', () => {
  const many = { sessionsPerUser: 'many' } as const
  const other = inBrowser('z')

  it('is no way around the sign-in that an end asks for', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(hours(1))
    await world.sweep()

    await expect(world.acquire(other)).rejects.toMatchObject(refused)
  })

  it('is none around an end that nobody has written yet', async () => {
    const world = await createPolicyWorld(many)
    await world.acquire()
    world.clock.skip(minutes(31))

    await expect(world.acquire(other)).rejects.toMatchObject(refused)

    expect(await world.acquire(signedInAt(world.clock.now(), 'z'))).toHaveProperty('api_token')
  })

  it('is none around the end of the session that the same sign-in began', async () => {
    const world = await createPolicyWorld(many)
    await world.acquire()
    world.clock.skip(minutes(20))

    const { session_reference_token_ttl: seconds } = await world.acquire(other)

    expect(seconds).toBeLessThanOrEqual(600)
    expect(seconds).toBeGreaterThan(590)
    expect(await world.generate(tokensOf(await world.acquire()))).toHaveProperty('api_token')
  })

  it('is none around the longest lifetime', async () => {
    const world = await createPolicyWorld({ ...many, policy: { max_lifetime: 2_400 } })
    await world.acquire()
    const lastsUntilMs = world.clock.now() + 2_400_000
    world.clock.skip(minutes(29))
    await world.acquire(other)

    const { ends_at, extends_to } = await world.extend(other)

    expect(Date.parse(ends_at ?? '')).toBeLessThanOrEqual(lastsUntilMs)
    expect(extends_to).toBeNull()
  })

  it('is none around a session that Looker lost', async () => {
    const world = await createPolicyWorld(many)
    const tokens = tokensOf(await world.acquire())
    world.clock.skip(minutes(20))
    lose(world)
    await world.generate(tokens)

    const { session_reference_token_ttl: seconds } = await world.acquire(other)

    expect(seconds).toBeLessThanOrEqual(600)
  })

  it('is not what one with a session of its own is, whatever ends elsewhere', async () => {
    const world = await createPolicyWorld(many)
    await world.acquire()
    await world.acquire(other)
    await world.end()
    const { visitor, page } = other

    const answer = world.acquire({ visitor, page: { ...page, userAgent: 'Browser/2' } })

    expect(await answer).toHaveProperty('api_token')
  })

  it('has a time of its own after a sign-in since', async () => {
    const world = await createPolicyWorld(many)
    await world.acquire()
    world.clock.skip(minutes(20))

    const answer = await world.acquire(signedInAt(world.clock.now(), 'z'))

    expect(answer.session_reference_token_ttl).toBe(1_800)
  })

  it('is no matter to a browser whose own session ended before the sign-in', async () => {
    const world = await createPolicyWorld(many)
    await world.acquire()
    await world.end()
    world.clock.skip(1_000)
    const signedInAtMs = world.clock.now()
    await world.acquire(signedInAt(signedInAtMs, 'b'))
    world.clock.skip(minutes(20))

    const answer = await world.acquire(signedInAt(signedInAtMs))

    expect(answer.session_reference_token_ttl).toBe(1_800)
  })

  it('stays signed in as the other does, and no more', async () => {
    const world = await createPolicyWorld(many)
    await world.acquire(ada, { staySignedIn: true })
    const staying = await world.acquire(inBrowser('b'), { staySignedIn: true })
    const ordinary = await world.acquire(inBrowser('c'))

    const wishing = await world.acquire(inBrowser('d'), { staySignedIn: true })

    const seconds = [staying, ordinary, wishing].map((one) => one.session_reference_token_ttl)
    expect(seconds[0]).toBeGreaterThan(2_591_000)
    expect(Math.max(...seconds.slice(1))).toBeLessThanOrEqual(1_800)
    expect(await world.state(inBrowser('d'))).toMatchObject({ stays_signed_in: false })
  })

  it('is no matter without a policy', async () => {
    const world = await createPolicyWorld({ ...many, policy: null })
    const first = await world.acquire()
    world.clock.skip(minutes(5))

    const { session_reference_token_ttl: seconds } = await world.acquire(other)

    expect(seconds).toBe(first.session_reference_token_ttl)
  })
})

describe('the last seconds of 30 days, the longest that Looker gives', () => {
  const stay = { staySignedIn: true }
  const days30 = hours(24 * 30)

  it('are no way to a new time', async () => {
    const world = await createPolicyWorld()
    const first = tokensOf(await world.acquire(ada, stay))
    world.clock.skip(days30 - 20_000)

    const last = await world.acquire(ada, stay)

    expect(world.looker.counts().embedSessionsStarted).toBe(2)
    expect(last.session_reference_token_ttl).toBeLessThanOrEqual(20)
    expect(await world.generate(first)).toEqual({ session_reference_token_ttl: 0 })
    world.clock.skip(20_000)
    expect(await world.generate(tokensOf(last))).toEqual({ session_reference_token_ttl: 0 })
    await expect(world.acquire(ada, stay)).rejects.toMatchObject(refused)
    await world.sweep()
    expect(world.live()).toBe(0)
  })
})

describe('the last second', () => {
  it.each([
    ['expired', {}, minutes(30)],
    ['inactive', { inactivity_logout: true }, minutes(15)],
  ])('is told as the end that it is (%s)', async (reason, policy, lifeMs) => {
    const world = await createPolicyWorld({ policy })
    await world.acquire()
    const endsAtMs = Date.parse((await world.state()).ends_at ?? '')
    world.clock.skip(endsAtMs - 500 - world.clock.now())

    expect(await world.state()).toMatchObject({ state: 'ended', reason, sign_in_required: true })

    expect(endsAtMs).toBeGreaterThanOrEqual(startAtMs + lifeMs)
  })
})
