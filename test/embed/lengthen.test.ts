// Extensions of a session and reports of activity: the limits, conflicts, and parts that fail.
import { describe, expect, it } from 'vitest'
import { KeysError, StoreError } from '../../lib/errors.ts'
import { ada, createPolicyWorld, inBrowser, policyOf } from './policy-world.ts'
import type { PolicyWorld } from './policy-world.ts'
import { tokensOf } from './session-world.ts'

const minutes = (count: number) => count * 60_000
const inactive = { policy: { inactivity_logout: true } }
const endsAtMs = async (world: PolicyWorld) => Date.parse((await world.state()).ends_at ?? '')
/** To so many milliseconds before the end of a session of 30 minutes. */
const nearEnd = async (beforeMs: number, options: Parameters<typeof createPolicyWorld>[0] = {}) => {
  const world = await createPolicyWorld(options)
  const acquired = await world.acquire()
  const atMs = await endsAtMs(world)
  world.clock.skip(atMs - beforeMs - world.clock.now())
  return { ...world, acquired, atMs }
}

const idleEnd = async (world: PolicyWorld) => Date.parse((await world.state()).idle_ends_at ?? '')

const noEnd = async () => ({ applied: false, item: undefined })
const codeOf = ({ code }: { readonly code?: string }) => code

const failing = async () => {
  throw new KeysError('KMS is down')
}

describe('an extension', () => {
  it('is too early a millisecond before the last two minutes', async () => {
    const world = await nearEnd(minutes(2) + 1)

    await expect(world.extend()).rejects.toMatchObject({
      code: 'extension-refused',
      retryAfterMs: 1,
    })

    expect(await endsAtMs(world)).toBe(world.atMs)
  })

  it.each([minutes(2), 1_000])(
    'is taken with %i ms left, and longer tokens with it',
    async (left) => {
      const world = await nearEnd(left)

      const state = await world.extend()
      const next = await world.generate(tokensOf(world.acquired))

      expect(Date.parse(state.ends_at ?? '')).toBe(world.atMs + minutes(30))
      expect(next).toMatchObject({
        session_reference_token_ttl: Math.floor((left + minutes(30)) / 1000),
      })
    },
  )

  it('is refused at the end', async () => {
    const world = await nearEnd(0)

    await expect(world.extend()).rejects.toMatchObject({ code: 'not-found' })

    expect((await world.itemOf())?.ended).toMatchObject({ reason: 'expired' })
  })

  it('twice is too early', async () => {
    const world = await nearEnd(minutes(1))
    await world.extend()

    await expect(world.extend()).rejects.toMatchObject({
      code: 'extension-refused',
      retryAfterMs: minutes(29),
    })
  })

  it('is refused at the longest lifetime, without a time to try again', async () => {
    const world = await nearEnd(minutes(1), { policy: { max_lifetime: 1_800 } })

    await expect(world.extend()).rejects.toMatchObject({
      code: 'extension-refused',
      retryAfterMs: undefined,
    })
  })

  it('tells when it will be possible, whatever inactivity does before', async () => {
    const world = await createPolicyWorld({
      policy: { inactivity_logout: true, max_lifetime: 172_800 },
    })
    await world.acquire()

    await expect(world.extend()).rejects.toMatchObject({
      code: 'extension-refused',
      retryAfterMs: 86_400_000 - minutes(2),
    })
  })

  it('of two tabs at once is one', async () => {
    const world = await nearEnd(minutes(1))
    const tabs = [world.process, world.coldStart()]

    const ends = await world.clock.run(
      Promise.allSettled(tabs.map((tab) => tab.extend(ada, world.within()))),
    )

    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(ends.find((end) => end.status === 'rejected')?.reason).toMatchObject({
      code: 'extension-refused',
    })
    expect(await endsAtMs(world)).toBe(world.atMs + minutes(30))
  })

  it('is one of a record that another process wrote meanwhile', async () => {
    const world = await nearEnd(minutes(1))
    world.table.meanwhile = {
      call: 'replace',
      act: () => world.coldStart().extend(ada, world.within()),
    }

    await expect(world.extend()).rejects.toMatchObject({ code: 'extension-refused' })

    expect(await endsAtMs(world)).toBe(world.atMs + minutes(30))
  })

  it('does not bring back a session that was ended meanwhile', async () => {
    const world = await nearEnd(minutes(1))
    world.table.meanwhile = {
      call: 'replace',
      act: () => world.coldStart().end(ada, { by: 'user' }, world.within()),
    }

    await expect(world.extend()).rejects.toMatchObject({ code: 'not-found' })

    expect((await world.itemOf())?.ended).toMatchObject({ reason: 'signed-out' })
  })

  it.each(['throttled', 'unavailable'] as const)(
    'of a table that is %s fails so',
    async (failure) => {
      const world = await nearEnd(minutes(1))
      world.table.failing.set('replace', failure)

      await expect(world.extend()).rejects.toMatchObject({ code: `table-${failure}` })

      world.table.failing.clear()
      expect(await endsAtMs(world)).toBe(world.atMs)
    },
  )

  it.each([
    [25_000, 3_000],
    [1_000, 1_000],
  ])('with %i ms of time tries for %i ms while the table is away', async (limitMs, triesMs) => {
    const world = await nearEnd(minutes(1))
    const startedMs = world.clock.monotonic()
    world.table.failing.set('replace', 'unavailable')

    await world.clock.run(world.process.extend(ada, world.within(limitMs)).catch(codeOf))

    const triedMs = world.clock.monotonic() - startedMs
    expect(triedMs).toBeGreaterThan(triesMs / 3)
    expect(triedMs).toBeLessThanOrEqual(triesMs)
  })

  it('is granted after a table that was away for a moment', async () => {
    const world = await nearEnd(minutes(1))
    let failures = 2
    const replace: typeof world.watched.replace = (...asked) => {
      if (failures-- > 0) throw new StoreError('unavailable', 'The table is away.')
      return world.watched.replace(...asked)
    }
    const process = world.coldStart({ store: { ...world.watched, replace } })

    const { ends_at } = await world.extend(ada, process)

    expect(Date.parse(ends_at ?? '')).toBe(world.atMs + minutes(30))
  })

  it('without keys fails so', async () => {
    const world = await nearEnd(minutes(1))
    const { sealer } = world.partsOf()
    const process = world.coldStart({ sealer: { ...sealer, open: failing } })

    await expect(world.extend(ada, process)).rejects.toMatchObject({ code: 'keys-unavailable' })
  })

  it.each([
    ['another user agent', inBrowser('a', { page: { userAgent: 'Browser/2' } })],
    ['another browser', inBrowser('b')],
  ])('is none of %s', async (_, caller) => {
    const world = await nearEnd(minutes(1))

    await expect(world.extend(caller)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('needs a policy, as activity does', async () => {
    const world = await createPolicyWorld({ policy: null })
    await world.acquire()

    const none = { code: 'not-found', message: 'This stage has no session policy.' }
    await expect(world.extend()).rejects.toMatchObject(none)
    await expect(world.note(0)).rejects.toMatchObject(none)
    expect(world.table.calls.read).toBe(1)
  })

  it.each([
    [1_000, 'granted'],
    [0, 'not-found'],
  ])("%i ms before Looker's own end is %s, and moves nothing past it", async (ms, outcome) => {
    const world = await createPolicyWorld({ policy: null })
    await world.acquire()
    const lookerMs = await endsAtMs(world)
    const policy = policyOf({ session_duration: 43_260, max_lifetime: 86_400 })
    const process = world.coldStart({ policy })
    world.clock.skip(lookerMs - ms - world.clock.now())

    const extension = world.extend(ada, process).then(({ ends_at }) => ends_at, codeOf)

    const granted = new Date(lookerMs).toISOString()
    expect(await extension).toBe(outcome === 'granted' ? granted : outcome)
  })

  it('is none of a session that ended and that Looker has not confirmed', async () => {
    const world = await nearEnd(minutes(1))
    const down = { kind: 'status', status: 503 } as const
    world.looker.state.faults.set('delete_embed_cookieless_session', down)
    await world.end()
    world.table.calls = {}

    await expect(world.extend()).rejects.toMatchObject({ code: 'not-found' })

    expect((await world.itemOf())?.sealed).toBeDefined()
    expect(world.table.calls).toEqual({ read: 1 })
  })

  it('gives up after four rounds of a record that others write all the time', async () => {
    const world = await nearEnd(minutes(1))
    const item = await world.itemOf()
    let rounds = 0
    const replace = async () => {
      rounds += 1
      return { applied: false, item }
    }
    const process = world.coldStart({ store: { ...world.watched, replace } })

    await expect(world.extend(ada, process)).rejects.toMatchObject({ code: 'session-in-progress' })

    expect(rounds).toBe(4)
  })

  it('is granted or too late, at whatever reading of the clock the end falls', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    const atMs = await endsAtMs(world)
    const outcomes = []
    for (let readings = 20; readings >= 0; readings--) {
      let nowAtMs = atMs - readings
      const clock = { ...world.clock, now: () => nowAtMs++ }
      const store = { ...world.watched, replace: async () => ({ applied: true, item: undefined }) }
      const process = world.coldStart({ clock, store: { ...store, end: noEnd } })
      outcomes.push(await world.extend(ada, process).then(() => 'granted', codeOf))
    }

    expect(new Set(outcomes)).toEqual(new Set(['granted', 'not-found']))
  })
})

describe('activity', () => {
  it.each([
    [14_999, 0],
    [15_000, 1],
  ])('%i ms after the last one is written %i times', async (ms, writes) => {
    const world = await createPolicyWorld(inactive)
    await world.acquire()
    const startedAtMs = (await idleEnd(world)) - minutes(15)
    world.clock.skip(startedAtMs + ms - world.clock.now())
    world.table.calls = {}

    await world.note(0)

    expect(world.table.calls.replace ?? 0).toBe(writes)
    expect(await idleEnd(world)).toBe(startedAtMs + minutes(15) + ms * writes)
  })

  it.each([0, 86_400])(
    'lies no session longer than 15 minutes from now (%i s idle)',
    async (idle) => {
      const world = await createPolicyWorld(inactive)
      await world.acquire()
      const firstEnd = await idleEnd(world)
      world.clock.skip(minutes(5))

      await world.note(idle)

      const expected = idle === 0 ? world.clock.now() + minutes(15) : firstEnd
      expect(Math.abs((await idleEnd(world)) - expected)).toBeLessThan(1)
    },
  )

  it('of one tab keeps the others, to the last millisecond', async () => {
    const world = await createPolicyWorld(inactive)
    const tokens = tokensOf(await world.acquire())
    world.clock.skip((await idleEnd(world)) - 1 - world.clock.now())

    await world.note(0, ada, world.coldStart())
    world.clock.skip(minutes(14))

    expect(await world.generate(tokens)).toHaveProperty('api_token')
  })

  it('is too late at the end', async () => {
    const world = await createPolicyWorld(inactive)
    await world.acquire()
    world.clock.skip((await idleEnd(world)) - world.clock.now())

    await expect(world.note(0)).rejects.toMatchObject({ code: 'not-found' })

    expect((await world.itemOf())?.ended).toMatchObject({ reason: 'inactive' })
  })

  it('is not what token requests are', async () => {
    const world = await createPolicyWorld(inactive)
    const tokens = tokensOf(await world.acquire())
    const before = await idleEnd(world)
    world.clock.skip(minutes(10))

    await world.generate(tokens)
    await world.acquire()

    expect(await idleEnd(world)).toBe(before)
  })

  it('is not written where nobody watches it', async () => {
    const world = await createPolicyWorld()
    await world.acquire()
    world.clock.skip(minutes(5))
    world.table.calls = {}

    expect(await world.note(0)).toMatchObject({ state: 'active', idle_ends_at: null })

    expect(world.table.calls.replace).toBeUndefined()
  })
})
