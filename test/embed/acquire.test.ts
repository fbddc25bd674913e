// What an acquire does with the session that stands in the table, against the simulated Looker.
import { expect, test } from 'vitest'
import { acquireLimit, acquireWindowMs } from '../../lib/embed/parts.ts'
import { Secret } from '../../lib/secret.ts'
import type { EmbedCaller } from '../../lib/identity/embed-caller.ts'
import {
  acquireCall,
  endCall,
  endedByUser,
  other,
  sessionOf,
  standingItem,
} from './acquire-samples.ts'
import { answerOf, callerOf, createEmbedFleet, startAtMs } from './embed-fleet.ts'

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
    fleet.table.calls = {}
    fleet.kms.resetCounts()

    await fleet.acquired(callerOf(), one)

    expect(fleet.table.calls).toEqual({ read: 1, countAcquire: 1 })
    expect(fleet.looker.counts().calls).toEqual({ ...calls, [acquireCall]: 2 })
    expect(fleet.kms.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 0 })
    expect([fleet.after(), fleet.joins()]).toEqual([['nothing'], 1])
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
    const { [endCall]: deletes = 0 } = fleet.looker.counts().calls
    expect(deletes).toBe(sessionsPerUser === 'one' ? 0 : 1)
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

test('another reference token of the same session is kept', async () => {
  const fleet = await createEmbedFleet({
    parts: (parts, index) => ({
      ...parts,
      looker: {
        ...parts.looker,
        acquire: async (...request) => {
          const session = await parts.looker.acquire(...request)
          if (index === 0) return session
          return { ...session, reference: { ...session.reference, token: new Secret('another') } }
        },
      },
    }),
  })
  await fleet.acquired()
  const before = await standingItem(fleet)

  await fleet.acquired()

  const after = await standingItem(fleet)
  expect(after.sessionId).toBe(before.sessionId)
  expect(after.sealed?.frame).not.toEqual(before.sealed?.frame)
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
  expect(fleet.looker.counts().calls[acquireCall]).toBe(1)
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

test.each(['one', 'many'] as const)(
  'an end that Looker did not confirm is told again before a start, where it keeps many (%s)',
  async (sessionsPerUser) => {
    const fleet = await createEmbedFleet({ sessionsPerUser })
    await fleet.acquired()
    await endedByUser(fleet)

    const result = await fleet.acquired()

    expect(result.code).toBe('ok')
    expect(fleet.after()).toEqual(['nothing', 'end'])
    expect(fleet.sessions.countLive()).toBe(1)
    const { [endCall]: deletes = 0 } = fleet.looker.counts().calls
    expect(deletes).toBe(sessionsPerUser === 'one' ? 0 : 1)
  },
)

test('the limit holds for joins, says when to come again, and is over then', async () => {
  const fleet = await createEmbedFleet()
  for (let index = 0; index < acquireLimit; index++) await fleet.acquired()
  const calls = fleet.looker.counts().calls[acquireCall]

  const refused = await fleet.acquired()

  if (!('error' in refused)) throw new Error('not refused')
  const { code, retryAfterMs = 0 } = refused.error
  expect(code).toBe('too-many-requests')
  expect(fleet.looker.counts().calls[acquireCall]).toBe(calls)
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
