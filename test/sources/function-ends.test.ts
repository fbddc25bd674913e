import { describe, expect, test } from 'vitest'
import { answerTo, invoked, problem, together } from './function-parts.ts'

/** Its token has a minute left, less the time that it was under way. */
const aged = async () => {
  const parts = together()
  await parts.ask()
  parts.clock.skip(3_540_000)
  return parts
}

describe('the end of a token', () => {
  test('is 10 s before its end: then another is asked for, and never the old one answered', async () => {
    const { ask, clock, answer } = together()
    answer.by = (asked, count) => invoked(answerTo(asked, `token-${count}`, { expires_in: 60 }))
    await ask()

    clock.skip(49_899)
    const before = await ask()
    clock.skip(1)
    answer.by = () => invoked(problem('looker-unavailable'))
    const after = await ask()

    expect([before, after]).toEqual(['token-1', 'looker-unavailable'])
  })

  test.each([
    ['the wall clock, after the process was frozen', 3_600_000],
    ['the wall clock, if 10 s are left', 3_589_900],
  ])('is seen by %s', async (_, ms) => {
    const { ask, clock } = together()
    await ask()

    clock.jump(ms)
    const token = await ask()

    expect(token).toBe('token-2')
  })

  test('is seen by the other clock, when the wall clock was set back', async () => {
    const { ask, clock } = together()
    await ask()

    clock.jump(-7_200_000)
    clock.skip(3_589_900)
    const token = await ask()

    expect(token).toBe('token-2')
  })

  test('is what is left and not what the broker calls the time', async () => {
    const { source, clock, answer } = together()
    answer.by = (asked) => invoked(answerTo(asked, 'token', { expires_at: '1999-01-01T00:00:00Z' }))
    clock.jump(-1_000_000_000_000)

    const token = await clock.run(source.getToken())

    expect(token.expiresAtMs).toBe(700_000_000_000 + 3_600_000)
  })

  test.each([
    [10, 'broker-answer'],
    [11, 'token'],
  ])('of a token with %i s left on arrival makes it: %s', async (expires_in, expected) => {
    const { ask, answer } = together()
    answer.by = (asked) => invoked(answerTo(asked, 'token', { expires_in }))

    const outcome = await ask()

    expect(outcome).toBe(expected)
  })

  test('may come while the answer is under way: it is not answered', async () => {
    const { ask, answer } = together()
    answer.by = (asked) => invoked(answerTo(asked, 'token', { expires_in: 15 }))
    answer.tookMs = 5_000

    const outcome = await ask()

    expect(outcome).toBe('broker-timeout')
  })
})

describe('a token that is getting old', () => {
  test('is replaced in its last minute by one caller, while the others go on with it', async () => {
    const { outcome, clock, payloads } = await aged()

    const outcomes = await clock.run(Promise.all([outcome(), outcome(), outcome()]))
    const after = await clock.run(outcome())

    expect(outcomes).toEqual(['token-2', 'token-1', 'token-1'])
    expect(after).toBe('token-2')
    expect(payloads).toHaveLength(2)
  })

  test('is answered if there is no better one, and the broker left alone for 5 s', async () => {
    const { ask, clock, answer, payloads } = await aged()
    answer.by = () => invoked(problem('looker-unavailable'))

    const first = await ask()
    clock.skip(4_999)
    const resting = [await ask(), payloads.length]
    clock.skip(1)
    const again = [await ask(), payloads.length]

    expect(first).toBe('token-1')
    expect(resting).toEqual(['token-1', 2])
    expect(again).toEqual(['token-1', 3])
  })

  test('is answered after 2 s if the broker is slow, and the better one remembered', async () => {
    const { ask, clock, answer } = await aged()
    answer.tookMs = 3_000
    const startedMs = clock.monotonic()

    const first = await ask()
    const tookMs = clock.monotonic() - startedMs
    await clock.advance(1_000)
    const later = await ask()

    expect([first, tookMs, later]).toEqual(['token-1', 2_000, 'token-2'])
  })

  test('that ends meanwhile is not answered: the caller waits on', async () => {
    const { ask, clock, answer, payloads } = await aged()
    clock.skip(48_500)
    answer.tookMs = 3_000

    const token = await ask()

    expect(token).toBe('token-2')
    expect(payloads).toHaveLength(2)
  })

  test('is no consolation to a caller who left', async () => {
    const { outcome, clock } = await aged()
    const controller = new AbortController()
    const leaving = outcome({}, { signal: controller.signal })

    controller.abort()
    const result = await clock.run(leaving)

    expect(result).toBe('aborted')
  })

  test('that the broker answers again is not asked for again at once', async () => {
    const { ask, clock, answer, payloads } = await aged()
    answer.by = (asked) => invoked(answerTo(asked, 'token-1', { expires_in: 59 }))

    await ask()
    clock.skip(5_000)
    const later = await ask()

    expect(later).toBe('token-1')
    expect(payloads).toHaveLength(2)
  })
})
