// What a session does to the requests of Looker's SDK.
import { describe, expect, it } from 'vitest'
import { Looker40SDK } from '@looker/sdk'
import { limits, renewal } from '../../lib/sdk/carried.ts'
import type { CarriedProps } from '../../lib/sdk/carried.ts'
import { brokerSession } from '../../lib/sdk/session.ts'
import { Secret } from '../../lib/secret.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import { gate, request, together } from './session-parts.ts'

const digestOf = (text: string): string => new Secret(text).digest()

describe('a request of a session', () => {
  it('has the token of the service account in production', async () => {
    const { session, asked } = together()

    const { headers } = await session.authenticate(request())

    expect(headers).toEqual({ Authorization: 'Bearer token-of-service-production-1' })
    expect(asked.map((each) => each.request)).toMatchObject([
      { userId: undefined, workspace: 'production', refused: undefined },
    ])
  })

  it('has the token of the user and workspace that the session was made for', async () => {
    const { session } = together({ userId: '7', workspace: 'dev' })

    const { headers } = await session.authenticate(request())

    expect(headers).toEqual({ Authorization: 'Bearer token-of-7-dev-1' })
  })

  it('is a new object, with all that the given one has', async () => {
    const { session } = together()
    const given = { ...request({ 'x-looker-appid': 'TS-SDK' }), body: 'text' }
    Object.freeze(given)
    Object.freeze(given.headers)

    const props = await session.authenticate(given)

    expect(props).toMatchObject({ ...given, headers: { 'x-looker-appid': 'TS-SDK' } })
    expect(given.headers).toEqual({ 'x-looker-appid': 'TS-SDK' })
  })

  it('has one Authorization, however the caller spelled another', async () => {
    const { session } = together()

    const { headers } = await session.authenticate(request({ authorization: 'Basic bm8=' }))

    expect(headers).toEqual({ Authorization: 'Bearer token-of-service-production-1' })
  })

  it('is asked for within what is left of its call', async () => {
    const { session, asked } = together()
    const { signal } = new AbortController()
    const props: CarriedProps = { ...request(), [limits]: { timeoutMs: 900, signal } }

    const authenticated: CarriedProps = await session.authenticate(props)

    expect(asked[0]?.limits).toEqual({ timeoutMs: 900, signal })
    expect(authenticated[limits]).toEqual({ timeoutMs: 900, signal })
  })

  it('fails as its source does, and asks for nobody else', async () => {
    const { session, asked, answer } = together({ userId: '7' })
    const refusal = new TokenError('forbidden', 'not this user')
    answer.before = () => Promise.reject(refusal)

    const authenticated = session.authenticate(request())

    await expect(authenticated).rejects.toBe(refusal)
    expect(asked.map((each) => each.request.userId)).toEqual(['7'])
  })

  it('stays with whom it began when the session becomes another meanwhile', async () => {
    const { session, answer } = together()
    const { opened, open } = gate()
    answer.before = ({ userId }) => (userId === undefined ? opened : Promise.resolve())

    const authenticated = session.authenticate(request())
    await session.login('7')
    open()

    expect((await authenticated).headers).toEqual({
      Authorization: 'Bearer token-of-service-production-1',
    })
    expect(session.userId).toBe('7')
  })

  it('is not made with a token that is for another Looker', async () => {
    const { session, answer } = together()
    answer.change = (token) => ({ ...token, baseUrl: 'https://other.looker.example' })

    const authenticated = session.authenticate(request())

    await expect(authenticated).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('LOOKERSDK_BASE_URL'),
    })
  })

  it('is made with a token that is for this Looker', async () => {
    const { session, answer } = together()
    answer.change = (token) => ({ ...token, baseUrl: session.settings.base_url })

    const authenticated = session.authenticate(request())

    expect((await authenticated).headers).toHaveProperty('Authorization')
  })

  it.each([
    ['user', { userId: '8' }],
    ['workspace', { workspace: 'production' as const }],
  ])('is not made when a source answers with another %s', async (_, change) => {
    const { session, answer } = together({ userId: '7', workspace: 'dev' })
    answer.change = (token) => ({ ...token, ...change })

    const authenticated = session.authenticate(request())

    await expect(authenticated).rejects.toMatchObject({ code: 'broker-answer' })
    expect(session.isAuthenticated()).toBe(false)
  })
})

describe('the renewal of a request', () => {
  it('asks for another token of the same user and workspace, within what is left', async () => {
    const { session, asked } = together({ userId: '7', workspace: 'dev' })
    const props: CarriedProps = await session.authenticate(request())

    const renewed = await props[renewal]?.({ timeoutMs: 40 })

    expect(renewed).toBe('Bearer token-of-7-dev-2')
    expect(asked[1]).toEqual({
      request: { userId: '7', workspace: 'dev', refused: digestOf('token-of-7-dev-1') },
      limits: { timeoutMs: 40 },
    })
  })

  it('is for whom the request was, though the session is another by then', async () => {
    const { session } = together()
    const props: CarriedProps = await session.authenticate(request())
    await session.login('7')

    const renewed = await props[renewal]?.({})

    expect(renewed).toBe('Bearer token-of-service-production-3')
  })

  it('never is the token that was refused', async () => {
    const { session, answer } = together()
    answer.change = (token) => ({ ...token, secret: new Secret('the-same-token') })
    const props: CarriedProps = await session.authenticate(request())

    const renewed = props[renewal]?.({})

    await expect(renewed).rejects.toMatchObject({ code: 'broker-answer' })
  })

  it('fails as its source does', async () => {
    const { session, answer } = together()
    const props: CarriedProps = await session.authenticate(request())
    const failure = new TokenError('broker-throttled', 'later')
    answer.before = () => Promise.reject(failure)

    const renewed = props[renewal]?.({})

    await expect(renewed).rejects.toBe(failure)
  })
})

describe("Looker's SDK", () => {
  it('takes a session without casts, and sends its calls to the base URL with its tokens', async () => {
    const { session, sent } = together({ baseUrl: 'https://looker.example/' })
    const sdk = new Looker40SDK(session)
    const asUser = new Looker40SDK(session.asUser(7))

    await sdk.ok(sdk.me())
    await asUser.ok(asUser.me())

    expect(sent).toMatchObject([
      {
        url: 'https://looker.example/api/4.0/user',
        headers: { Authorization: 'Bearer token-of-service-production-1' },
      },
      { headers: { Authorization: 'Bearer token-of-7-production-2' } },
    ])
  })

  it('takes what a caller makes, whose mistakes are told at once', () => {
    const { tokens, transport } = together()
    const baseUrl = 'https://looker.example'

    const sdk = new Looker40SDK(brokerSession({ baseUrl, tokens, transport }))

    expect(sdk.apiPath).toBe('https://looker.example/api/4.0')
    expect(() => brokerSession({ baseUrl: '', tokens })).toThrow(TokenError)
  })

  it('puts its own name and version into the settings', () => {
    const { session } = together()

    const sdk = new Looker40SDK(session)

    expect(session.settings.agentTag).toBe(`TS-SDK ${sdk.sdkVersion}`)
  })
})
