// The client's embed calls against the simulated Looker in this process: what they do when all is well,
// and when Looker refuses.
import type { IEmbedCookielessSessionAcquire } from '@looker/sdk'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createLookerEmbedClient, type EmbedUser } from '../../lib/looker/embed-client.ts'
import { Secret } from '../../lib/secret.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import { ample } from './deadlines.ts'

const user = { external_user_id: 'ann' }
const userAgent = 'Browser/1'

const together = () => {
  const simulator = createLookerSimulator({ now: () => 0 })
  const { fetch } = simulator
  const client = createLookerEmbedClient({ baseUrl: 'http://looker.test', fetch, now: () => 0 })
  const issue = (sudoUserId?: string) =>
    new Secret(simulator.state.tokens.issue({ userId: '1000', sudoUserId }))
  return { simulator, client, base: issue(), issue }
}

const acquired = async ({ client, base }: ReturnType<typeof together>) => {
  const session = await client.acquire(base, { user, userAgent }, ample())
  const { navigation, api, reference } = session
  const tokens = { navigationToken: navigation.token, apiToken: api.token, userAgent }
  return { session, request: { ...tokens, reference: reference.token } }
}

describe('an acquire', () => {
  it('brings four tokens with their lives, and the id of the session', async () => {
    const parts = together()

    const { session } = await acquired(parts)

    const { authentication, navigation, api, reference } = session
    const lives = [authentication, navigation, api, reference].map(({ ttlSeconds }) => ttlSeconds)
    expect(lives).toEqual([30, 300, 300, 300])
    const found = parts.simulator.state.embed.sessions.find(reference.token.reveal())
    expect(session.unverifiedSessionId).toBe(found?.id)
    expect(found?.id).toMatch(/^[0-9a-f]{32}$/)
  })

  it('tells Looker user, browser and length', async () => {
    const { simulator, client, base } = together()
    const full = { ...user, first_name: 'Ann', models: ['shop'], user_attributes: { region: 1 } }

    const request = { user: full, userAgent, sessionLengthSeconds: 900 }
    const { reference } = await client.acquire(base, request, ample())

    expect(simulator.state.embed.users.find('ann')?.profile).toEqual(full)
    expect(simulator.state.embed.sessions.find(reference.token.reveal())).toMatchObject({
      userAgent,
      expiresAtMs: 900_000,
    })
  })

  it('sends the domain of the embedding page, and nothing that was not given', async () => {
    const requests: unknown[] = []
    const client = createLookerEmbedClient({
      baseUrl: 'http://looker.test',
      now: () => 0,
      fetch: async (input, init) => {
        requests.push(await new Request(input, init).json())
        return new Response('', { status: 503 })
      },
    })
    const reference = new Secret('reference')
    const base = new Secret('base')

    await Promise.allSettled([
      client.acquire(base, { user, userAgent }, ample()),
      client.acquire(base, { user, userAgent, embedDomain: 'https://a.test', reference }, ample()),
    ])

    expect(requests).toEqual([
      { external_user_id: 'ann' },
      {
        external_user_id: 'ann',
        embed_domain: 'https://a.test',
        session_reference_token: 'reference',
      },
    ])
  })

  it('joins the session of a reference that lives', async () => {
    const parts = together()
    const { session } = await acquired(parts)

    const request = { user, userAgent, reference: session.reference.token }
    const joined = await parts.client.acquire(parts.base, request, ample())

    expect(joined.unverifiedSessionId).toBe(session.unverifiedSessionId)
    expect(joined.reference.token.reveal()).toBe(session.reference.token.reveal())
    expect(parts.simulator.counts()).toMatchObject({
      embedSessionsStarted: 1,
      embedSessionsJoined: 1,
    })
  })

  it.each([
    ['embedding off', { embedding: false }, 403],
    ['cookieless sessions off', { cookieless: false }, 404],
  ])('tells of a Looker with %s', async (_, settings, status) => {
    const parts = together()
    Object.assign(parts.simulator.state.embed.settings, settings)

    const outcome = acquired(parts)

    await expect(outcome).rejects.toMatchObject({ failure: 'refused-embed', status })
  })

  it('tells that a service account has no right', async () => {
    const { client, issue } = together()

    const outcome = client.acquire(issue('1000'), { user, userAgent }, ample())

    await expect(outcome).rejects.toMatchObject({ failure: 'refused-embed', status: 403 })
  })

  it('tells that the reference belongs to another embed user', async () => {
    const parts = together()
    const { session } = await acquired(parts)

    const other = { external_user_id: 'bob' }
    const request = { user: other, userAgent, reference: session.reference.token }
    const outcome = parts.client.acquire(parts.base, request, ample())

    await expect(outcome).rejects.toMatchObject({ failure: 'refused-embed', status: 404 })
  })
})

describe('a generate', () => {
  it('brings new tokens of the same session', async () => {
    const parts = together()
    const { session, request } = await acquired(parts)

    const outcome = await parts.client.generate(parts.base, request, ample())

    expect(outcome).toMatchObject({
      kind: 'generated',
      unverifiedSessionId: session.unverifiedSessionId,
      navigation: { ttlSeconds: 300 },
    })
    if (outcome.kind !== 'generated') throw new Error('Not generated')
    expect(outcome.api.token.reveal()).not.toBe(session.api.token.reveal())
    expect(outcome.reference.token.reveal()).toBe(session.reference.token.reveal())
  })

  it('tells of the end of the session by its value', async () => {
    const parts = together()
    const { request } = await acquired(parts)
    parts.simulator.clock.advance(300)

    const outcome = await parts.client.generate(parts.base, request, ample())

    expect(outcome).toEqual({ kind: 'ended' })
  })

  it.each([
    ['another browser', { userAgent: 'Browser/2' }],
    ['a token of nobody', { apiToken: new Secret('a.b.c') }],
  ])('is refused to %s', async (_, change) => {
    const parts = together()
    const { request } = await acquired(parts)

    const outcome = parts.client.generate(parts.base, { ...request, ...change }, ample())

    await expect(outcome).rejects.toMatchObject({ failure: 'refused-tokens', status: 400 })
  })
})

describe('an end', () => {
  it('ends the session, and again without complaint', async () => {
    const { client, base, ...parts } = together()
    const { request } = await acquired({ client, base, ...parts })

    await client.end(base, request.reference, ample())
    await client.end(base, request.reference, ample())

    const outcome = await client.generate(base, request, ample())
    expect(outcome).toEqual({ kind: 'ended' })
    expect(parts.simulator.counts()).toMatchObject({
      embedSessionsEnded: 1,
      calls: { delete_embed_cookieless_session: 2 },
    })
  })

  it.each([
    ['a/b?c#d%e', '/api/4.0/embed/cookieless_session/a%2Fb%3Fc%23d%25e'],
    ['...', '/api/4.0/embed/cookieless_session/...'],
  ])('keeps the reference %j in its place of the path', async (reference, expected) => {
    const paths: string[] = []
    const client = createLookerEmbedClient({
      baseUrl: 'http://looker.test',
      now: () => 0,
      fetch: (input, init) => {
        paths.push(new URL(new Request(input, init).url).pathname)
        return Promise.resolve(new Response(null, { status: 204 }))
      },
    })

    await client.end(new Secret('base'), new Secret(reference), ample())

    expect(paths).toEqual([expected])
  })

  it.each(['', '.', '..', 'a b', 'a\n', '\ud800'])(
    'refuses %j as a reference without a call',
    async (reference) => {
      const { simulator, client, base } = together()

      const outcome = client.end(base, new Secret(reference), ample())

      await expect(outcome).rejects.toBeInstanceOf(TypeError)
      expect(simulator.counts().calls).toEqual({})
    },
  )
})

describe('every embed call', () => {
  it('tells a token that Looker does not know any more', async () => {
    const parts = together()
    const { request } = await acquired(parts)
    parts.simulator.revokeAll()
    const { client, base } = parts

    const outcomes = await Promise.allSettled([
      client.acquire(base, { user, userAgent }, ample()),
      client.generate(base, request, ample()),
      client.end(base, request.reference, ample()),
    ])

    const refused = { reason: { failure: 'refused-token', status: 401 } }
    expect(outcomes).toMatchObject([refused, refused, refused])
  })

  it.each(['', ' Browser/1', 'Browser/1 ', 'Browser\r\n/1', 'Bröwser/1', 'Browser/\u20ac'])(
    'refuses the user agent %j without a call',
    async (wrong) => {
      const parts = together()
      const { request } = await acquired(parts)
      const before = parts.simulator.counts().calls

      const outcomes = await Promise.allSettled([
        parts.client.acquire(parts.base, { user, userAgent: wrong }, ample()),
        parts.client.generate(parts.base, { ...request, userAgent: wrong }, ample()),
      ])

      const refused = { reason: expect.any(TypeError) }
      expect(outcomes).toMatchObject([refused, refused])
      expect(parts.simulator.counts().calls).toEqual(before)
    },
  )

  it('reads a Retry-After date against its clock', async () => {
    const { simulator, base } = together()
    const headers = { 'retry-after': 'Thu, 01 Jan 1970 00:01:30 GMT' }
    simulator.setFault('every', { kind: 'status', status: 503, headers })
    const { fetch } = simulator
    const baseUrl = 'http://looker.test'
    const client = createLookerEmbedClient({ baseUrl, fetch, now: () => 60_000 })

    const outcomes = await Promise.allSettled([
      client.acquire(base, { user, userAgent }, ample()),
      client.end(base, new Secret('reference'), ample()),
    ])

    const later = { reason: { failure: 'server-error', retryAfterMs: 30_000 } }
    expect(outcomes).toMatchObject([later, later])
  })
})

type Session = 'session_reference_token' | 'embed_domain' | 'session_length'
type Described = Omit<IEmbedCookielessSessionAcquire, Session>
type Mutable<Value> = {
  -readonly [Key in keyof Value]: Value[Key] extends readonly string[] | null | undefined
    ? string[] | Exclude<Value[Key], readonly string[]>
    : Value[Key]
}

describe('the type of an embed user', () => {
  it("has every field of Looker's own type, and no other", () => {
    expectTypeOf<keyof EmbedUser>().toEqualTypeOf<keyof Described>()
  })

  it("has fields that Looker's own type takes", () => {
    expectTypeOf<Mutable<EmbedUser>>().toExtend<Described>()
  })
})
