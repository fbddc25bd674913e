import { describe, expect, test } from 'vitest'
import { TokenError } from '../../lib/sources/token-error.ts'
import { invoked, problem, startAtMs, together } from './function-parts.ts'

describe('one invocation', () => {
  test.each([2, 100, 10_000])('%i calls at once for one user and workspace cost one', async (k) => {
    const { outcome, clock, payloads } = together()

    const outcomes = await clock.run(
      Promise.all(Array.from({ length: k }, () => outcome({ userId: '7', workspace: 'dev' }))),
    )

    expect(new Set(outcomes)).toEqual(new Set(['token-1']))
    expect(payloads).toEqual(['{"user_id":"7","workspace":"dev"}'])
  })

  test('a remembered token costs none, and has its end by this clock from before the invocation', async () => {
    const { source, clock, payloads } = together()

    const first = await clock.run(source.getToken())
    const second = await clock.run(source.getToken({ workspace: 'production' }))

    expect(first).toMatchObject({ userId: undefined, workspace: 'production' })
    expect(first.expiresAtMs).toBe(startAtMs + 3_600_000)
    expect(second).toBe(first)
    expect(payloads).toEqual(['{}'])
  })

  test('every user and workspace has its own', async () => {
    const { source, clock, payloads } = together()
    const requests = [
      {},
      { workspace: 'dev' },
      { userId: '7' },
      { userId: '7', workspace: 'dev' },
      { userId: '8' },
    ] as const

    const tokens = await clock.run(
      Promise.all([...requests, ...requests].map((one) => source.getToken(one))),
    )

    const whose = tokens.map(({ userId, workspace }) => ({ userId, workspace }))
    expect(whose.slice(0, 5)).toEqual([
      { userId: undefined, workspace: 'production' },
      { userId: undefined, workspace: 'dev' },
      { userId: '7', workspace: 'production' },
      { userId: '7', workspace: 'dev' },
      { userId: '8', workspace: 'production' },
    ])
    expect(whose.slice(5)).toEqual(whose.slice(0, 5))
    expect(new Set(tokens.map(({ secret }) => secret.reveal())).size).toBe(5)
    expect(payloads).toEqual([
      '{}',
      '{"workspace":"dev"}',
      '{"user_id":"7"}',
      '{"user_id":"7","workspace":"dev"}',
      '{"user_id":"8"}',
    ])
  })

  test('an error is shared by those who wait together, and not remembered', async () => {
    const { outcome, ask, clock, answer, payloads } = together()
    const { by } = answer
    answer.by = () => invoked(problem('looker-unavailable'))

    const outcomes = await clock.run(Promise.all([outcome(), outcome()]))
    answer.by = by
    const after = await ask()

    expect(outcomes).toEqual(['looker-unavailable', 'looker-unavailable'])
    expect(after).toBe('token-2')
    expect(payloads).toHaveLength(2)
  })

  test('10,000 tokens are remembered, and then the oldest goes', async () => {
    const { source, clock, payloads, answer } = together()
    answer.tookMs = 0
    const askAll = async (from: number, to: number) => {
      const ids = Array.from({ length: to - from }, (_, index) => String(from + index))
      await clock.run(Promise.all(ids.map((userId) => source.getToken({ userId }))))
      return payloads.length
    }

    const first = await askAll(0, 10_000)
    const again = await askAll(0, 10_000)
    const more = await askAll(10_000, 10_001)
    const kept = await askAll(1, 10_001)
    const gone = await askAll(0, 1)

    expect([first, again, more, kept, gone]).toEqual([10_000, 10_000, 10_001, 10_001, 10_002])
  })
})

describe('a caller who leaves', () => {
  test('by its signal ends alone', async () => {
    const { outcome, clock, payloads, signals } = together()
    const controller = new AbortController()
    const leaving = outcome({}, { signal: controller.signal })
    const staying = outcome()

    controller.abort()
    const outcomes = await clock.run(Promise.all([leaving, staying]))

    expect(outcomes).toEqual(['aborted', 'token-1'])
    expect(payloads).toHaveLength(1)
    expect(signals[0]?.aborted).toBe(false)
  })

  test('by its time ends alone, and the token is there for the next', async () => {
    const { outcome, ask, clock, payloads } = together()

    const outcomes = await clock.run(Promise.all([outcome({}, { timeoutMs: 99 }), outcome()]))
    const next = await ask({}, { timeoutMs: 0 })

    expect(outcomes).toEqual(['timeout', 'token-1'])
    expect(next).toBe('token-1')
    expect(payloads).toHaveLength(1)
  })

  test('before it asked causes no invocation', async () => {
    const { ask, payloads } = together()

    const aborted = await ask({}, { signal: AbortSignal.abort() })
    const late = await ask({}, { timeoutMs: 0 })

    expect([aborted, late]).toEqual(['aborted', 'timeout'])
    expect(payloads).toEqual([])
  })

  test('after a token is remembered gets an error and not the token', async () => {
    const { ask } = together()
    await ask()

    const aborted = await ask({}, { signal: AbortSignal.abort() })

    expect(aborted).toBe('aborted')
  })

  test('leaves nothing behind on its signal and its clock', async () => {
    const { ask, clock } = together()
    const { signal } = new AbortController()
    let listeners = 0
    const counted = Object.assign(signal, {
      addEventListener: () => (listeners += 1),
      removeEventListener: () => (listeners -= 1),
    })

    const token = await ask({}, { signal: counted })

    expect(token).toBe('token-1')
    expect(listeners).toBe(0)
    expect(clock.sleepers()).toBe(0)
  })

  test('waits 12 s if it says nothing, and without bound if it says so', async () => {
    const { source, clock, answer } = together()
    answer.tookMs = 12_500
    const startedMs = clock.monotonic()

    const usual = await clock.run(source.getToken().catch((error: unknown) => error))
    const usualTookMs = clock.monotonic() - startedMs
    const unbounded = await clock.run(source.getToken({ userId: '7' }, { timeoutMs: Infinity }))

    expect(usual).toMatchObject({ code: 'timeout' })
    expect(usualTookMs).toBe(12_000)
    expect(unbounded.userId).toBe('7')
  })
})

describe('an invocation that does not end', () => {
  test('is over after 13 s, also if it does not listen to its signal', async () => {
    const { source, clock, answer, signals } = together()
    answer.tookMs = 100_000
    const startedMs = clock.monotonic()

    const error = await clock.run(
      source.getToken({}, { timeoutMs: 60_000 }).catch((thrown: unknown) => thrown),
    )

    expect(error).toBeInstanceOf(TokenError)
    expect(error).toMatchObject({ code: 'broker-timeout' })
    expect(clock.monotonic() - startedMs).toBe(13_000)
    expect(signals[0]?.aborted).toBe(true)
  })

  test('is followed by another of a caller who joined it and has time left', async () => {
    const { outcome, clock, answer, payloads } = together()
    answer.tookMs = 100_000
    const starter = outcome({}, { timeoutMs: 60_000 })
    await clock.advance(12_000)
    const joiner = outcome()
    answer.tookMs = 100

    const outcomes = await clock.run(Promise.all([starter, joiner]))

    expect(outcomes).toEqual(['broker-timeout', 'token-2'])
    expect(payloads).toHaveLength(2)
  })
})
