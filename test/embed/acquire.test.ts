// What an acquire does with the session that stands in the table, against the simulated Looker.
import { expect, test } from 'vitest'
import { acquireLimit, acquireWindowMs } from '../../lib/embed/parts.ts'
import type { EmbedCaller } from '../../lib/identity/embed-caller.ts'
import { answerOf, callerOf, createEmbedFleet, startAtMs } from './embed-fleet.ts'
import type { EmbedFleet, Outcome } from './embed-fleet.ts'

const other = { models: ['shop', 'stock'] }
const secondDevice = { device: 'device-2', page: { userAgent: 'Browser/2' } }

const sessionOf = (fleet: EmbedFleet, result: Outcome, userAgent?: string) => {
  const session = fleet.loggedIn(result, userAgent)
  if (!session) throw new Error('no login')
  return session
}

/** The profile with which Looker shows content to whoever logs in with the answer. */
const modelsOf = (fleet: EmbedFleet, result: Outcome) =>
  sessionOf(fleet, result).user.profile.models

test('an answer holds the lives that are left, as numbers, and nothing of the reference token', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  await fleet.clock.advance(3_000_000)

  const result = await fleet.acquired()

  const answer = answerOf(result)
  expect(Object.keys(answer)).toEqual([
    'authentication_token',
    'authentication_token_ttl',
    'navigation_token',
    'navigation_token_ttl',
    'api_token',
    'api_token_ttl',
    'session_reference_token_ttl',
  ])
  const session = sessionOf(fleet, result)
  expect(JSON.stringify(answer)).not.toContain(session.referenceToken)
  const leftSeconds = Math.floor((session.expiresAtMs - fleet.clock.now()) / 1000)
  expect(answer).toMatchObject({
    authentication_token_ttl: 30,
    navigation_token_ttl: Math.min(leftSeconds, 600),
    api_token_ttl: Math.min(leftSeconds, 600),
    session_reference_token_ttl: expect.closeTo(leftSeconds, 0),
  })
})

test('a start tells Looker user, length and browser', async () => {
  const fleet = await createEmbedFleet()

  const session = sessionOf(fleet, await fleet.acquired())

  expect(session.userAgent).toBe('Browser/1')
  expect(session.user.profile).toMatchObject({ external_user_id: 'ann', models: ['shop'] })
  expect(session.expiresAtMs - startAtMs).toBeGreaterThanOrEqual(3_600_000)
  expect(fleet.after()).toEqual(['nothing'])
})

test.each(['one', 'many'] as const)(
  'a warm join costs one read, one write, one call to Looker and none to KMS (%s)',
  async (sessionsPerUser) => {
    const fleet = await createEmbedFleet({ sessionsPerUser })
    const one = fleet.coldStart()
    await fleet.acquired(callerOf(), one)
    const calls = { ...fleet.looker.counts().calls }
    fleet.table.calls.clear()
    fleet.kms.resetCounts()

    await fleet.acquired(callerOf(), one)

    expect([...fleet.table.calls]).toEqual([
      ['read', 1],
      ['countAcquire', 1],
    ])
    expect(fleet.looker.counts().calls).toEqual({ ...calls, acquire_embed_cookieless_session: 2 })
    expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 0 })
  },
)

test.each<[string, EmbedCaller, number, string]>([
  ['another user agent', callerOf({ page: { userAgent: 'Browser/9' } }), 0, 'other-browser'],
  ['another profile', callerOf({ user: other }), 0, 'other-profile'],
  ['less than 30 s left', callerOf(), 3_571_000, 'near-end'],
  ['its end', callerOf(), 3_700_000, 'end'],
])('%s makes a new session', async (_, caller, laterMs, after) => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  await fleet.clock.advance(laterMs)

  const result = await fleet.acquired(caller)

  expect(fleet.after()).toEqual(['nothing', after])
  const { userAgent } = caller.page
  expect(sessionOf(fleet, result, userAgent).user.profile.models).toEqual(
    caller.visitor.user.models,
  )
  expect(fleet.sessions.countLive()).toBe(1)
})

test.each(['one', 'many'] as const)(
  'the session whose place is taken ends at Looker (%s), by a call only where it keeps many',
  async (sessionsPerUser) => {
    const fleet = await createEmbedFleet({ sessionsPerUser })
    const old = sessionOf(fleet, await fleet.acquired())

    await fleet.acquired(callerOf({ user: other }))

    expect(fleet.sessions.find(old.referenceToken)).toBeUndefined()
    const { delete_embed_cookieless_session: deletes = 0 } = fleet.looker.counts().calls
    expect(deletes).toBe(sessionsPerUser === 'one' ? 0 : 1)
  },
)

test('older claims join newer permissions, and never bring their own back', async () => {
  const fleet = await createEmbedFleet()
  const older = callerOf()
  const newer = callerOf({ user: other, visitor: { issuedAtMs: startAtMs + 60_000 } })
  await fleet.acquired(older)
  await fleet.acquired(newer)

  const joined = await fleet.acquired(older)
  const whileItLives = modelsOf(fleet, joined)
  await fleet.clock.advance(3_700_000)
  const afterwards = await fleet.acquired(older)

  expect(whileItLives).toEqual(other.models)
  expect(afterwards.code).toBe('sign-in-required')
  expect(fleet.looker.state.embed.users.find('ann')?.profile.models).toEqual(other.models)
  expect(fleet.started()).toBe(2)
})

test('older claims that join a session Looker has lost leave nothing of their profile', async () => {
  const fleet = await createEmbedFleet()
  const newer = callerOf({ user: other, visitor: { issuedAtMs: startAtMs + 60_000 } })
  await fleet.acquired(newer)
  fleet.sessions.endAll()

  const refused = await fleet.acquired(callerOf())
  const left = fleet.sessions.countLive()
  const next = await fleet.acquired(newer)

  expect([refused.code, left]).toEqual(['sign-in-required', 0])
  expect(modelsOf(fleet, next)).toEqual(other.models)
})

test('newer claims of the same profile count from then on', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  await fleet.acquired(callerOf({ visitor: { issuedAtMs: startAtMs + 60_000 } }))

  const between = callerOf({ user: other, visitor: { issuedAtMs: startAtMs + 30_000 } })
  const result = await fleet.acquired(between)

  expect(modelsOf(fleet, result)).toEqual(['shop'])
  expect(fleet.started()).toBe(1)
})

test.each<[string, EmbedCaller, string]>([
  ['older claims, another profile', callerOf({ ...secondDevice }), 'sign-in-required'],
  ['older claims, the same profile', callerOf({ ...secondDevice, user: other }), 'ok'],
  [
    'claims that do not say',
    callerOf({ ...secondDevice, visitor: { issuedAtMs: undefined } }),
    'ok',
  ],
])('on a second device: %s', async (_, caller, code) => {
  const fleet = await createEmbedFleet()
  await fleet.acquired(callerOf({ user: other, visitor: { issuedAtMs: startAtMs + 60_000 } }))

  const result = await fleet.acquired(caller)

  expect(result.code).toBe(code)
})

test.each<['one' | 'many', object, object | undefined, number]>([
  ['one', {}, { reason: 'replaced', needsSignIn: false }, 0],
  ['one', other, { reason: 'replaced', needsSignIn: false }, 0],
  ['many', {}, undefined, 0],
  ['many', other, { reason: 'profile-changed', needsSignIn: false }, 1],
])(
  'what a start on a second device means for the first (%s, %o)',
  async (sessionsPerUser, user, ended, deletes) => {
    const fleet = await createEmbedFleet({ sessionsPerUser })
    await fleet.acquired()
    const second = callerOf({ ...secondDevice, user })

    const result = await fleet.acquired(second)

    const item = await fleet.itemOf()
    expect(item).toMatchObject(ended ? { ended } : {})
    expect(item?.ended === undefined).toBe(ended === undefined)
    expect(fleet.looker.counts().calls.delete_embed_cookieless_session ?? 0).toBe(deletes)
    // Confirmed at Looker, it is forgotten; else it stays for whoever ends it again.
    expect(item?.sealed === undefined).toBe(deletes > 0)
    expect(fleet.sessions.countLive()).toBe(ended ? 1 : 2)
    expect(sessionOf(fleet, result, 'Browser/2')).toBeDefined()
  },
)

test('a session that Looker has lost is found out by joining, and shared anew', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  const lost = (await fleet.itemOf())?.sessionId
  fleet.sessions.endAll()

  const first = await fleet.acquired()
  const second = await fleet.acquired()

  expect(fleet.after()).toEqual(['nothing', 'lost'])
  const { sessionId, generation, sealed } = (await fleet.itemOf()) ?? {}
  expect(sessionId).not.toBe(lost)
  expect(sealed?.generation).toBe(generation)
  expect([first, second].map((result) => sessionOf(fleet, result).id)).toEqual([
    sessionId,
    sessionId,
  ])
})

test('so it is where the tokens do not say of which session they are', async () => {
  const fleet = await createEmbedFleet({
    parts: (parts) => ({
      ...parts,
      looker: {
        ...parts.looker,
        acquire: async (...request) => ({
          ...(await parts.looker.acquire(...request)),
          unverifiedSessionId: undefined,
        }),
      },
    }),
  })
  await fleet.acquired()
  await fleet.acquired()
  fleet.sessions.endAll()

  await fleet.acquired()

  expect(fleet.after()).toEqual(['nothing', 'lost'])
})

test('a join that was a start replaces the session of the other device', async () => {
  const fleet = await createEmbedFleet()
  const second = callerOf({ ...secondDevice })
  fleet.looker.state.embed.settings.sessionsPerUser = 'many'
  // As when the other device started in the same moment and did not see this one yet.
  await fleet.acquired()
  fleet.table.failing.set('end', 'unavailable')
  await fleet.acquired(second)
  fleet.table.failing.clear()
  fleet.sessions.endAll()
  await fleet.clock.advance(1_000)

  await fleet.acquired()

  expect(fleet.after()).toEqual(['nothing', 'nothing', 'lost'])
  expect((await fleet.itemOf(second))?.ended?.reason).toBe('replaced')
})

test('a session that ended since it was read is not joined', async () => {
  const fleet = await createEmbedFleet({
    wrap: (store) => ({
      ...store,
      countAcquire: async (key, claim) => {
        const end = { atMs: startAtMs + 1, reason: 'administrator', needsSignIn: true } as const
        await store.end(key, claim.seen, { ...end, ttlEpochSeconds: 0 })
        return store.countAcquire(key, claim)
      },
    }),
  })
  await fleet.acquired()

  const result = await fleet.acquired()

  expect(result.code).toBe('sign-in-required')
  expect(fleet.looker.counts().calls.acquire_embed_cookieless_session).toBe(1)
})

test('racing joins of a lost session end in one that the table knows', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  await fleet.acquired()
  fleet.sessions.endAll()

  const results = await fleet.clock.run(
    Promise.all(Array.from({ length: 3 }, () => fleet.outcome(fleet.coldStart()))),
  )

  const { sessionId } = (await fleet.itemOf()) ?? {}
  expect(results.map((result) => sessionOf(fleet, result).id)).toEqual(
    Array.from({ length: 3 }, () => sessionId),
  )
  expect(fleet.sessions.countLive()).toBe(1)
})

test('an end that wants a new sign-in is not undone by an older one', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  const seen = await fleet.itemOf()
  if (!seen) throw new Error('no item')
  const atMs = startAtMs + 5_000
  await fleet.memory.end(seen.key, seen, {
    atMs,
    reason: 'administrator',
    needsSignIn: true,
    ttlEpochSeconds: 0,
  })
  const signedIn = (signedInAtMs: number | undefined) =>
    fleet.acquired(callerOf({ visitor: { signedInAtMs } }))

  const codes = [await signedIn(undefined), await signedIn(atMs), await signedIn(atMs + 1)]

  expect(codes.map(({ code }) => code)).toEqual(['sign-in-required', 'sign-in-required', 'ok'])
  expect((await fleet.itemOf())?.ended).toBeUndefined()
})

test.each(['one', 'many'] as const)(
  'an end that Looker did not confirm is told again before a start, where it keeps many (%s)',
  async (sessionsPerUser) => {
    const fleet = await createEmbedFleet({ sessionsPerUser })
    await fleet.acquired()
    const seen = await fleet.itemOf()
    if (!seen) throw new Error('no item')
    const end = { atMs: startAtMs, reason: 'signed-out', needsSignIn: false } as const
    await fleet.memory.end(seen.key, seen, { ...end, ttlEpochSeconds: 0 })

    const result = await fleet.acquired()

    expect(result.code).toBe('ok')
    expect(fleet.after()).toEqual(['nothing', 'end'])
    expect(fleet.sessions.countLive()).toBe(1)
    const { delete_embed_cookieless_session: deletes = 0 } = fleet.looker.counts().calls
    expect(deletes).toBe(sessionsPerUser === 'one' ? 0 : 1)
  },
)

test('the limit holds for joins, says when to come again, and is over then', async () => {
  const fleet = await createEmbedFleet()
  for (let index = 0; index < acquireLimit; index++) await fleet.acquired()
  const calls = fleet.looker.counts().calls.acquire_embed_cookieless_session

  const refused = await fleet.acquired()

  if (!('error' in refused)) throw new Error('not refused')
  const { code, retryAfterMs = 0 } = refused.error
  expect(code).toBe('too-many-requests')
  expect(fleet.looker.counts().calls.acquire_embed_cookieless_session).toBe(calls)
  await fleet.clock.advance(retryAfterMs)
  expect(retryAfterMs).toBeLessThanOrEqual(acquireWindowMs)
  expect((await fleet.acquired()).code).toBe('ok')
})

test.each<[string, (index: number) => Parameters<typeof callerOf>[0]]>([
  ['of one device', (index) => ({ user: { models: [`model-${index}`] } })],
  ['of invented devices', (index) => ({ device: `device-${index}` })],
])('the limit holds for starts %s too', async (_, changes) => {
  const fleet = await createEmbedFleet()
  const one = fleet.coldStart()
  for (let index = 0; index < acquireLimit; index++) {
    await fleet.acquired(callerOf(changes(index)), one)
  }

  const refused = await fleet.acquired(callerOf(changes(acquireLimit)), one)

  expect(refused.code).toBe('too-many-requests')
  expect(fleet.started()).toBe(acquireLimit)
})

test('a session on another device that was started later goes on', async () => {
  const fleet = await createEmbedFleet({
    parts: (parts, index) => ({
      ...parts,
      clock: index === 0 ? fleet.clock.skewed(2_000) : parts.clock,
    }),
  })
  const second = callerOf({ ...secondDevice })
  await fleet.acquired(second)

  await fleet.acquired()

  expect((await fleet.itemOf(second))?.ended).toBeUndefined()
})

test('a session on another device that is over gets no other end', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  await fleet.clock.advance(3_700_000)

  await fleet.acquired(callerOf({ ...secondDevice }))

  expect((await fleet.itemOf())?.ended).toBeUndefined()
})

test('newer claims that come between on another device are not ended by older ones', async () => {
  let hidden = true
  const fleet = await createEmbedFleet({
    sessionsPerUser: 'many',
    wrap: (store) => ({
      ...store,
      listOfUser: async (partition) => {
        const items = await store.listOfUser(partition)
        const seen = hidden ? [] : items
        hidden = !hidden
        return seen
      },
    }),
  })
  const newer = callerOf({
    ...secondDevice,
    user: other,
    visitor: { issuedAtMs: startAtMs + 60_000 },
  })
  await fleet.acquired(newer)

  await fleet.acquired(callerOf())

  expect(fleet.started()).toBe(2)
  expect((await fleet.itemOf(newer))?.ended).toBeUndefined()
})

test('a start with older claims of the same profile forgets nothing of the newer ones', async () => {
  const fleet = await createEmbedFleet()
  const issuedAtMs = startAtMs + 60_000
  await fleet.acquired(callerOf({ visitor: { issuedAtMs } }))
  await fleet.clock.advance(3_700_000)

  await fleet.acquired(callerOf())

  expect(fleet.started()).toBe(2)
  expect((await fleet.itemOf())?.claimsAtMs).toBe(issuedAtMs)
})
