// Against the real AWS SDK, the broker's functions, and the Lambda service of one machine.
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { create } from '../../functions/issue-api-token.ts'
import type { Broker } from '../../lib/broker.ts'
import { createFunctionTokens, functionTokens } from '../../lib/sources/function-tokens.ts'
import { invokeOf, systemSurroundings } from '../../lib/sources/surroundings.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import type { TokenRequest, TokenSource } from '../../lib/sources/token-source.ts'
import { functionOf, localKey, startGateway } from '../local/gateway/service.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'
import { createFleet, tenantOf } from '../scenarios/fleet.ts'

const direct = { functionName: 'svc-local-issueApiTokenDirect' }

const invokeTwin = () => invokeOf({ functionName: 'svc-local-issueApiToken' })

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'a token',
    (error: unknown) => (error instanceof TokenError ? error.code : error),
  )

const useLambdaAt = (address: string): void => {
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', address)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', localKey.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', localKey.secretAccessKey)
  vi.stubEnv('AWS_SESSION_TOKEN', undefined)
}

const startBroker = async (users: readonly string[] | 'any' = 'any') => {
  const rights = { service_account: true, users, workspaces: ['production', 'dev'] }
  const fleet = await createFleet({ tenant: tenantOf({ api_tokens: { direct: rights } }) })
  const brokers: Broker[] = Array.from({ length: 4 }, fleet.coldStart)
  let calls = 0
  // One environment after the other, as Lambda may choose them.
  const { handler, direct: answer } = create(() => {
    const broker = brokers[calls % brokers.length]
    calls += 1
    if (!broker) throw new Error('no broker')
    return broker
  })
  const gateway = await startGateway(
    {
      issueApiToken: (event, context) => handler(event, context),
      issueApiTokenDirect: (event, context) => answer(event, context),
      otherFunction: () => ({ hello: 'world' }),
      brokenFunction: () => Promise.reject(new Error('secret-1')),
    },
    {
      routes: [],
      clock: fleet.clock,
      functions: [
        ...['issueApiToken', 'issueApiTokenDirect', 'otherFunction'].map((name) =>
          functionOf(name, 20),
        ),
        functionOf('brokenFunction'),
      ],
    },
  )
  return { ...fleet, gateway, calls: () => calls }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('tokens by the real AWS SDK', () => {
  let broker: Awaited<ReturnType<typeof startBroker>>

  beforeEach(async () => {
    broker = await startBroker(['7', '999999'])
    useLambdaAt(broker.gateway.address)
  })

  afterEach(() => broker.gateway.close())

  const tokenAtLooker = (tokens: TokenSource, request?: TokenRequest) =>
    tokens.getToken(request).then(({ secret }) => broker.looker.state.tokens.find(secret.reveal()))

  test('are of the service account, and of a user in dev, as they were asked for', async () => {
    const tokens = functionTokens(direct)

    const service = await tokenAtLooker(tokens)
    const user = await tokenAtLooker(tokens, { userId: '7', workspace: 'dev' })

    expect(service).toMatchObject({ userId: '1000', workspace: 'production' })
    expect(user).toMatchObject({ userId: '7', workspace: 'dev' })
    expect(broker.calls()).toBe(2)
  })

  test.each<[string, TokenRequest, string, string]>([
    ['the tenant file', { userId: '8' }, 'forbidden', 'user 8 in production'],
    ['Looker', { userId: '999999' }, 'looker-refused-user', 'It is Looker that refuses'],
  ])('of a user whom %s refuses are none, and the error says which', async (...row) => {
    const [, request, code, words] = row

    const call = functionTokens(direct).getToken(request)

    await expect(call).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
      requestId: expect.stringMatching(/^[\w-]+$/),
    })
  })

  test.each([
    ['a function that is not there', 'svc-local-nobody', 'broker-not-found'],
    ['another function', 'svc-local-otherFunction', 'broker-answer'],
    ['a function that fails', 'svc-local-brokenFunction', 'broker-failed'],
  ])('from %s are none', async (_, functionName, expected) => {
    const code = await codeOf(functionTokens({ functionName }).getToken())

    expect(code).toBe(expected)
  })

  test('from the function of the HTTP API are none, under whatever name', async () => {
    const { clock } = systemSurroundings()
    const tokens = createFunctionTokens(direct, { clock, invokeOf: invokeTwin })

    const code = await codeOf(tokens.getToken())

    expect(code).toBe('broker-answer')
  })

  test('are none with a key that the service does not know', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASOMEBODY')

    const code = await codeOf(functionTokens(direct).getToken())

    expect(code).toBe('no-credentials')
  })

  test('are none without a region', async () => {
    vi.stubEnv('AWS_REGION', undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')

    const code = await codeOf(functionTokens(direct).getToken())

    expect(code).toBe('invalid-options')
  })

  test('are there without one in the environment, if an option names it', async () => {
    vi.stubEnv('AWS_REGION', undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')

    const code = await codeOf(functionTokens({ ...direct, region: 'us-east-1' }).getToken())

    expect(code).toBe('a token')
  })

  test('may be waited for longer than timers can hold', async () => {
    const code = await codeOf(functionTokens(direct).getToken({}, { timeoutMs: Infinity }))

    expect(code).toBe('a token')
  })

  test('are one login for a hundred processes that report the same refused token', async () => {
    const processes = Array.from({ length: 100 }, () => functionTokens(direct))
    const first = await processes[0]?.getToken()
    await Promise.all(processes.map((one) => one.getToken()))
    broker.looker.revokeAll()
    const refused = first?.secret.digest()

    const tokens = await Promise.all(processes.map((one) => one.getToken({ refused })))

    expect(new Set(tokens.map(({ secret }) => secret.digest())).size).toBe(1)
    expect(tokens[0]?.secret.digest()).not.toBe(refused)
    expect(broker.looker.counts().logins).toBe(2)
  })
})

describe('a Lambda service that accepts and never answers', () => {
  let silent: Server
  let address: string
  let asked = 0

  beforeEach(async () => {
    asked = 0
    silent = createServer(() => {
      asked += 1
    })
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve)
    })
    address = `http://127.0.0.1:${addressOf(silent).port}`
    useLambdaAt(address)
  })

  afterEach(
    () =>
      new Promise<void>((resolve) => {
        silent.close(() => resolve())
        silent.closeAllConnections()
      }),
  )

  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      silent.getConnections((error, count) => (error ? reject(error) : resolve(count)))
    })

  test('holds nobody longer than the time of the call', async () => {
    const code = await codeOf(functionTokens(direct).getToken({}, { timeoutMs: 200 }))

    expect(code).toBe('timeout')
  })

  test('holds no connection after the time of an invocation', async () => {
    const clock = createFakeClock()
    const tokens = createFunctionTokens(direct, { clock, invokeOf })
    const call = codeOf(tokens.getToken({}, { timeoutMs: 1_000 }))
    await vi.waitFor(() => expect(asked).toBe(1), 10_000)

    await clock.advance(1_000)
    const code = await call
    const before = await connections()
    await clock.advance(12_000)

    await vi.waitFor(async () => expect(await connections()).toBe(0), 10_000)
    expect([code, before]).toEqual(['timeout', 1])
    expect(asked).toBe(1)
  })

  test('and one that is not there are told apart', async () => {
    await new Promise<void>((resolve) => {
      silent.close(() => resolve())
    })

    const code = await codeOf(functionTokens(direct).getToken())

    expect(code).toBe('broker-unreachable')
  })
})

const addressOf = (server: Server): AddressInfo => {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return bound
}
