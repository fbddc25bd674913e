// Cookieless sessions at the simulated Looker, as the embedding server sees them.
import { describe, expect, it } from 'vitest'
import { browser, claimsOf, embedded, referenceOf } from './calls.ts'

describe('an acquire at the simulated Looker', () => {
  it('starts a session of 300 seconds that bounds its tokens', async () => {
    const { acquire, simulator } = embedded()

    const session = await acquire()

    expect(session).toMatchObject({
      authentication_token_ttl: 30,
      navigation_token_ttl: 300,
      api_token_ttl: 300,
      session_reference_token_ttl: 300,
    })
    expect(simulator.counts()).toMatchObject({ embedSessionsStarted: 1, embedUsersCreated: 1 })
  })

  it('gives tokens of 600 seconds in a longer session', async () => {
    const { acquire } = embedded()

    const session = await acquire({ session_length: 3600 })

    expect(session).toMatchObject({
      navigation_token_ttl: 600,
      api_token_ttl: 600,
      session_reference_token_ttl: 3600,
    })
  })

  it('gives JWTs that say whose they are, and an opaque reference', async () => {
    const { acquire, simulator } = embedded()

    const session = await acquire()

    const { id } = simulator.state.embed.sessions.find(referenceOf(session)) ?? {}
    const claims = ['navigation_token', 'api_token'].map((name) => claimsOf(session[name]))
    expect(claims).toEqual(
      ['navigation_token', 'api_token'].map((token_type) => ({
        iss: 'http://looker.test',
        exp: 300,
        sub: id,
        token_type,
        randomizer: expect.any(String),
      })),
    )
    expect(claims[0]?.['randomizer']).not.toBe(claims[1]?.['randomizer'])
    expect(claimsOf(session['authentication_token'])).toMatchObject({
      exp: 30,
      credentials: { user_id: '5001' },
    })
    expect(referenceOf(session)).toMatch(/^[\w-]{64}$/)
  })

  it.each([
    [0, 200],
    [2_592_000, 200],
    [2_592_001, 422],
    [-1, 422],
    [1.5, 422],
    ['300', 422],
    [null, 200],
  ])('with the session length %j is answered with %i', async (session_length, expected) => {
    const { api } = embedded()

    const { status } = await api('POST /acquire', { external_user_id: 'ann', session_length })

    expect(status).toBe(expected)
  })

  it.each([
    ['external_user_id', {}],
    ['models', { external_user_id: 'ann', models: 'shop' }],
    ['group_ids.0', { external_user_id: 'ann', group_ids: [1] }],
  ])('names the field %s that is not as described', async (field, body) => {
    const { api, simulator } = embedded()

    const outcome = await api('POST /acquire', body)

    expect(outcome).toMatchObject({ status: 422, json: { errors: [{ field }] } })
    expect(simulator.counts().embedSessionsStarted).toBe(0)
  })
})

describe('a join at the simulated Looker', () => {
  it('gives new tokens of the same session, which goes on as it was', async () => {
    const { acquire, simulator } = embedded()
    const session = await acquire({ first_name: 'Ann', session_length: 300 })
    const reference = referenceOf(session)
    simulator.clock.advance(100)

    const joined = await acquire({
      first_name: 'Other',
      session_length: 3600,
      session_reference_token: reference,
    })

    expect(referenceOf(joined)).toBe(reference)
    expect(joined).toMatchObject({ session_reference_token_ttl: 200, api_token_ttl: 200 })
    expect(joined['authentication_token']).not.toBe(session['authentication_token'])
    expect(simulator.state.embed.users.find('ann')?.profile.first_name).toBe('Ann')
    expect(simulator.counts()).toMatchObject({ embedSessionsStarted: 1, embedSessionsJoined: 1 })
  })

  it('keeps the browser that the session was started for', async () => {
    const { acquire, generate } = embedded()
    const reference = referenceOf(await acquire())

    const joined = await acquire({ session_reference_token: reference }, 'Browser/2')

    expect((await generate(joined, {}, 'Browser/2')).status).toBe(400)
    expect((await generate(joined, {}, browser)).status).toBe(200)
  })

  it.each([
    ['unknown', 'unknown', 0],
    ['expired', undefined, 300],
  ])('with a reference that is %s starts anew', async (_, given, seconds) => {
    const { acquire, simulator } = embedded()
    const reference = referenceOf(await acquire({ first_name: 'Ann' }))
    simulator.clock.advance(seconds)

    const changes = { first_name: 'Anna', session_reference_token: given ?? reference }
    const restarted = await acquire(changes)

    expect(referenceOf(restarted)).not.toBe(reference)
    expect(restarted['session_reference_token_ttl']).toBe(300)
    expect(simulator.state.embed.users.find('ann')?.profile.first_name).toBe('Anna')
    expect(simulator.counts()).toMatchObject({ embedSessionsStarted: 2, embedUsersCreated: 1 })
  })

  it('with the reference of another embed user is not found', async () => {
    const { acquire, api, simulator } = embedded()
    const session_reference_token = referenceOf(await acquire())

    const body = { external_user_id: 'bob', session_reference_token }
    const { status } = await api('POST /acquire', body)

    expect(status).toBe(404)
    expect(simulator.counts()).toMatchObject({ embedSessionsJoined: 0, embedUsersCreated: 1 })
  })
})

describe('a second session of one embed user at the simulated Looker', () => {
  it.each([
    ['one', { session_reference_token_ttl: 0 }, 1],
    ['many', { session_reference_token_ttl: 300 }, 2],
  ] as const)('where %s is allowed', async (sessionsPerUser, expected, live) => {
    const { acquire, generate, simulator } = embedded({ sessionsPerUser })
    const first = await acquire()
    await acquire({}, 'Browser/2')

    const { json } = await generate(first)

    expect(json).toMatchObject(expected)
    expect(simulator.state.embed.sessions.countLive()).toBe(live)
    expect(simulator.counts().embedSessionsEnded).toBe(2 - live)
  })

  it('ends no session of another user', async () => {
    const { acquire, generate } = embedded()
    const first = await acquire()
    await acquire({ external_user_id: 'bob' })

    const { json } = await generate(first)

    expect(json['session_reference_token_ttl']).toBe(300)
  })
})

describe('a generate at the simulated Looker', () => {
  it('gives new tokens of what is left, and does not extend the session', async () => {
    const { acquire, generate, simulator } = embedded()
    const session = await acquire({ session_length: 900 })
    simulator.clock.advance(500)

    const { status, json } = await generate(session)

    expect(status).toBe(200)
    expect(json).toMatchObject({
      navigation_token_ttl: 400,
      api_token_ttl: 400,
      session_reference_token: referenceOf(session),
      session_reference_token_ttl: 400,
    })
    expect(json['api_token']).not.toBe(session['api_token'])
    expect(json).not.toHaveProperty('authentication_token')
    expect(simulator.counts().embedTokensGenerated).toBe(1)
  })

  it('takes tokens that have expired, as of a tab that slept', async () => {
    const { acquire, generate, simulator } = embedded()
    const session = await acquire({ session_length: 3600 })
    simulator.clock.advance(700)

    expect((await generate(session)).status).toBe(200)
  })

  it.each([
    ['just before the end', 299, 1],
    ['at the end', 300, 0],
  ])('says how long the session lives, %s', async (_, seconds, ttl) => {
    const { acquire, generate, simulator } = embedded()
    const session = await acquire()
    simulator.clock.advance(seconds)

    const { status, json } = await generate(session)

    expect(status).toBe(200)
    expect(json['session_reference_token_ttl']).toBe(ttl)
    expect(json['api_token'] === null).toBe(ttl === 0)
  })

  it('is refused to another browser', async () => {
    const { acquire, generate, simulator } = embedded()

    const outcome = await generate(await acquire(), {}, 'Browser/2')

    expect(outcome).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('Invalid input tokens provided') },
    })
    expect(simulator.counts().embedTokensGenerated).toBe(0)
  })

  it('is refused with tokens that are missing, altered, exchanged, or of another session', async () => {
    const { acquire, generate } = embedded({ sessionsPerUser: 'many' })
    const session = await acquire()
    const other = await acquire()
    const { navigation_token, api_token } = session
    const signedOtherwise = String(api_token).replace(
      /[^.]+$/,
      String(other['api_token']).split('.')[2] ?? '',
    )

    const outcomes = await Promise.all(
      [
        { api_token: null },
        { navigation_token: null },
        { api_token: `${String(api_token)}x` },
        { navigation_token: String(navigation_token).replace(/\.[^.]+$/, '.') },
        { navigation_token: api_token, api_token: navigation_token },
        { api_token: signedOtherwise },
        { api_token: other['api_token'] },
        { navigation_token: other['navigation_token'] },
      ].map((change) => generate(session, change)),
    )

    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 400))
  })

  it('needs a reference in its body', async () => {
    const { api } = embedded()

    expect((await api('PUT /generate_tokens', {})).status).toBe(422)
  })
})

describe('a delete at the simulated Looker', () => {
  it('ends the session, once', async () => {
    const { acquire, api, generate, simulator } = embedded()
    const session = await acquire()

    const first = await api(`DELETE /${referenceOf(session)}`)
    const second = await api(`DELETE /${referenceOf(session)}`)

    expect([first.status, second.status]).toEqual([204, 404])
    expect((await generate(session)).json['session_reference_token_ttl']).toBe(0)
    expect(simulator.counts().embedSessionsEnded).toBe(1)
  })
})

describe('every embed call at the simulated Looker', () => {
  const routes = ['POST /acquire', 'PUT /generate_tokens', 'DELETE /reference']

  it.each(routes)('%s needs a token, and the rights of the service account', async (route) => {
    const { api, simulator } = embedded()
    const asUser = simulator.state.tokens.issue({ userId: '7', sudoUserId: '1000' })

    const outcomes = [
      await api(route, {}, browser, 'unknown'),
      await api(route, {}, browser, asUser),
    ]

    expect(outcomes.map(({ status }) => status)).toEqual([401, 403])
  })

  it.each(routes)('%s is refused where it is switched off', async (route) => {
    const off = embedded({ embedding: false })
    const cookiesOnly = embedded({ cookieless: false })

    const outcomes = [await off.api(route, {}), await cookiesOnly.api(route, {})]

    expect(outcomes.map(({ status }) => status)).toEqual([403, 404])
  })

  it('is counted and faulty by the name that Looker gives it', async () => {
    const { acquire, api, generate, simulator } = embedded()
    simulator.setFault('generate_tokens_for_cookieless_session', { kind: 'status', status: 503 })
    const session = await acquire()

    const { status } = await generate(session)
    await api(`DELETE /${referenceOf(session)}`)

    expect(status).toBe(503)
    expect(simulator.counts().calls).toEqual({
      acquire_embed_cookieless_session: 1,
      generate_tokens_for_cookieless_session: 1,
      delete_embed_cookieless_session: 1,
    })
  })

  it('finds no session once all were ended by order', async () => {
    const { acquire, generate, simulator } = embedded()
    const session = await acquire()

    const order = { method: 'POST' }
    const told = await simulator.fetch('http://looker.test/simulator/embed/expire', order)

    await expect(told.json()).resolves.toMatchObject({
      live_embed_sessions: 0,
      counts: { embed_sessions_started: 1, embed_sessions_ended: 1 },
    })
    expect((await generate(session)).json['session_reference_token_ttl']).toBe(0)
  })
})
