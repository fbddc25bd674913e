import { describe, expect, test } from 'vitest'
import { BrokerError, KeysError, StoreError } from '../../lib/errors.ts'
import { Secret } from '../../lib/secret.ts'
import { createTableTokens } from '../../lib/sources/table-tokens.ts'
import type { TableTokensOptions } from '../../lib/sources/table-tokens.ts'
import type { GetToken } from '../../lib/tokens/get-token.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'
import { tokenWith } from '../tokens/samples.ts'

const options: TableTokensOptions = {
  stage: 'test',
  tableName: 'test-table',
  keyId: 'alias/test',
  looker: { baseUrl: 'https://looker.example.com', clientId: 'client' },
}

type Call = Parameters<GetToken>

const setUp = (getToken: GetToken, load?: () => Promise<void>) => {
  const clock = createFakeClock()
  const calls: Call[] = []
  let opened = 0
  const source = createTableTokens(options, { clock }, async () => {
    await load?.()
    return {
      openTable: () => {
        opened += 1
        return (...call) => {
          calls.push(call)
          return getToken(...call)
        }
      },
    }
  })
  return { clock, source, calls, opened: () => opened }
}

const succeeding: GetToken = async () => tokenWith({ secret: new Secret('the-token') })
const failing =
  (error: unknown): GetToken =>
  () =>
    Promise.reject(error)
const forever: GetToken = () => new Promise(() => undefined)

describe('a call', () => {
  test('is answered with whose token it is', async () => {
    const { source, calls } = setUp(succeeding)
    const refused = 'A'.repeat(43)

    const token = await source.getToken({ userId: '7', workspace: 'dev', refused })

    expect(token).toMatchObject({ userId: '7', workspace: 'dev', expiresAtMs: 3_600_000 })
    expect(token.secret.reveal()).toBe('the-token')
    expect(calls[0]?.[0]).toEqual({
      instance: 'https://looker.example.com',
      clientId: 'client',
      userId: '7',
      workspace: 'dev',
    })
    expect(calls[0]?.[1]).toEqual({ minTtlMs: 0, refusedDigest: refused })
  })

  test('is for the service account in production, for 12 seconds, unless it says otherwise', async () => {
    const { source, calls } = setUp(succeeding)

    await source.getToken()
    await source.getToken({}, { timeoutMs: 700 })

    expect(calls[0]?.[0]).toEqual({
      instance: 'https://looker.example.com',
      clientId: 'client',
      workspace: 'production',
    })
    expect(calls.map(([, , deadline]) => deadline.remainingMs())).toEqual([12_000, 700])
  })

  test.each([
    ['userId', { userId: 'x' }, {}],
    ['userId', { userId: '' }, {}],
    ['userId', { userId: '1'.repeat(21) }, {}],
    ['userId', { userId: 7 }, {}],
    ['workspace', { workspace: 'staging' }, {}],
    ['refused', { refused: 'not-a-digest' }, {}],
    ['timeoutMs', {}, { timeoutMs: Number.NaN }],
  ])('with a wrong %s is refused, and nobody is asked', async (name, request, limits) => {
    const { source, calls } = setUp(succeeding)

    const asked = Reflect.apply(source.getToken, undefined, [request, limits])

    await expect(asked).rejects.toMatchObject({ name: 'TokenError', code: 'invalid-request' })
    await expect(asked).rejects.toThrow(`${name}: write`)
    expect(calls).toEqual([])
  })
})

test('a call whose time is over already asks nobody', async () => {
  const { source, calls } = setUp(succeeding)

  const asked = source.getToken({}, { timeoutMs: 0 })

  await expect(asked).rejects.toMatchObject({ name: 'TokenError', code: 'timeout' })
  expect(calls).toEqual([])
})

describe('the table', () => {
  test('is opened once for any number of calls', async () => {
    const { source, opened } = setUp(succeeding)

    await Promise.all(Array.from({ length: 100 }, () => source.getToken()))
    await source.getToken()

    expect(opened()).toBe(1)
  })

  test('is opened again after it could not be', async () => {
    let loads = 0
    const { source } = setUp(succeeding, async () => {
      loads += 1
      if (loads === 1) throw new SyntaxError('with-a-secret-in-it')
    })

    const first = source.getToken()
    await expect(first).rejects.toMatchObject({ code: 'internal' })

    await expect(first).rejects.toThrow('(SyntaxError)')
    await expect(source.getToken()).resolves.toMatchObject({ workspace: 'production' })
  })

  test.each(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])(
    'that needs a package which is not there (%s) is told by what to install',
    async (code) => {
      const { source } = setUp(succeeding, () =>
        Promise.reject(Object.assign(new Error('simulated'), { code })),
      )

      const asked = source.getToken()

      await expect(asked).rejects.toMatchObject({ code: 'package-missing' })
      await expect(asked).rejects.toThrow(
        'npm install @aws-sdk/client-dynamodb @aws-sdk/client-kms',
      )
    },
  )

  test('that is not loaded in time ends the call, and not the loading', async () => {
    const { source, clock, opened } = setUp(succeeding, () => clock.sleep(1_000))

    const asked = clock.run(source.getToken({}, { timeoutMs: 500 }))

    await expect(asked).rejects.toMatchObject({ code: 'timeout' })
    await clock.advance(1_000)
    await expect(source.getToken()).resolves.toHaveProperty('secret')
    expect(opened()).toBe(1)
  })
})

describe('errors', () => {
  test.each([
    ['keys-unavailable', 'keyId'],
    ['table-unavailable', 'region'],
    ['table-throttled', 'throughput'],
    ['misconfigured', 'tableName'],
    ['secret-missing', 'npm run tenant:secret'],
    ['secret-missing', 'looker.clientSecret'],
    ['looker-refused-credentials', 'looker.clientId'],
    ['looker-refused-user', 'Looker (not the broker)'],
    ['looker-rate-limited', 'less often'],
    ['looker-unavailable', 'looker.baseUrl'],
    ['login-in-progress', 'loginTimeoutSeconds'],
    ['renewal-limited', 'too soon'],
  ] as const)('%s says what to check (%s) and when to try again', async (code, advice) => {
    const { source } = setUp(failing(new BrokerError(code, 'simulated', { retryAfterMs: 4_000 })))

    const asked = source.getToken()

    await expect(asked).rejects.toMatchObject({ name: 'TokenError', code, retryAfterMs: 4_000 })
    await expect(asked).rejects.toThrow(advice)
  })

  test.each([
    'There are no credentials to call the table with.',
    'The table refuses the call (ExpiredTokenException).',
    'The table refuses the call (UnrecognizedClientException).',
  ])('of credentials are told as such: %s', async (message) => {
    const cause = new StoreError('refused', message)
    const { source } = setUp(failing(new BrokerError('misconfigured', 'simulated', { cause })))

    await expect(source.getToken()).rejects.toMatchObject({ code: 'no-credentials' })
  })

  test('of rights name what AWS said', async () => {
    const cause = new StoreError('refused', 'The table refuses the call (AccessDeniedException).')
    const { source } = setUp(failing(new BrokerError('misconfigured', 'simulated', { cause })))

    const asked = source.getToken()

    await expect(asked).rejects.toMatchObject({ code: 'misconfigured' })
    await expect(asked).rejects.toThrow('(AccessDeniedException)')
  })

  test.each([
    [new TypeError('with-a-secret-in-it'), '(TypeError)'],
    [new StoreError('unavailable', 'with-a-secret-in-it'), '(StoreError)'],
    [new KeysError('with-a-secret-in-it'), '(KeysError)'],
    ['with-a-secret-in-it', '(string)'],
  ])('that nobody expects are named and not quoted', async (error, name) => {
    const { source } = setUp(failing(error))

    const asked = source.getToken()

    await expect(asked).rejects.toMatchObject({ name: 'TokenError', code: 'internal' })
    await expect(asked).rejects.toThrow(name)
    await expect(asked).rejects.not.toThrow('with-a-secret')
    await expect(asked).rejects.not.toHaveProperty('cause')
  })

  test('tell the end of the caller’s time from a login that does not fit into it', async () => {
    const late = new BrokerError('login-in-progress', 'simulated')
    const { source, clock } = setUp(async () => {
      await clock.sleep(2_900)
      throw late
    })
    const { source: hasty } = setUp(failing(late))

    const over = clock.run(source.getToken({}, { timeoutMs: 3_000 }))

    await expect(over).rejects.toMatchObject({ code: 'timeout' })
    await expect(hasty.getToken({}, { timeoutMs: 3_000 })).rejects.toMatchObject({
      code: 'login-in-progress',
    })
  })
})

describe('a signal', () => {
  test('that has fired asks nobody', async () => {
    const { source, calls } = setUp(succeeding)

    const asked = source.getToken({}, { signal: AbortSignal.abort() })

    await expect(asked).rejects.toMatchObject({ name: 'TokenError', code: 'aborted' })
    expect(calls).toEqual([])
  })

  test('ends its own call at once, and no other', async () => {
    const controller = new AbortController()
    let answer: (() => void) | undefined
    const { source } = setUp(async (...call) => {
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return succeeding(...call)
    })
    const ended = source.getToken({}, { signal: controller.signal })
    await new Promise((resolve) => setImmediate(resolve))

    controller.abort(new Error('with-a-secret-in-it'))

    await expect(ended).rejects.toMatchObject({ code: 'aborted' })
    const other = source.getToken()
    await new Promise((resolve) => setImmediate(resolve))
    answer?.()
    await expect(other).resolves.toHaveProperty('secret')
  })

  test('ends a call that never would', async () => {
    const controller = new AbortController()
    const { source } = setUp(forever)
    const asked = source.getToken({}, { signal: controller.signal })

    controller.abort()

    await expect(asked).rejects.toMatchObject({ code: 'aborted' })
  })
})
