import { describe, expect, test } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import { answerTo, invoked, together } from './function-parts.ts'

const digestOf = (text: string): string => new Secret(text).digest()

describe('a token that Looker refused', () => {
  test('is not answered again, and a hundred reports cost one invocation', async () => {
    const { outcome, ask, clock, payloads } = together()
    await ask()
    const refused = digestOf('token-1')

    const outcomes = await clock.run(
      Promise.all(Array.from({ length: 100 }, () => outcome({ refused }))),
    )

    expect(new Set(outcomes)).toEqual(new Set(['token-2']))
    expect(payloads).toEqual(['{}', JSON.stringify({ refused })])
  })

  test('and was replaced already costs nothing: the newer one is answered', async () => {
    const { ask, payloads } = together()
    await ask()
    await ask({ refused: digestOf('token-1') })

    const late = await ask({ refused: digestOf('token-1') })
    const other = await ask()

    expect([late, other]).toEqual(['token-2', 'token-2'])
    expect(payloads).toHaveLength(2)
  })

  test('goes on for those who did not report it, until the newer one is there', async () => {
    const { outcome, ask, clock } = together()
    await ask()
    const reporting = outcome({ refused: digestOf('token-1') })

    const meanwhile = await outcome()
    const reported = await clock.run(reporting)
    const after = await ask()

    expect([meanwhile, reported, after]).toEqual(['token-1', 'token-2', 'token-2'])
  })

  test('and that the broker answers nevertheless is an error', async () => {
    const { ask, answer } = together()
    answer.by = (asked) => invoked(answerTo(asked, 'token-1'))
    await ask()

    const outcome = await ask({ refused: digestOf('token-1') })

    expect(outcome).toBe('broker-answer')
  })

  test('does not come back by a broker that has not heard of it', async () => {
    const { outcome, ask, clock, answer } = together()
    const { by } = answer
    await ask()
    clock.skip(3_540_000)
    answer.by = (asked, count) => {
      const expires_in = asked.refused === undefined ? 3_600 : 1_800
      const text = asked.refused === undefined ? 'token-1' : `token-${count}`
      return invoked(answerTo(asked, text, { expires_in }))
    }
    const unaware = outcome()
    await clock.advance(50)
    const reporting = outcome({ refused: digestOf('token-1') })
    answer.tookMs = 10

    const outcomes = await clock.run(Promise.all([unaware, reporting]))
    answer.by = by
    const after = await ask()

    expect(outcomes[1]).toBe('token-3')
    expect(after).toBe('token-3')
  })
})

describe('a request that is none', () => {
  test.each([
    ['a user id with letters', { userId: '7a' }],
    ['an empty user id', { userId: '' }],
    ['a user id of 21 digits', { userId: '123456789012345678901' }],
    ['an unknown workspace', { workspace: 'staging' }],
    ['a digest that is too short', { refused: 'abc' }],
    ['a digest in padded base64', { refused: `${'a'.repeat(43)}=` }],
    ['a misspelled user', { userID: '7' }],
    ['a text', 'user 7'],
    ['null', null],
  ])('is refused without a call: %s', async (_, unverified) => {
    const { ask, payloads } = together()

    const outcome = await ask(JSON.parse(JSON.stringify(unverified)))

    expect(outcome).toBe('invalid-request')
    expect(payloads).toEqual([])
  })

  test('has a time that is no number', async () => {
    const { ask, payloads } = together()

    const outcome = await ask({}, { timeoutMs: NaN })

    expect(outcome).toBe('invalid-request')
    expect(payloads).toEqual([])
  })

  test('is told of in full, without what was written', async () => {
    const { source } = together()

    const call = source.getToken({ userId: 'secret', refused: 'secret' })

    await expect(call).rejects.toThrow(
      'userId: write 1 to 20 digits; refused: write a SHA-256 as 43 characters of base64url',
    )
  })

  test('is not one with 20 digits', async () => {
    const { ask } = together()

    const outcome = await ask({ userId: '12345678901234567890' })

    expect(outcome).toBe('token-1')
  })
})
