import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { failureOf } from '../../../lib/sdk/failure.ts'
import { createPublishedStage, hushDebug } from './stage.ts'

let stage: Awaited<ReturnType<typeof createPublishedStage>>
/** Looker answers `me` when it is opened. */
let openGate: () => void

beforeEach(async () => {
  hushDebug()
  const opened = new Promise<void>((resolve) => {
    openGate = resolve
  })
  const sleep = (ms: number) => (ms === 0 ? Promise.resolve() : opened)
  stage = await createPublishedStage({ looker: { sleep } })
})

afterEach(async () => {
  vi.restoreAllMocks()
  openGate()
  await stage.close()
})

const waits = () => stage.looker.setFault('me', { kind: 'slow', ms: 1 })

const arrived = (calls: number) =>
  vi.waitFor(() => expect(stage.looker.counts().calls.me).toBe(calls), 10_000)

describe('a call whose time is over', () => {
  test('published: waits on, and ends well', async () => {
    const sdk = stage.publishedSdk()
    await sdk.ok(sdk.session())
    const over = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal)
    waits()

    const call = sdk.me(undefined, { timeout: 1 })
    await arrived(1)
    over.abort(new DOMException('over', 'TimeoutError'))
    openGate()
    const result = await call

    expect(timeout).toHaveBeenLastCalledWith(1_000)
    expect(result.ok).toBe(true)
  })

  test('ours: ends with it, at Looker too', async () => {
    const sdk = stage.sdkOf()
    await sdk.ok(sdk.session())
    waits()

    const error = await sdk.ok(sdk.me(undefined, { timeout: 0.1 })).catch((thrown) => thrown)

    expect(failureOf(error)).toMatchObject({ kind: 'timeout', method: 'GET' })
    await vi.waitFor(() => expect(stage.server.unfinishedAnswers()).toBe(1), 10_000)
  })
})

describe('a call whose signal is aborted', () => {
  test('published: waits on, and ends well', async () => {
    const sdk = stage.publishedSdk()
    const caller = new AbortController()
    waits()

    const call = sdk.me(undefined, { signal: caller.signal })
    await arrived(1)
    caller.abort()
    openGate()
    const result = await call

    expect(result.ok).toBe(true)
  })

  test('ours: ends with it, at Looker too', async () => {
    const sdk = stage.sdkOf()
    const caller = new AbortController()
    waits()

    const call = sdk.ok(sdk.me(undefined, { signal: caller.signal })).catch((thrown) => thrown)
    await arrived(1)
    caller.abort()
    const error = await call

    expect(failureOf(error)).toMatchObject({ kind: 'aborted', method: 'GET' })
    await vi.waitFor(() => expect(stage.server.unfinishedAnswers()).toBe(1), 10_000)
  })
})
