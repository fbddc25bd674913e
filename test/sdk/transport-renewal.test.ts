// A renewal within the time of its call, and what the session is told of that time.
import { setImmediate } from 'node:timers/promises'
import type { IRequestProps } from '@looker/sdk-rtl'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { limits, renewal } from '../../lib/sdk/carried.ts'
import type { CarriedProps } from '../../lib/sdk/carried.ts'
import { failureOf } from '../../lib/sdk/failure.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import type { CallLimits } from '../../lib/sources/token-source.ts'
import {
  answers,
  authenticate,
  countedSignal,
  scriptedServer,
  sdkOn,
  streamOn,
  thrownBy,
  transportOf,
} from './transport-parts.ts'

type Renew = (left: CallLimits) => Promise<string>

let server: Awaited<ReturnType<typeof scriptedServer>>

beforeEach(async () => {
  server = await scriptedServer(answers({ status: 401 }, { body: '{"id":"1"}' }))
})

afterEach(async () => {
  vi.useRealTimers()
  await server.close()
})

const renewing = (renew: Renew) => async (props: IRequestProps) => ({
  ...(await authenticate(props)),
  [renewal]: renew,
})

const standing = { now: () => 0, monotonic: () => 0, sleep: async () => {} }

const before = (renew: Renew) =>
  sdkOn(server.url, transportOf({ baseUrl: server.url }, { clock: standing }), renewing(renew))

it('ends in time though the renewal does not', async () => {
  const renew = vi.fn<Renew>(() => new Promise(() => {}))
  const sdk = before(renew)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

  const call = thrownBy(sdk.ok(sdk.me(undefined, { timeout: 1 })))
  while (renew.mock.calls.length === 0) await setImmediate()
  vi.advanceTimersByTime(1_000)
  const error = await call

  expect(failureOf(error)).toMatchObject({ kind: 'timeout' })
  expect(renew.mock.calls[0]?.[0].signal?.aborted).toBe(true)
  expect(server.received).toHaveLength(1)
})

it('ends with the signal during the renewal', async () => {
  const { signal, abort, listeners } = countedSignal()
  const sdk = before(() => {
    abort()
    return new Promise(() => {})
  })

  const error = await thrownBy(sdk.ok(sdk.me(undefined, { signal })))

  expect(failureOf(error)).toMatchObject({ kind: 'aborted' })
  expect(listeners()).toBe(0)
  expect(server.received).toHaveLength(1)
})

it('is late where the session says so, and no refusal of Looker', async () => {
  const sdk = before(() => Promise.reject(new TokenError('timeout', 'Not in time')))

  const error = await thrownBy(sdk.ok(sdk.me()))

  expect(failureOf(error)).toMatchObject({ kind: 'timeout', token: { code: 'timeout' } })
})

it('is answered for a stream too, with another token', async () => {
  const renew = vi.fn<Renew>(async () => 'Bearer another')
  const transport = transportOf({ baseUrl: server.url })
  const sdk = streamOn(server.url, transport, renewing(renew))

  const text = await sdk.authStream((response) => response.text(), 'GET', '/a')

  expect(text).toBe('{"id":"1"}')
  expect(server.received[1]?.headers.authorization).toBe('Bearer another')
  expect(renew).toHaveBeenCalledOnce()
})

it('tells the session what is left of the call, and its end', async () => {
  const { signal, abort } = countedSignal()
  const seen: (CallLimits | undefined)[] = []
  const ask = async (props: CarriedProps): Promise<CarriedProps> => {
    seen.push(props[limits])
    abort()
    return authenticate(props)
  }
  const transport = transportOf({ baseUrl: server.url }, { clock: standing })
  const sdk = sdkOn(server.url, transport, ask)

  await thrownBy(sdk.ok(sdk.me(undefined, { signal, timeout: 3 })))

  expect(seen).toEqual([{ timeoutMs: 3_000, signal: expect.any(AbortSignal) }])
  expect(seen[0]?.signal?.aborted).toBe(true)
})
