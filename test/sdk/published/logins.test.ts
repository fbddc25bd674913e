import { afterEach, beforeEach, expect, test, vi } from 'vitest'
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

test.each([2, 10, 50])(
  'published: %i calls at once on a cold session make as many logins',
  async (calls) => {
    const sdk = stage.publishedSdk()

    await Promise.all(Array.from({ length: calls }, () => sdk.ok(sdk.me())))

    expect(stage.looker.counts()).toMatchObject({ logins: calls, calls: { me: calls } })
  },
)

test.each([2, 10, 50])('ours: %i calls at once on a cold session make one login', async (calls) => {
  const sdk = stage.sdkOf()

  await Promise.all(Array.from({ length: calls }, () => sdk.ok(sdk.me())))

  expect(stage.looker.counts()).toMatchObject({ logins: 1, calls: { me: calls } })
})
