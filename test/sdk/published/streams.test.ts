import { Looker40SDKStream } from '@looker/sdk'
import type { IAuthSession, ITransportSettings } from '@looker/sdk-rtl'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { failureOf } from '../../../lib/sdk/failure.ts'
import { callOf, named } from '../../scenarios/sdk-stage.ts'
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

const request = {
  result_format: 'csv',
  body: { model: 'thelook', view: 'orders', fields: ['orders.id'], limit: '3' },
}

const streamed = (session: IAuthSession, options: Partial<ITransportSettings> = {}) =>
  new Looker40SDKStream(session).run_inline_query(
    async (response) => `${response.status} ${await response.text()}`,
    request,
    options,
  )

const rows = 'Orders Id\n1\n2\n3\n'

describe('the options of a stream', () => {
  test('published: are not used', async () => {
    const session = stage.publishedSession()
    await session.login()

    const text = await streamed(session, named('mine'))

    expect(text).toBe(`200 ${rows}`)
    expect(stage.looker.record.named()).toEqual([])
  })

  test('ours: are used', async () => {
    const session = stage.sessionOf()

    const text = await streamed(session, named('mine'))

    expect(text).toBe(`200 ${rows}`)
    expect(stage.looker.record.named()).toEqual([expect.objectContaining(callOf('mine', null))])
  })
})

describe('a stream whose signal was aborted before it began', () => {
  test('published: is read all the same', async () => {
    const session = stage.publishedSession()
    await session.login()

    const text = await streamed(session, { signal: AbortSignal.abort() })

    expect(text).toBe(`200 ${rows}`)
  })

  test('ours: does not begin', async () => {
    const session = stage.sessionOf()
    await session.login()

    const error = await streamed(session, { signal: AbortSignal.abort() }).catch((thrown) => thrown)

    expect(failureOf(error)).toMatchObject({ kind: 'aborted' })
    expect(stage.looker.counts().calls.run_inline_query).toBeUndefined()
  })
})

describe('a stream with a token that Looker ended', () => {
  test('published: hands the refusal on as if it were rows', async () => {
    const session = stage.publishedSession()
    await session.login()
    stage.looker.revokeAll()

    const text = await streamed(session)

    expect(text).toMatch(/^401 .*Requires authentication/)
    expect(stage.looker.counts().logins).toBe(1)
  })

  test('ours: gets another token, and then the rows', async () => {
    const session = stage.sessionOf()
    await session.login()
    stage.looker.revokeAll()

    const text = await streamed(session)

    expect(text).toBe(`200 ${rows}`)
    expect(stage.looker.counts().logins).toBe(2)
  })
})
