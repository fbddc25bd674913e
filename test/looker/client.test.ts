// The client's calls against the simulated Looker in this process: what they do when all is well, and
// when Looker refuses.
import { describe, expect, it } from 'vitest'
import { createLookerClient } from '../../lib/looker/client.ts'
import { Secret } from '../../lib/secret.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import { ample } from './deadlines.ts'

const credentials = {
  clientId: 'simulator-client',
  clientSecret: new Secret('simulator-secret'),
}

const together = () => {
  const simulator = createLookerSimulator({ now: () => 0 })
  const { fetch } = simulator
  const client = createLookerClient({ baseUrl: 'http://looker.test', fetch, now: () => 0 })
  return { simulator, client }
}

describe('the Looker client', () => {
  it('logs in with the credentials in the body', async () => {
    const { simulator, client } = together()

    const { token, expiresInSeconds } = await client.login(credentials, ample())

    expect(simulator.state.tokens.find(token.reveal())).toMatchObject({ userId: '1000' })
    expect(expiresInSeconds).toBe(3600)
  })

  it('logs in as a user with a token of its own', async () => {
    const { simulator, client } = together()
    const base = await client.login(credentials, ample())

    const { token } = await client.loginUser(base.token, '7', ample())

    const issued = simulator.state.tokens.find(token.reveal())
    expect(issued).toMatchObject({ userId: '7', sudoUserId: '1000' })
  })

  it('switches the workspace of that token alone', async () => {
    const { simulator, client } = together()
    const stays = await client.login(credentials, ample())
    const moves = await client.login(credentials, ample())

    await client.switchWorkspace(moves.token, 'dev', ample())

    expect(simulator.state.tokens.find(moves.token.reveal())?.workspace).toBe('dev')
    expect(simulator.state.tokens.find(stays.token.reveal())?.workspace).toBe('production')
  })

  it('logs out, and again without complaint', async () => {
    const { simulator, client } = together()
    const { token } = await client.login(credentials, ample())

    await client.logout(token, ample())
    await client.logout(token, ample())

    expect(simulator.state.tokens.find(token.reveal())).toBeUndefined()
    expect(simulator.counts()).toMatchObject({ logouts: 1, calls: { logout: 2 } })
  })

  it('tells wrong credentials', async () => {
    const { client } = together()
    const wrong = { ...credentials, clientSecret: new Secret('wrong') }

    const login = client.login(wrong, ample())

    await expect(login).rejects.toMatchObject({ failure: 'refused-credentials', status: 404 })
  })

  it.each([
    ['does not exist', '51', 404],
    ['may not be impersonated', '403', 403],
  ])('tells a user that %s', async (_, userId, status) => {
    const { client } = together()
    const { token } = await client.login(credentials, ample())

    const login = client.loginUser(token, userId, ample())

    await expect(login).rejects.toMatchObject({ failure: 'refused-user', status })
  })

  it('tells a token that Looker does not know any more', async () => {
    const { simulator, client } = together()
    const { token } = await client.login(credentials, ample())
    simulator.revokeAll()

    const outcomes = await Promise.allSettled([
      client.loginUser(token, '7', ample()),
      client.switchWorkspace(token, 'dev', ample()),
    ])

    const refused = { reason: { failure: 'refused-token', status: 401 } }
    expect(outcomes).toMatchObject([refused, refused])
  })

  it('tells a switch that Looker answers with the other workspace', async () => {
    const { simulator, client } = together()
    const { token } = await client.login(credentials, ample())
    simulator.setFault('update_session', { kind: 'wrong-workspace' })

    const change = client.switchWorkspace(token, 'dev', ample())

    await expect(change).rejects.toMatchObject({ failure: 'workspace-not-confirmed' })
  })

  it.each(['', '..', '7/../8', '7?x=1', '-7', 'seven', '1'.repeat(21)])(
    'refuses %j as a user id without a call',
    async (userId) => {
      const { simulator, client } = together()

      const login = client.loginUser(new Secret('t'), userId, ample())

      await expect(login).rejects.toBeInstanceOf(TypeError)
      expect(simulator.counts().calls).toEqual({})
    },
  )

  it('takes a user id of 20 digits', async () => {
    const { simulator, client } = together()

    const login = client.loginUser(new Secret('t'), '1'.repeat(20), ample())

    await expect(login).rejects.toMatchObject({ failure: 'refused-token' })
    expect(simulator.counts().calls).toEqual({ login_user: 1 })
  })

  it('sends nothing when the deadline has passed', async () => {
    const { simulator, client } = together()

    const login = client.login(credentials, { remainingMs: () => 0 })

    await expect(login).rejects.toMatchObject({ failure: 'timeout' })
    expect(simulator.counts().calls).toEqual({})
  })

  it('reads a Retry-After date against its clock', async () => {
    const { simulator } = together()
    const headers = { 'retry-after': 'Thu, 01 Jan 1970 00:01:30 GMT' }
    simulator.setFault('login', { kind: 'status', status: 503, headers })
    const { fetch } = simulator
    const client = createLookerClient({ baseUrl: 'http://looker.test', fetch, now: () => 60_000 })

    const login = client.login(credentials, ample())

    await expect(login).rejects.toMatchObject({ failure: 'server-error', retryAfterMs: 30_000 })
  })
})
