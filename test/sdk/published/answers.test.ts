import { Looker40SDK } from '@looker/sdk'
import type { IAuthSession, IWait, IWaitResponse } from '@looker/sdk-rtl'
import { LookerSDKError } from '@looker/sdk-rtl'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { failureOf } from '../../../lib/sdk/failure.ts'
import { createPublishedStage, hushDebug } from './stage.ts'

let stage: Awaited<ReturnType<typeof createPublishedStage>>

beforeEach(async () => {
  hushDebug()
  stage = await createPublishedStage()
})

afterEach(async () => {
  vi.restoreAllMocks()
  await stage.close()
})

const errorOf = async (session: IAuthSession): Promise<unknown> => {
  const sdk = new Looker40SDK(session)
  return sdk.ok(sdk.me()).catch((thrown: unknown) => thrown)
}

const waitsOf = async (session: IAuthSession) => {
  const waitedMs: number[] = []
  const waitHandler = async ({ waitMS }: IWait): Promise<IWaitResponse> => {
    waitedMs.push(waitMS)
    return { response: 'retry' }
  }
  const sdk = new Looker40SDK(session)
  const headers = { 'retry-after': '30' }
  stage.looker.queueFaults('me', { kind: 'status', status: 429, headers })
  await sdk.ok(sdk.me(undefined, { maxTries: 2, waitHandler }))
  return waitedMs
}

const saidBy = async (session: IAuthSession) => {
  const levels = ['debug', 'log', 'info', 'warn', 'error'] as const
  const spies = levels.map((level) => vi.spyOn(console, level).mockReturnValue())
  await session.login()
  await errorOf(session)
  return levels.map((level, at) => `${level} ${spies[at]?.mock.calls.length}`)
}

const statuses = [400, 403, 404, 409, 422, 429, 500, 502, 503, 504]

describe('an error that Looker answers', () => {
  test.each(statuses)('published: loses the status %i', async (status) => {
    const session = stage.publishedSession()
    await session.login()
    stage.looker.setFault('me', { kind: 'status', status, body: '{"message":"No"}' })

    const error = await errorOf(session)

    expect(error).toBeInstanceOf(LookerSDKError)
    expect(Object.values(Object(error))).toEqual(['No', [], ''])
    expect(Object(error).cause).toBeUndefined()
  })

  test.each(statuses)('ours: keeps the status %i', async (status) => {
    const session = stage.sessionOf()
    await session.login()
    stage.looker.setFault('me', { kind: 'status', status, body: '{"message":"No"}' })

    const error = await errorOf(session)

    expect(error).toBeInstanceOf(LookerSDKError)
    expect(error).toMatchObject({ message: 'No' })
    expect(failureOf(error)).toMatchObject({ kind: 'status', status, path: '/api/4.0/user' })
  })
})

describe('a connection that is lost', () => {
  test('published: leaves two words', async () => {
    const session = stage.publishedSession()
    await session.login()
    stage.looker.setFault('me', { kind: 'reset' })

    const error = await errorOf(session)

    expect(Object.values(Object(error))).toEqual(['fetch failed', [], ''])
  })

  test('ours: is told from an answer', async () => {
    const session = stage.sessionOf()
    await session.login()
    stage.looker.setFault('me', { kind: 'reset' })

    const error = await errorOf(session)

    expect(failureOf(error)).toMatchObject({ kind: 'unreachable', path: '/api/4.0/user' })
    expect(failureOf(error)?.status).toBeUndefined()
  })
})

describe('a Retry-After of 30 seconds', () => {
  test('published: is waited for as if it had not been said', async () => {
    const session = stage.publishedSession()
    await session.login()

    const waitedMs = await waitsOf(session)

    expect(waitedMs).toHaveLength(1)
    // A second, doubled, and up to a half of it on top.
    expect(waitedMs[0]).toBeGreaterThanOrEqual(2_000)
    expect(waitedMs[0]).toBeLessThanOrEqual(3_000)
  })

  test('ours: is waited for', async () => {
    const session = stage.sessionOf()

    const waitedMs = await waitsOf(session)

    expect(waitedMs).toEqual([30_000])
  })
})

describe('a token that Looker ended', () => {
  test('published: is sent again and again', async () => {
    const session = stage.publishedSession()
    await session.login()
    stage.looker.revokeAll()

    const errors = [await errorOf(session), await errorOf(session), await errorOf(session)]

    expect(errors).toEqual(
      Array.from({ length: 3 }, () =>
        expect.objectContaining({ message: 'Requires authentication.' }),
      ),
    )
    expect(stage.looker.counts()).toMatchObject({ logins: 1, calls: { me: 3 } })
  })

  test('ours: is replaced, and the call is made again', async () => {
    const session = stage.sessionOf()
    await session.login()
    stage.looker.revokeAll()

    const sdk = new Looker40SDK(session)
    const whose = [await sdk.ok(sdk.me()), await sdk.ok(sdk.me()), await sdk.ok(sdk.me())]

    expect(whose.map(({ id }) => id)).toEqual(['1000', '1000', '1000'])
    expect(stage.looker.counts()).toMatchObject({ logins: 2, calls: { me: 4 } })
  })
})

describe('on the console', () => {
  test('published: there is a line for every request', async () => {
    const said = await saidBy(stage.publishedSession())

    expect(said).toEqual(['debug 2', 'log 0', 'info 0', 'warn 0', 'error 0'])
  })

  test('ours: there is nothing', async () => {
    const said = await saidBy(stage.sessionOf())

    expect(said).toEqual(['debug 0', 'log 0', 'info 0', 'warn 0', 'error 0'])
  })
})
