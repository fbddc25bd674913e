// A hundred callers whose common token Looker ends before its time.
import { Looker40SDK } from '@looker/sdk'
import type { IAuthSession, IRequestProps } from '@looker/sdk-rtl'
import { afterEach, expect, test } from 'vitest'
import { renewal } from '../../lib/sdk/carried.ts'
import { failureOf } from '../../lib/sdk/failure.ts'
import type { SessionOptions } from '../../lib/sdk/types.ts'
import { createSdkStage } from './sdk-stage.ts'
import type { SdkStage } from './sdk-stage.ts'

const callers = 100

let stage: SdkStage

afterEach(() => stage.close())

/** Each with a memory of its own, in front of one broker. */
const sessionsOf = (changes: Partial<SessionOptions> = {}) => {
  const broker = stage.coldStart()
  return Array.from({ length: callers }, () =>
    stage.sessionOf({ tokens: stage.functionTokensOf(broker), ...changes }),
  )
}

const callAll = (sessions: readonly IAuthSession[]) =>
  Promise.all(
    sessions.map(async (session) => {
      const sdk = new Looker40SDK(session)
      try {
        return (await sdk.ok(sdk.me())).id
      } catch (error) {
        return failureOf(error)
      }
    }),
  )

const allBeing = <T>(one: T): T[] => Array.from({ length: callers }, () => one)

const withoutRenewal = (session: IAuthSession): IAuthSession =>
  Object.assign(Object.create(session), {
    authenticate: async (props: IRequestProps) => ({
      ...(await session.authenticate(props)),
      [renewal]: undefined,
    }),
  })

test('a hundred callers whose token is revoked cause one new login, and all their calls end well', async () => {
  stage = await createSdkStage()
  const sessions = sessionsOf()
  await callAll(sessions)
  stage.looker.revokeAll()

  const whose = await callAll(sessions)

  expect(whose).toEqual(allBeing('1000'))
  expect(stage.looker.counts()).toMatchObject({ logins: 2, failedLogins: 0, logouts: 0 })
  expect(Object.values(stage.looker.record.byTokenDigest())).toEqual([
    expect.objectContaining({ standing: 'revoked', calls: { me: 100 } }),
    expect.objectContaining({ standing: 'live', calls: { me: 100 }, deadCalls: {} }),
  ])
})

test('a hundred callers as a user whose token alone is revoked cause one new login as that user', async () => {
  stage = await createSdkStage()
  const sessions = sessionsOf({ userId: '7' })
  await callAll(sessions)
  const [digest = ''] =
    Object.entries(stage.looker.record.byTokenDigest()).find(([, { userId }]) => userId === '7') ??
    []
  stage.looker.revoke(digest)

  const whose = await callAll(sessions)

  expect(whose).toEqual(allBeing('7'))
  expect(stage.looker.counts()).toMatchObject({ logins: 1, userLogins: 2, failedLogins: 0 })
})

test.each(['function', 'table'] as const)(
  'a hundred callers in processes of their own cause one new login as well (%s)',
  async (source) => {
    stage = await createSdkStage({ source })
    const sessions = Array.from({ length: callers }, () => stage.sessionOf())
    await callAll(sessions)
    stage.looker.revokeAll()

    const whose = await callAll(sessions)

    expect(whose).toEqual(allBeing('1000'))
    expect(stage.looker.counts()).toMatchObject({ logins: 2, failedLogins: 0 })
  },
)

test('without the renewal all of them fail, and nobody logs in: it is what mends them', async () => {
  stage = await createSdkStage()
  const sessions = sessionsOf().map(withoutRenewal)
  await callAll(sessions)
  stage.looker.revokeAll()

  const failures = await callAll(sessions)

  expect(failures).toEqual(allBeing(expect.objectContaining({ kind: 'status', status: 401 })))
  expect(stage.looker.counts().logins).toBe(1)
})
