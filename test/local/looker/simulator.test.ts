// The simulated Looker, as its own clients see it: tokens, users, workspaces, its clock and its counts.
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../lib/secret.ts'
import { createLookerSimulator, type LookerSimulator } from '../../../local/looker/server.ts'

const created = () => createLookerSimulator({ now: () => 0 })

const send = async (
  { fetch }: LookerSimulator,
  route: string,
  request: { authorization?: string; body?: URLSearchParams | string } = {},
) => {
  const [method = 'GET', path = '/'] = route.split(' ')
  const { authorization, body = null } = request
  const headers = authorization === undefined ? {} : { authorization }
  const response = await fetch(`http://looker.test${path}`, { method, body, headers })
  const text = await response.text()
  const type = response.headers.get('content-type')
  const json: Record<string, unknown> = type?.includes('json') ? JSON.parse(text || '{}') : {}
  return { status: response.status, type, json, text }
}

const loggedIn = async (simulator: LookerSimulator): Promise<string> => {
  const body = new URLSearchParams({
    client_id: 'simulator-client',
    client_secret: 'simulator-secret',
  })
  const { json } = await send(simulator, 'POST /api/4.0/login', { body })
  return `Bearer ${String(json['access_token'])}`
}

const versions = (simulator: LookerSimulator) => send(simulator, 'GET /api/4.0/versions')

describe('a token of the simulated Looker', () => {
  it('has 40 opaque characters and the life that was set', async () => {
    const simulator = createLookerSimulator({ now: () => 0, expiresInSeconds: 90 })
    const form = 'client_id=simulator-client&client_secret=simulator-secret'

    const { json } = await send(simulator, 'POST /api/4.0/login', {
      body: new URLSearchParams(form),
    })

    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 90, refresh_token: null })
    expect(json['access_token']).toMatch(/^[\w-]{40}$/)
  })

  it('is another one at every login', async () => {
    const simulator = created()

    const tokens = [await loggedIn(simulator), await loggedIn(simulator)]

    expect(new Set(tokens).size).toBe(2)
    expect(simulator.counts().logins).toBe(2)
  })

  it.each(['Bearer', 'bearer', 'token'])('works under the scheme %s', async (scheme) => {
    const simulator = created()
    const bearer = await loggedIn(simulator)

    const authorization = bearer.replace('Bearer', scheme)
    const { status } = await send(simulator, 'GET /api/4.0/user', { authorization })

    expect(status).toBe(200)
  })

  it.each([
    ['just before its end', 3599, 200],
    ['at its end', 3600, 401],
  ])('is judged by the clock %s', async (_, seconds, expected) => {
    const simulator = created()
    const authorization = await loggedIn(simulator)

    simulator.clock.advance(seconds)
    const { status } = await send(simulator, 'GET /api/4.0/user', { authorization })

    expect(status).toBe(expected)
  })

  it('ends with its logout, and no other ends', async () => {
    const simulator = created()
    const ends = await loggedIn(simulator)
    const stays = await loggedIn(simulator)

    const logout = await send(simulator, 'DELETE /api/4.0/logout', { authorization: ends })
    const after = await Promise.all(
      [ends, stays].map((authorization) => send(simulator, 'GET /api/4.0/user', { authorization })),
    )

    expect(logout).toMatchObject({ status: 204, text: '' })
    expect(after.map(({ status }) => status)).toEqual([401, 200])
  })

  it('ends when all are revoked', async () => {
    const simulator = created()
    const authorization = await loggedIn(simulator)

    simulator.revokeAll()
    const { status } = await send(simulator, 'GET /api/4.0/user', { authorization })

    expect(status).toBe(401)
    expect(simulator.state.tokens.countLive()).toBe(0)
  })

  it.each([
    'GET /api/4.0/user',
    'GET /api/4.0/session',
    'PATCH /api/4.0/session',
    'DELETE /api/4.0/logout',
    'POST /api/4.0/login/7',
  ])('is asked for by %s', async (route) => {
    const simulator = created()

    const outcomes = [
      await send(simulator, route),
      await send(simulator, route, { authorization: 'Bearer unknown' }),
      await send(simulator, route, { authorization: 'Basic dTpw' }),
    ]

    expect(outcomes.map(({ status }) => status)).toEqual([401, 401, 401])
  })

  it('is counted by its digest at each use', async () => {
    const simulator = created()
    const authorization = await loggedIn(simulator)

    await send(simulator, 'GET /api/4.0/user', { authorization })
    await send(simulator, 'GET /api/4.0/session', { authorization })

    const digest = new Secret(authorization.slice('Bearer '.length)).digest()
    expect(simulator.counts().callsByTokenDigest).toEqual({ [digest]: 2 })
  })
})

describe('a login at the simulated Looker', () => {
  it.each([
    ['client_id=simulator-client&client_secret=wrong'],
    ['client_id=wrong&client_secret=simulator-secret'],
    [''],
  ])('with %j is not found, in JSON', async (form) => {
    const simulator = created()

    const body = new URLSearchParams(form)
    const outcome = await send(simulator, 'POST /api/4.0/login', { body })

    expect(outcome.status).toBe(404)
    expect(outcome.json).toMatchObject({ message: 'Not found' })
    expect(simulator.counts()).toMatchObject({ logins: 0, failedLogins: 1 })
  })

  it('does not read the query', async () => {
    const simulator = created()

    const path = '/api/4.0/login?client_id=simulator-client&client_secret=simulator-secret'
    const { status } = await send(simulator, `POST ${path}`)

    expect(status).toBe(404)
  })

  it('needs the new secret once it was changed', async () => {
    const simulator = created()

    simulator.state.clientSecret = 'new'

    await expect(loggedIn(simulator)).resolves.toBe('Bearer undefined')
    expect(simulator.counts().failedLogins).toBe(1)
  })

  it('takes as long as was set', async () => {
    const slept: number[] = []
    const sleep = async (ms: number) => {
      slept.push(ms)
    }
    const simulator = createLookerSimulator({ loginLatencyMs: 400, sleep })

    const authorization = await loggedIn(simulator)
    await send(simulator, 'POST /api/4.0/login/7', { authorization })
    await send(simulator, 'GET /api/4.0/user', { authorization })

    expect(slept).toEqual([400, 400])
  })
})

describe('a login as a user at the simulated Looker', () => {
  it('gives a token of that user, and names who is behind it', async () => {
    const simulator = created()
    const authorization = await loggedIn(simulator)

    const { json } = await send(simulator, 'POST /api/4.0/login/7', { authorization })
    const asUser = { authorization: `token ${String(json['access_token'])}` }
    const user = await send(simulator, 'GET /api/4.0/user', asUser)
    const session = await send(simulator, 'GET /api/4.0/session', asUser)

    expect(user.json).toMatchObject({
      id: '7',
      simulator: { sudo_user_id: '1000', workspace_id: 'production' },
    })
    expect(session.json).toMatchObject({ sudo_user_id: '1000', workspace_id: 'production' })
    expect(simulator.counts()).toMatchObject({ logins: 1, userLogins: 1, failedLogins: 0 })
  })

  it('gives a token of a life of its own where that was set', async () => {
    const simulator = createLookerSimulator({ now: () => 0, userExpiresInSeconds: 60 })
    const authorization = await loggedIn(simulator)

    const { json } = await send(simulator, 'POST /api/4.0/login/7', { authorization })
    simulator.clock.advance(60)
    const asUser = { authorization: `Bearer ${String(json['access_token'])}` }
    const user = await send(simulator, 'GET /api/4.0/user', asUser)
    const service = await send(simulator, 'GET /api/4.0/user', { authorization })

    expect(json['expires_in']).toBe(60)
    expect([user.status, service.status]).toEqual([401, 200])
  })

  it.each([
    ['who does not exist', '51', 404],
    ['who may not be impersonated', '403', 403],
  ])('%s is refused in JSON', async (_, userId, expected) => {
    const simulator = created()
    const authorization = await loggedIn(simulator)

    const outcome = await send(simulator, `POST /api/4.0/login/${userId}`, { authorization })

    expect(outcome.status).toBe(expected)
    expect(outcome.json).toHaveProperty('documentation_url')
    expect(simulator.counts()).toMatchObject({ userLogins: 0, failedLogins: 1 })
  })

  it('is refused to the token of a user', async () => {
    const simulator = created()
    const authorization = await loggedIn(simulator)
    const { json } = await send(simulator, 'POST /api/4.0/login/7', { authorization })

    const asUser = { authorization: `Bearer ${String(json['access_token'])}` }
    const { status } = await send(simulator, 'POST /api/4.0/login/8', asUser)

    expect(status).toBe(403)
  })
})

describe('the workspace at the simulated Looker', () => {
  it('is production, and another for one token alone once it was switched', async () => {
    const simulator = created()
    const moves = { authorization: await loggedIn(simulator) }
    const stays = { authorization: await loggedIn(simulator) }

    const body = '{"workspace_id":"dev"}'
    const change = await send(simulator, 'PATCH /api/4.0/session', { ...moves, body })
    const sessions = [
      await send(simulator, 'GET /api/4.0/session', moves),
      await send(simulator, 'GET /api/4.0/session', stays),
    ]

    expect(change).toMatchObject({ status: 200, json: { workspace_id: 'dev' } })
    expect(sessions.map(({ json }) => json['workspace_id'])).toEqual(['dev', 'production'])
    expect(simulator.counts().workspaceSwitches).toBe(1)
  })

  it.each(['{"workspace_id":"other"}', '{}', '', 'dev'])(
    'is not switched by the body %j',
    async (body) => {
      const simulator = created()
      const authorization = await loggedIn(simulator)

      const outcome = await send(simulator, 'PATCH /api/4.0/session', { authorization, body })

      expect(outcome).toMatchObject({ status: 422, json: { message: 'Validation Failed' } })
      expect(simulator.counts().workspaceSwitches).toBe(0)
    },
  )
})

describe('an unknown path at the simulated Looker', () => {
  it('is an HTML page outside the API and JSON inside', async () => {
    const simulator = created()

    const outside = await send(simulator, 'GET /login')
    const inside = await send(simulator, 'GET /api/4.0/looks')

    expect(outside).toMatchObject({ status: 404, type: 'text/html;charset=utf-8' })
    expect(inside).toMatchObject({ status: 404, json: { message: 'Not found' } })
  })
})

describe('faults of the simulated Looker', () => {
  it('in a queue come once each, then the standing one, until all are cleared', async () => {
    const simulator = created()
    simulator.setFault('versions', { kind: 'status', status: 503 })
    simulator.queueFaults('versions', { kind: 'none' }, { kind: 'status', status: 429 })

    const before = [await versions(simulator), await versions(simulator), await versions(simulator)]
    simulator.clearFaults()
    const after = await versions(simulator)

    expect(before.map(({ status }) => status)).toEqual([200, 429, 503])
    expect(after.status).toBe(200)
  })

  it('concern one operation, or every one', async () => {
    const simulator = created()

    simulator.setFault('me', { kind: 'html404' })
    const spared = await versions(simulator)
    simulator.setFault('every', { kind: 'html404' })
    const hit = await versions(simulator)

    expect([spared.status, hit.status]).toEqual([200, 404])
  })

  it('in place of a login make no token, and after it leave one behind', async () => {
    const simulator = created()
    simulator.queueFaults('login', { kind: 'status', status: 503 }, { kind: 'empty-body' })

    await loggedIn(simulator)
    const inPlace = simulator.state.tokens.countLive()
    await loggedIn(simulator)
    const afterwards = simulator.state.tokens.countLive()

    expect([inPlace, afterwards]).toEqual([0, 1])
    expect(simulator.counts()).toMatchObject({ logins: 1, calls: { login: 2 } })
  })

  it('carry the headers and the body that were given', async () => {
    const simulator = created()
    const headers = { 'retry-after': '7' }
    simulator.setFault('versions', { kind: 'status', status: 429, headers, body: '{"a":1}' })

    const response = await simulator.fetch('http://looker.test/api/4.0/versions')

    expect(response.headers.get('retry-after')).toBe('7')
    await expect(response.json()).resolves.toEqual({ a: 1 })
  })

  it('of silence end with the caller, in process too', async () => {
    const simulator = created()
    simulator.setFault('versions', { kind: 'hang' })

    const signal = AbortSignal.timeout(20)
    const call = simulator.fetch('http://looker.test/api/4.0/versions', { signal })

    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it.each(['reset', 'half-body'] as const)('of kind %s fail in process too', async (kind) => {
    const simulator = created()
    simulator.setFault('versions', { kind })

    const call = versions(simulator)

    await expect(call).rejects.toBeInstanceOf(TypeError)
  })

  it('that drip send it all in the end', async () => {
    const simulator = created()
    simulator.setFault('versions', { kind: 'drip', ms: 0 })

    const { json } = await versions(simulator)

    expect(json).toHaveProperty('looker_release_version')
  })
})

describe('the time at the simulated Looker', () => {
  it('is told with every answer, by its own clock', async () => {
    const simulator = createLookerSimulator({ now: () => 0 })
    simulator.clock.advance(90)

    const answers = [
      await simulator.fetch('http://looker.test/api/4.0/versions'),
      await simulator.fetch('http://looker.test/nowhere'),
    ]

    const dates = answers.map(({ headers }) => headers.get('date'))
    expect(dates).toEqual(Array.from(dates, () => 'Thu, 01 Jan 1970 00:01:30 GMT'))
  })
})

const withAnn = async () => {
  const simulator = created()
  const authorization = await loggedIn(simulator)
  const user = simulator.state.embed.users.put({ external_user_id: 'ann' })
  simulator.state.embed.sessions.start(user, 'Browser/1', 300)
  return { simulator, authorization }
}

describe('administration at the simulated Looker', () => {
  it('finds an embed user, acts for it, and removes it with its session', async () => {
    const { simulator, authorization } = await withAnn()

    const found = await send(simulator, 'GET /api/4.0/users/credential/embed/ann', {
      authorization,
    })
    const acting = await send(simulator, 'POST /api/4.0/login/5001', { authorization })
    const removed = await send(simulator, 'DELETE /api/4.0/users/5001', { authorization })
    const gone = await send(simulator, 'GET /api/4.0/users/credential/embed/ann', {
      authorization,
    })

    expect([found.json, found.status]).toEqual([{ id: '5001' }, 200])
    expect([acting.status, removed.status, gone.status]).toEqual([200, 204, 404])
    expect(simulator.state.embed.sessions.countLive()).toBe(0)
  })

  it('gives no id twice', async () => {
    const { simulator, authorization } = await withAnn()
    await send(simulator, 'DELETE /api/4.0/users/5001', { authorization })

    expect(simulator.state.embed.users.put({ external_user_id: 'bob' }).id).toBe('5002')
  })

  it('is for administrators alone', async () => {
    const { simulator, authorization } = await withAnn()
    simulator.state.apiUserIsAdmin = false

    const statuses = []
    for (const route of [
      'GET /api/4.0/setting',
      'GET /api/4.0/users/credential/embed/ann',
      'DELETE /api/4.0/users/5001',
      'POST /api/4.0/login/7',
      'POST /api/4.0/embed/cookieless_session/acquire',
    ]) {
      statuses.push((await send(simulator, route, { authorization })).status)
    }

    expect(statuses).toEqual([404, 403, 403, 403, 403])
  })
})
