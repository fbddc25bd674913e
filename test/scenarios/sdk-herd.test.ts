// Calls at once through Looker's own SDK on sessions that have no token yet.
import { afterEach, expect, test } from 'vitest'
import { createSdkStage } from './sdk-stage.ts'
import type { SdkStage } from './sdk-stage.ts'

let stage: SdkStage

afterEach(() => stage.close())

test.each([2, 50, 1000])(
  '%i calls at once on a cold session make one login, and all are served with its token',
  async (calls) => {
    stage = await createSdkStage()
    const sdk = stage.sdkOf()

    const all = await Promise.all(Array.from({ length: calls }, () => sdk.ok(sdk.me())))

    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: calls }, () => '1000'))
    expect(stage.looker.counts()).toMatchObject({ logins: 1, calls: { login: 1, me: calls } })
    expect(Object.values(stage.looker.record.byTokenDigest())).toEqual([
      expect.objectContaining({ standing: 'live', userId: null, calls: { me: calls } }),
    ])
  },
)

test.each([
  [2, 'function'],
  [50, 'function'],
  [50, 'table'],
] as const)(
  '%i cold sessions at once in processes of their own make one login (%s)',
  async (sessions, source) => {
    stage = await createSdkStage({ source })
    const sdks = Array.from({ length: sessions }, () => stage.sdkOf())

    await Promise.all(sdks.map((sdk) => sdk.ok(sdk.me())))

    expect(stage.looker.counts()).toMatchObject({ logins: 1, calls: { login: 1, me: sessions } })
  },
)

test('1000 calls at once as a user on a cold session make one login, and one as that user', async () => {
  stage = await createSdkStage()
  const sdk = stage.sdkOf({ userId: '7' })

  const all = await Promise.all(Array.from({ length: 1000 }, () => sdk.ok(sdk.me())))

  expect(new Set(all.map(({ id }) => id))).toEqual(new Set(['7']))
  expect(stage.looker.counts()).toMatchObject({ logins: 1, userLogins: 1, calls: { me: 1000 } })
})
