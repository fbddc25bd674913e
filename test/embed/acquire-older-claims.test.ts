// Sign-in tokens that are older than what was seen of their user: they never bring former permissions back,
// nor undo an end.
import { expect, test } from 'vitest'
import { KeysError } from '../../lib/errors.ts'
import type { EmbedCaller } from '../../lib/identity/embed-caller.ts'
import {
  acquireCall,
  endedByUser,
  modelsOf,
  other,
  secondDevice,
  standingItem,
} from './acquire-samples.ts'
import { callerOf, createEmbedFleet, startAtMs } from './embed-fleet.ts'

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

test('older claims that could change what another device may show do not join', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  const newer = callerOf({ user: other, visitor: { issuedAtMs: startAtMs + 60_000 } })
  await fleet.acquired(newer)
  await fleet.acquired(callerOf({ ...secondDevice, user: other, visitor: newer.visitor }))
  const lost = fleet.sessions.findById((await standingItem(fleet)).sessionId ?? '')
  if (lost) fleet.sessions.end(lost)
  const calls = fleet.looker.counts().calls[acquireCall]

  const refused = await fleet.acquired(callerOf())

  expect(refused.code).toBe('sign-in-required')
  expect(fleet.looker.counts().calls[acquireCall]).toBe(calls)
  expect(fleet.looker.state.embed.users.find('ann')?.profile.models).toEqual(other.models)
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

test('an end that wants a new sign-in is not undone by an older one', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired()
  const seen = await standingItem(fleet)
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

test('a device that was never seen does not get round an end that wants a new sign-in', async () => {
  const fleet = await createEmbedFleet({ sessionsPerUser: 'many' })
  await fleet.acquired()
  await fleet.acquired(callerOf({ device: 'device-2' }))
  const seen = await standingItem(fleet)
  const atMs = startAtMs + 5_000
  const end = { atMs, reason: 'administrator', needsSignIn: true, ttlEpochSeconds: 0 } as const
  await fleet.memory.end(seen.key, seen, end)
  await fleet.clock.advance(3_590_000)
  const on = (device: string, signedInAtMs: number) =>
    fleet.acquired(callerOf({ device, visitor: { signedInAtMs } }))

  const codes = [
    await on('device-3', startAtMs),
    // Has a session of its own, which is near its end by now.
    await on('device-2', startAtMs),
    await on('device-3', atMs + 1),
  ]

  expect(codes.map(({ code }) => code)).toEqual(['sign-in-required', 'ok', 'ok'])
})

/** The session of the newer claims ended, and Looker confirmed it: nothing of it is sealed any more. */
const afterForgottenEnd = async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired(callerOf({ user: other, visitor: { issuedAtMs: startAtMs + 60_000 } }))
  const tombstone = await endedByUser(fleet)
  await fleet.memory.forget(tombstone.key, tombstone)
  fleet.sessions.endAll()
  return fleet
}

test.each([
  ['that device', {}],
  ['another device', secondDevice],
])('on %s an end that Looker confirmed leaves no way back for older claims', async (_, where) => {
  const fleet = await afterForgottenEnd()

  const former = await fleet.acquired(callerOf(where))
  const same = await fleet.acquired(callerOf({ ...where, user: other }))

  expect((await standingItem(fleet)).ended !== undefined).toBe(where === secondDevice)
  expect([former.code, same.code]).toEqual(['sign-in-required', 'ok'])
  expect(fleet.started()).toBe(2)
})

test('newer claims that came to this device meanwhile are joined, and bar nobody', async () => {
  const newer = callerOf({ user: other, visitor: { issuedAtMs: startAtMs + 60_000 } })
  const fleet = await createEmbedFleet()
  const one = fleet.coldStart()
  const act = () => fleet.outcome(fleet.coldStart(), newer)
  fleet.table.meanwhile = { call: 'listOfUser', act }

  const result = await fleet.acquired(callerOf(), one)

  expect(result.code).toBe('ok')
  expect(modelsOf(fleet, result)).toEqual(other.models)
  expect(fleet.started()).toBe(1)
})

test('a session on another device that does not open bars nobody', async () => {
  const fleet = await createEmbedFleet()
  await fleet.acquired(callerOf({ user: other, visitor: { issuedAtMs: startAtMs + 60_000 } }))
  const { sealed } = await standingItem(fleet)
  // Altered in the table by somebody who cannot seal.
  sealed?.frame.reverse()

  const result = await fleet.acquired(callerOf(secondDevice))

  expect(result.code).toBe('ok')
})

test('claims that do not say need nothing opened of other devices', async () => {
  const fleet = await createEmbedFleet({
    parts: (parts, index) => ({
      ...parts,
      sealer:
        index === 1
          ? { ...parts.sealer, open: () => Promise.reject(new KeysError('down')) }
          : parts.sealer,
    }),
  })
  await fleet.acquired()

  const result = await fleet.acquired(
    callerOf({ ...secondDevice, visitor: { issuedAtMs: undefined } }),
  )

  expect(result.code).toBe('ok')
})
