// Tries and waits, and the one renewal.
import { setImmediate } from 'node:timers/promises'
import type { IWaitResponse } from '@looker/sdk-rtl'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { renewal } from '../../lib/sdk/carried.ts'
import { failureOf } from '../../lib/sdk/failure.ts'
import type { systemClock } from '../../lib/system.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import {
  answers,
  authenticate,
  countedSignal,
  scriptedServer,
  sdkOn,
  thrownBy,
  transportOf,
} from './transport-parts.ts'

let server: Awaited<ReturnType<typeof scriptedServer>>

afterEach(() => server.close())

const before = async (answer: Parameters<typeof scriptedServer>[0], chance = 0) => {
  server = await scriptedServer(answer)
  const time = { nowMs: 1_700_000_000_000 }
  const sleptMs: number[] = []
  const sleep = async (ms: number) => {
    sleptMs.push(ms)
    time.nowMs += ms
  }
  const clock = { now: () => time.nowMs, monotonic: () => time.nowMs, sleep }
  const transport = transportOf({ baseUrl: server.url }, { clock, chance: () => chance })
  return { transport, sdk: sdkOn(server.url, transport), sleptMs }
}

const done = { body: '{"id":"1"}' }

describe('tries', () => {
  it.each([202, 429, 503])('are made again after %i', async (status) => {
    const { sdk, sleptMs } = await before(answers({ status }, { status }, done), 0.5)

    const user = await sdk.ok(sdk.me(undefined, { maxTries: 3 }))

    expect(user).toEqual({ id: '1' })
    expect(sleptMs).toEqual([1_250, 2_500])
  })

  it('wait no longer than 10 s and a half of it', async () => {
    const { sdk, sleptMs } = await before(answers({ status: 503 }), 0.5)

    await sdk.me(undefined, { maxTries: 7, timeout: 600 })

    expect(sleptMs).toEqual([1_250, 2_500, 5_000, 10_000, 12_500, 12_500])
  })

  it.each(['7', 'Tue, 14 Nov 2023 22:13:27 GMT'])('wait as Retry-After says: %s', async (after) => {
    const headers = { 'retry-after': after }
    const { sdk, sleptMs } = await before(answers({ status: 429, headers }, done), 0.5)

    await sdk.ok(sdk.me(undefined, { maxTries: 2 }))

    expect(sleptMs).toEqual([7_000])
  })

  it('wait for nothing that is not within the time of the call', async () => {
    const headers = { 'retry-after': '30' }
    const { sdk, sleptMs } = await before(answers({ status: 429, headers }, done))

    const error = await thrownBy(sdk.ok(sdk.me(undefined, { maxTries: 2 })))

    expect(failureOf(error)).toMatchObject({ status: 429, retryAfterMs: 30_000 })
    expect(sleptMs).toEqual([])
  })

  it.each([
    { status: 429, options: {} },
    { status: 500, options: { maxTries: 3 } },
    { status: 502, options: { maxTries: 3 } },
  ])('are not made again after $status with $options', async ({ status, options }) => {
    const { sdk } = await before(answers({ status }, done))

    const error = await thrownBy(sdk.ok(sdk.me(undefined, options)))

    expect(failureOf(error)).toMatchObject({ status })
    expect(server.received).toHaveLength(1)
  })
})

it('a wait of ours ends with the signal', async () => {
  server = await scriptedServer(answers({ status: 429 }, done))
  const { signal, abort, listeners } = countedSignal()
  const sleep = vi.fn<typeof systemClock.sleep>(() => {
    abort()
    return new Promise(() => {})
  })
  const clock = { now: () => 0, monotonic: () => 0, sleep }
  const sdk = sdkOn(server.url, transportOf({ baseUrl: server.url }, { clock }))

  const error = await thrownBy(sdk.ok(sdk.me(undefined, { maxTries: 2, signal })))

  expect(failureOf(error)).toMatchObject({ kind: 'aborted' })
  expect(sleep.mock.calls[0]?.[1]?.aborted).toBe(true)
  expect(listeners()).toBe(0)
  expect(server.received).toHaveLength(1)
})

it('a wait of ours ends with the time of the call', async () => {
  server = await scriptedServer(answers({ status: 429 }, done))
  const sleep = vi.fn<typeof systemClock.sleep>(() => new Promise(() => {}))
  const clock = { now: () => 0, monotonic: () => 0, sleep }
  const sdk = sdkOn(server.url, transportOf({ baseUrl: server.url }, { clock }))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

  const call = thrownBy(sdk.ok(sdk.me(undefined, { maxTries: 2, timeout: 5 })))
  while (sleep.mock.calls.length === 0) await setImmediate()
  vi.advanceTimersByTime(5_000)
  vi.useRealTimers()
  const error = await call

  expect(failureOf(error)).toMatchObject({ kind: 'timeout' })
  expect(server.received).toHaveLength(1)
})

describe('a wait handler', () => {
  it('is asked instead of waiting', async () => {
    const { sdk, sleptMs } = await before(answers({ status: 429 }, done))
    const waitHandler = vi.fn<() => Promise<IWaitResponse>>(async () => ({ response: 'retry' }))

    await sdk.ok(sdk.me(undefined, { maxTries: 2, waitHandler }))

    expect(waitHandler).toHaveBeenCalledWith(expect.objectContaining({ attempt: 1, waitMS: 1_000 }))
    expect(sleptMs).toEqual([])
  })

  it.each(['cancel', 'error'] as const)('ends the tries with %s', async (response) => {
    const { sdk } = await before(answers({ status: 202 }, done))
    const waitHandler = async () => ({ response, reason: 'enough' })

    const result = await sdk.me(undefined, { maxTries: 2, waitHandler })

    expect(result.ok).toBe(response === 'cancel')
    expect(server.received).toHaveLength(1)
  })

  it('that never answers does not outlive the call', async () => {
    const { sdk } = await before(answers({ status: 429 }, done))
    const controller = new AbortController()
    const waitHandler = () => {
      controller.abort()
      return new Promise<never>(() => {})
    }

    const options = { maxTries: 2, waitHandler, signal: controller.signal }
    const error = await thrownBy(sdk.ok(sdk.me(undefined, options)))

    expect(failureOf(error)).toMatchObject({ kind: 'aborted' })
  })
})

const renewing =
  (renew: () => Promise<string>) => async (props: Parameters<typeof authenticate>[0]) => ({
    ...(await authenticate(props)),
    [renewal]: renew,
  })

describe('a 401', () => {
  it('is answered once more with another token', async () => {
    const { transport } = await before(answers({ status: 401 }, done))
    const renew = vi.fn<() => Promise<string>>(async () => 'Bearer another')
    const ask = vi.fn<ReturnType<typeof renewing>>(renewing(renew))

    const user = await sdkOn(server.url, transport, ask).me()

    expect(user).toEqual({ ok: true, value: { id: '1' } })
    expect(server.received[1]?.headers.authorization).toBe('Bearer another')
    expect(ask).toHaveBeenCalledOnce()
  })

  it('is told when it comes twice, even between tries', async () => {
    const { transport } = await before(
      answers({ status: 401 }, { status: 503 }, { status: 401 }, done),
    )
    const renew = vi.fn<() => Promise<string>>(async () => 'Bearer another')
    const sdk = sdkOn(server.url, transport, renewing(renew))

    const error = await thrownBy(sdk.ok(sdk.me(undefined, { maxTries: 3 })))

    expect(failureOf(error)).toMatchObject({ kind: 'status', status: 401 })
    expect(renew).toHaveBeenCalledOnce()
    expect(server.received).toHaveLength(3)
  })

  it('is told with the reason why there is no other token', async () => {
    const { transport } = await before(answers({ status: 401, body: '{"message":"No"}' }))
    const limited = new TokenError('renewal-limited', 'Later')
    const sdk = sdkOn(
      server.url,
      transport,
      renewing(() => Promise.reject(limited)),
    )

    const error = await thrownBy(sdk.ok(sdk.me()))

    expect(error).toMatchObject({ message: 'No' })
    expect(failureOf(error)).toMatchObject({ kind: 'status', status: 401 })
    expect(failureOf(error)?.token).toBe(limited)
  })

  it('is told as it is when the session knows no other token', async () => {
    const { sdk } = await before(answers({ status: 401 }, done))

    const error = await thrownBy(sdk.ok(sdk.me()))

    expect(failureOf(error)).toMatchObject({ kind: 'status', status: 401, token: undefined })
  })
})
