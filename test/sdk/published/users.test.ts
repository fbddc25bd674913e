import { Looker40SDK } from '@looker/sdk'
import type { IAuthSession } from '@looker/sdk-rtl'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPublishedStage, hushDebug, standStill } from './stage.ts'

let stage: Awaited<ReturnType<typeof createPublishedStage>>
let time: ReturnType<typeof standStill>

beforeEach(async () => {
  hushDebug()
  time = standStill()
  stage = await createPublishedStage({ looker: { userExpiresInSeconds: 600 } })
})

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await stage.close()
})

/** Whose the next call is: a user id, or the error that it ends with. */
const next = async (session: IAuthSession): Promise<string | null | undefined> => {
  const sdk = new Looker40SDK(session)
  const result = await sdk.me()
  return result.ok ? result.value.id : result.error.message
}

/** Calls of `me` with a user's token, living or not, by how many tokens. */
const userCalls = () =>
  Object.values(stage.looker.record.byTokenDigest())
    .filter(({ userId }) => userId === '7')
    .map(({ calls, deadCalls }) => [calls.me ?? 0, deadCalls.me ?? 0])

describe('a cold session that is told to be user 7', () => {
  test('published: is the service account', async () => {
    const session = stage.publishedSession()

    await session.login('7')
    const whose = await next(session)

    expect(whose).toBe('1000')
    expect(session.isSudo()).toBe(false)
    expect(stage.looker.counts().calls).toEqual({ login: 1, me: 1 })
  })

  test('ours: is user 7', async () => {
    const session = stage.sessionOf()

    await session.login('7')
    const whose = await next(session)

    expect(whose).toBe('7')
    expect(session.isSudo()).toBe(true)
    expect(stage.looker.counts().calls).toMatchObject({ login: 1, login_user: 1, me: 1 })
  })
})

describe('a session of user 7 whose tokens all ended', () => {
  test('published: goes on as the service account', async () => {
    const session = stage.publishedSession()
    await session.login()
    await session.login('7')
    const before = await next(session)

    time.advance(3_601)
    const after = await next(session)

    expect([before, after]).toEqual(['7', '1000'])
  })

  test('ours: goes on as user 7', async () => {
    const session = stage.sessionOf()
    await session.login()
    await session.login('7')
    const before = await next(session)

    time.advance(3_601)
    const after = await next(session)

    expect([before, after]).toEqual(['7', '7'])
    expect(userCalls()).toEqual([
      [1, 0],
      [1, 0],
    ])
  })
})

describe("a session of user 7 whose token ended before the service account's", () => {
  test('published: sends the ended one for ever', async () => {
    const session = stage.publishedSession()
    await session.login()
    await session.login('7')
    await next(session)

    time.advance(601)
    const after = [await next(session), await next(session), await next(session)]

    expect(after).toEqual(Array.from({ length: 3 }, () => 'Requires authentication.'))
    expect(userCalls()).toEqual([[1, 3]])
    expect(stage.looker.counts()).toMatchObject({ logins: 1, userLogins: 1 })
  })

  test('ours: gets another one of user 7', async () => {
    const session = stage.sessionOf()
    await session.login('7')
    await next(session)

    time.advance(601)
    const after = [await next(session), await next(session), await next(session)]

    expect(after).toEqual(['7', '7', '7'])
    expect(userCalls()).toEqual([
      [1, 0],
      [3, 0],
    ])
    expect(stage.looker.counts()).toMatchObject({ logins: 1, userLogins: 2 })
  })
})
