// The ends of a user's access through Looker's own SDK: whatever is refused, no call is made as somebody else.
import { Looker40SDK } from '@looker/sdk'
import type { IAuthSession } from '@looker/sdk-rtl'
import { LookerSDKError } from '@looker/sdk-rtl'
import { afterEach, describe, expect, it } from 'vitest'
import { failureOf } from '../../lib/sdk/failure.ts'
import { callOf, createLeapClock, createSdkStage, named } from './sdk-stage.ts'
import type { SdkStage } from './sdk-stage.ts'

let stage: SdkStage

afterEach(() => stage.close())

const errorOf = async (session: IAuthSession): Promise<unknown> => {
  const sdk = new Looker40SDK(session)
  return sdk.ok(sdk.me(undefined, named('refused'))).catch((thrown: unknown) => thrown)
}

const call = async (session: IAuthSession, name: string) => {
  const sdk = new Looker40SDK(session)
  return (await sdk.ok(sdk.me(undefined, named(name)))).id
}

describe('a session of a user', () => {
  it('gets another token of that user when its own and the one of the service account ended', async () => {
    const clock = createLeapClock()
    stage = await createSdkStage({ clock })
    const base = stage.sessionOf()
    const sessions = [base, base.asUser('7'), base.asUser('7').inWorkspace('dev')]
    const before = await Promise.all(sessions.map((session) => call(session, 'before')))

    clock.leap(3_601)
    const after = await Promise.all(sessions.map((session) => call(session, 'after')))

    expect([before, after]).toEqual([
      ['1000', '7', '7'],
      ['1000', '7', '7'],
    ])
    expect(stage.looker.counts()).toMatchObject({ logins: 2, userLogins: 4 })
    const whose = stage.looker.record.named().map(({ standing, userId }) => [standing, userId])
    expect(whose.filter(([, userId]) => userId === '7')).toHaveLength(4)
    expect(new Set(whose.map(([standing]) => standing))).toEqual(new Set(['live']))
  })

  it.each([
    ['who may not be impersonated', '403'],
    ['who does not exist', '99'],
  ])('%s ends with looker-refused-user, and calls nothing', async (_, userId) => {
    stage = await createSdkStage()

    const error = await errorOf(stage.sessionOf({ userId }))

    expect(error).toBeInstanceOf(LookerSDKError)
    expect(failureOf(error)).toMatchObject({
      kind: 'no-token',
      path: '/api/4.0/user',
      token: { code: 'looker-refused-user' },
    })
    expect(stage.looker.record.named()).toEqual([])
    expect(stage.looker.counts().calls.me).toBeUndefined()
  })

  it('whom Looker refuses at the next login gets an error, and nobody’s token', async () => {
    const clock = createLeapClock()
    stage = await createSdkStage({ clock })
    const base = stage.sessionOf()
    const session = base.asUser('7')
    await call(session, 'before')
    stage.looker.setFault('login_user', { kind: 'status', status: 404 })

    clock.leap(3_601)
    const error = await errorOf(session)
    const service = await call(base, 'service')

    expect(failureOf(error)).toMatchObject({ token: { code: 'looker-refused-user' } })
    expect(service).toBe('1000')
    expect(stage.looker.record.named()).toMatchObject([
      callOf('before', '7'),
      callOf('service', null),
    ])
  })

  it.each([
    ['another user', { service_account: true, users: ['9'] }, '7', 'production'],
    ['the service account', { users: 'any' }, undefined, 'production'],
    ['the dev workspace', { users: 'any' }, '7', 'dev'],
  ] as const)(
    'that the broker forbids (%s) ends with forbidden, and asks Looker for nothing',
    async (_, rights, userId, workspace) => {
      stage = await createSdkStage({ rights })

      const error = await errorOf(stage.sessionOf({ userId, workspace }))

      expect(failureOf(error)).toMatchObject({ kind: 'no-token', token: { code: 'forbidden' } })
      expect(stage.looker.counts().calls).toEqual({})
    },
  )

  it('keeps whose it is when it may not become somebody else', async () => {
    stage = await createSdkStage({ rights: { users: ['7'] } })
    const session = stage.sessionOf({ userId: '7' })
    await call(session, 'before')

    const login = session.login('9')
    await expect(login).rejects.toMatchObject({ code: 'forbidden' })
    const whose = await call(session, 'after')

    expect(whose).toBe('7')
    expect(stage.looker.record.named()).toMatchObject([callOf('before', '7'), callOf('after', '7')])
  })
})
