import { afterEach, describe, expect, it, vi } from 'vitest'
import { create, handler as deployed } from '../../functions/issue-api-token.ts'
import { BrokerError, KeysError, LookerError, StoreError } from '../../lib/errors.ts'
import type { ErrorCode } from '../../lib/errors.ts'
import { Secret } from '../../lib/secret.ts'
import { context, httpEvent, rimBroker, stoppedClock, tenant } from './calls.ts'

const statuses: Readonly<Record<ErrorCode, number>> = {
  'invalid-request': 400,
  'user-agent-not-valid': 400,
  unauthenticated: 401,
  forbidden: 403,
  'origin-not-allowed': 403,
  'sign-in-required': 403,
  'looker-refused-user': 403,
  'not-found': 404,
  'extension-refused': 409,
  'too-many-requests': 429,
  misconfigured: 500,
  internal: 500,
  'looker-refused-embed': 502,
  'looker-refused-credentials': 503,
  'looker-rate-limited': 503,
  'looker-unavailable': 503,
  'login-in-progress': 503,
  'session-in-progress': 503,
  'renewal-limited': 503,
  'secret-missing': 503,
  'table-throttled': 503,
  'table-unavailable': 503,
  'keys-unavailable': 503,
}

const isCode = (text: string): text is ErrorCode => Object.hasOwn(statuses, text)
const codes = Object.keys(statuses).filter(isCode)

const failing = (error: unknown) => {
  const { source, events } = rimBroker({ getToken: () => Promise.reject(error) })
  return { ...create(source), events }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const brokerAt = (nowAtMs: number) =>
  rimBroker({
    clock: stoppedClock(nowAtMs),
    getToken: async () => ({
      secret: new Secret('the-token'),
      issuedAtMs: 0,
      expiresAtMs: 3_600_000,
      generation: 1,
    }),
  })

describe('a token', () => {
  it.each([
    [0, 3600],
    [1, 3599],
    [1_000, 3599],
    [3_569_001, 30],
    [3_600_000, 0],
    [3_700_000, 0],
  ])('told at %i ms has the seconds that are left then: %i', async (nowAtMs, expiresIn) => {
    const { source } = brokerAt(nowAtMs)

    const answer = await create(source).handler(
      httpEvent({ body: '{"user_id":"7","workspace":"dev"}' }),
      context,
    )

    expect(answer).toEqual({
      statusCode: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        pragma: 'no-cache',
      },
      body: JSON.stringify({
        access_token: 'the-token',
        token_type: 'Bearer',
        expires_in: expiresIn,
        expires_at: '1970-01-01T01:00:00.000Z',
        workspace: 'dev',
        user_id: '7',
        base_url: tenant.looker.base_url,
      }),
    })
  })

  it('of the service account says so with null', async () => {
    const { source } = brokerAt(0)

    const { body = '' } = await create(source).handler(httpEvent({}), context)

    expect(JSON.parse(body)).toMatchObject({ user_id: null, workspace: 'production' })
  })

  it('is asked for with what the request says, in milliseconds', async () => {
    const { source, getToken } = brokerAt(0)
    const refused = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'

    await create(source).handler(
      httpEvent({ body: JSON.stringify({ user_id: '7', min_ttl: 600, refused }) }),
      context,
    )

    expect(getToken.mock.calls[0]?.slice(0, 2)).toEqual([
      {
        instance: 'https://looker.example.com',
        clientId: 'rim-client',
        userId: '7',
        workspace: 'production',
      },
      { minTtlMs: 600_000, refusedDigest: refused },
    ])
  })

  it.each([
    [55_000, 12_000],
    [12_501, 12_000],
    [12_499, 11_999],
    [5_000, 4_500],
    [500, 0],
    [10, 0],
  ])('with %i ms left to the function is looked for in %i', async (leftMs, deadlineMs) => {
    const { source, getToken } = brokerAt(0)
    const shortContext = { ...context, getRemainingTimeInMillis: () => leftMs }

    await create(source).handler(httpEvent({}), shortContext)

    expect(getToken.mock.calls[0]?.[2].remainingMs()).toBe(deadlineMs)
  })
})

describe('every error', () => {
  it.each(codes)('%s has its status, and is a problem document', async (code) => {
    const { handler } = failing(new BrokerError(code, 'What happened.'))

    const { statusCode, headers = {}, body = '' } = await handler(httpEvent({}), context)
    const problem = JSON.parse(body)

    expect(statusCode).toBe(statuses[code])
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    })
    expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain('etag')
    expect(problem).toMatchObject({
      type: `urn:problem-type:looker-token-broker:${code}`,
      status: statuses[code],
      title: expect.stringMatching(/^[A-Z].{8,}$/),
      detail: statusCode === 500 ? 'See the log of this request.' : 'What happened.',
      request_id: 'request-1',
    })
    expect(headers['www-authenticate']).toBe(statusCode === 401 ? 'Bearer' : undefined)
    expect(headers['retry-after']).toBe(statusCode === 503 ? '5' : undefined)
    expect(problem.retry_after).toBe(statusCode === 503 ? 5 : undefined)
  })

  it.each(codes)('%s is the same problem to a direct caller', async (code) => {
    const { source } = rimBroker({
      issueApiToken: () => Promise.reject(new BrokerError(code, 'What happened.')),
    })

    const answer = await create(source).direct({}, context)

    expect(answer).toMatchObject({
      type: `urn:problem-type:looker-token-broker:${code}`,
      status: statuses[code],
      request_id: 'request-1',
    })
  })

  it.each([
    [0, '1'],
    [1, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [60_000, '60'],
  ])('that asks for %i ms of patience tells whole seconds: %s', async (retryAfterMs, seconds) => {
    const { handler } = failing(new BrokerError('looker-rate-limited', 'Wait.', { retryAfterMs }))

    const { headers, body = '' } = await handler(httpEvent({}), context)

    expect(headers).toMatchObject({ 'retry-after': seconds })
    expect(JSON.parse(body).retry_after).toBe(Number(seconds))
  })
})

describe('an unexpected error', () => {
  it.each<[string, unknown, string]>([
    ['of the language', new TypeError('held secret-1'), 'TypeError'],
    [
      'with a name that is a sentence',
      Object.assign(new Error('x'), { name: 'a secret-1' }),
      'Error',
    ],
    ['that is no error', 'secret-1', 'unknown'],
    ['that is nothing', undefined, 'unknown'],
    ['with a cause of ours', new Error('secret-1', { cause: new KeysError('k') }), 'Error'],
    ['of the store', new StoreError('refused', 'The table refuses (x).'), 'The table refuses (x).'],
    ['of the keys', new KeysError('KMS failed', new Error('secret-1')), 'KMS failed (Error)'],
    ['of Looker', new LookerError('timeout', 'Looker is late'), 'Looker is late'],
  ])('%s is a 500 that tells nothing outside', async (_, error, logged) => {
    const { handler, events } = failing(error)

    const { statusCode, body = '' } = await handler(httpEvent({}), context)

    expect(statusCode).toBe(500)
    expect(JSON.parse(body)).toEqual({
      type: 'urn:problem-type:looker-token-broker:internal',
      title: 'The broker failed',
      status: 500,
      detail: 'See the log of this request.',
      request_id: 'request-1',
    })
    expect(events).toEqual([
      {
        name: 'request-failed',
        function: 'issue-api-token',
        request_id: 'request-1',
        code: 'internal',
        status: 500,
        error: logged,
      },
    ])
  })

  it('of ours is logged with what caused it', async () => {
    const cause = new StoreError('refused', 'The table refuses the call (AccessDeniedException).')
    const { handler, events } = failing(new BrokerError('misconfigured', 'Refused.', { cause }))

    await handler(httpEvent({}), context)

    expect(events).toMatchObject([
      { error: 'Refused. (The table refuses the call (AccessDeniedException).)' },
    ])
  })
})

describe('a broker that cannot be made', () => {
  it('names every missing variable in the log, and nothing outside', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    for (const name of ['STAGE', 'TABLE_NAME', 'KEY_ID']) vi.stubEnv(name, undefined)

    const { statusCode, body = '' } = await deployed(httpEvent({}), context)

    expect(statusCode).toBe(500)
    expect(JSON.parse(body)).toMatchObject({
      detail: 'See the log of this request.',
      request_id: 'request-1',
    })
    expect(body).not.toMatch(/STAGE|TABLE_NAME|KEY_ID/)
    expect(log.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      {
        name: 'request-failed',
        function: 'issue-api-token',
        request_id: 'request-1',
        code: 'misconfigured',
        status: 500,
        error: 'Missing in the environment: STAGE, TABLE_NAME, KEY_ID.',
      },
    ])
  })

  it('says when no tenant file is compiled in', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    for (const name of ['STAGE', 'TABLE_NAME', 'KEY_ID']) vi.stubEnv(name, 'x')

    const { statusCode } = await deployed(httpEvent({}), context)

    expect(statusCode).toBe(500)
    expect(log.mock.calls.map(([line]) => JSON.parse(String(line)))).toMatchObject([
      { error: 'No tenant file is compiled into this function.' },
    ])
  })
})
