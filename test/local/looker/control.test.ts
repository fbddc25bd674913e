// The simulator moved over HTTP, and what it tells of itself.
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../lib/secret.ts'
import { createLookerSimulator, type LookerSimulator } from '../../../local/looker/server.ts'

const base = 'http://looker.test'

const post = async ({ fetch }: LookerSimulator, path: string, body: unknown) => {
  const response = await fetch(`${base}${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, json: await response.json() }
}

const login = async ({ fetch }: LookerSimulator) => {
  const form = { client_id: 'simulator-client', client_secret: 'simulator-secret' }
  const body = new URLSearchParams(form)
  const response = await fetch(`${base}/api/4.0/login`, { method: 'POST', body })
  return { status: response.status, text: await response.text() }
}

describe('the simulator over HTTP', () => {
  it('tells counts, clock and faults, and no token or secret', async () => {
    const simulator = createLookerSimulator({ now: () => 5_000 })
    const { text } = await login(simulator)
    simulator.setFault('me', { kind: 'status', status: 500, body: text })

    const response = await simulator.fetch(`${base}/simulator`)
    const told = await response.text()

    expect(JSON.parse(told)).toEqual({
      now_at_ms: 5_000,
      live_tokens: 1,
      live_embed_sessions: 0,
      counts: {
        calls: { login: 1 },
        logins: 1,
        user_logins: 0,
        failed_logins: 0,
        workspace_switches: 0,
        logouts: 0,
        embed_users_created: 0,
        embed_sessions_started: 0,
        embed_sessions_joined: 0,
        embed_tokens_generated: 0,
        embed_sessions_ended: 0,
        embed_logins: 0,
        calls_by_token_digest: {},
      },
      faults: [{ target: 'me', kind: 'status', standing: true }],
      tokens_used: [],
    })
    expect(told).not.toContain(JSON.parse(text).access_token)
    expect(told).not.toContain('simulator-secret')
  })

  it('moves the clock', async () => {
    const simulator = createLookerSimulator({ now: () => 0 })

    const { json } = await post(simulator, '/simulator/clock', { advance_seconds: 90 })

    expect(json).toMatchObject({ now_at_ms: 90_000 })
    expect(simulator.clock.now()).toBe(90_000)
  })

  it('sets a fault for good or for some calls, and clears them', async () => {
    const simulator = createLookerSimulator()
    const fault = { kind: 'status', status: 503 }

    await post(simulator, '/simulator/faults', { operation: 'login', fault, times: 2 })
    await post(simulator, '/simulator/faults', { operation: 'every', fault: { kind: 'html404' } })
    const statuses = [await login(simulator), await login(simulator), await login(simulator)]
    await simulator.fetch(`${base}/simulator/faults`, { method: 'DELETE' })
    const cleared = await login(simulator)

    expect(statuses.map(({ status }) => status)).toEqual([503, 503, 404])
    expect(cleared.status).toBe(200)
  })

  it('is set up otherwise, as by an administrator', async () => {
    const simulator = createLookerSimulator()
    const change = {
      release: '23.6.1',
      api_user_is_admin: false,
      embedding: false,
      signed_embedding: false,
      cookieless: false,
      domain_allowlist: ['https://portal.example.com'],
      sessions_per_user: 'many',
      checks_user_agent: false,
    }

    const { status } = await post(simulator, '/simulator/setup', change)

    expect(status).toBe(200)
    expect(simulator.state).toMatchObject({ release: '23.6.1', apiUserIsAdmin: false })
    expect(simulator.state.embed.settings).toEqual({
      embedding: false,
      signedEmbedding: false,
      cookieless: false,
      domainAllowlist: ['https://portal.example.com'],
      sessionsPerUser: 'many',
      checksUserAgent: false,
    })
  })

  it('keeps what a change of its setup does not name', async () => {
    const simulator = createLookerSimulator()
    const before = structuredClone(simulator.state.embed.settings)

    await post(simulator, '/simulator/setup', { cookieless: false })

    expect(simulator.state.embed.settings).toEqual({ ...before, cookieless: false })
    expect(simulator.state).toMatchObject({ release: '26.12.3', apiUserIsAdmin: true })
  })

  it('revokes all tokens', async () => {
    const simulator = createLookerSimulator()
    await login(simulator)

    const { json } = await post(simulator, '/simulator/revoke', {})

    expect(json).toMatchObject({ live_tokens: 0 })
  })

  it('tells which token made which calls, and no token', async () => {
    const simulator = createLookerSimulator()
    const { access_token: token } = JSON.parse((await login(simulator)).text)
    const headers = { authorization: `Bearer ${token}`, 'x-simulator-call': 'first' }
    await simulator.fetch(`${base}/api/4.0/user`, { headers })

    const response = await simulator.fetch(`${base}/simulator`)
    const told = await response.text()

    expect(JSON.parse(told).tokens_used).toEqual([
      {
        digest: new Secret(token).digest(),
        standing: 'live',
        user_id: null,
        sudo_user_id: null,
        workspace: 'production',
        calls: { me: 1 },
        dead_calls: {},
      },
    ])
    expect(told).not.toContain(token)
  })

  it('revokes one token by its digest, and no other', async () => {
    const simulator = createLookerSimulator()
    const { access_token: token } = JSON.parse((await login(simulator)).text)
    await login(simulator)
    const order = { digest: new Secret(token).digest() }

    const { status, json } = await post(simulator, '/simulator/revoke', order)
    const again = await post(simulator, '/simulator/revoke', order)

    expect(status).toBe(200)
    expect(json).toMatchObject({ live_tokens: 1 })
    expect(simulator.state.tokens.recall(token)?.standing).toBe('revoked')
    expect(again.status).toBe(404)
  })

  it('starts counting anew', async () => {
    const simulator = createLookerSimulator()
    const { access_token: token } = JSON.parse((await login(simulator)).text)
    const headers = { authorization: `Bearer ${token}`, 'x-simulator-call': 'first' }
    await simulator.fetch(`${base}/api/4.0/user`, { headers })

    await simulator.fetch(`${base}/simulator/counts`, { method: 'DELETE' })

    expect(simulator.counts()).toMatchObject({ logins: 0, calls: {} })
    expect(simulator.record.byTokenDigest()).toEqual({})
    expect(simulator.record.named()).toEqual([])
  })

  it.each([
    ['/simulator/clock', { advance_seconds: -1 }],
    ['/simulator/clock', { advance_seconds: '5' }],
    ['/simulator/clock', null],
    ['/simulator/faults', { operation: 'login', fault: { kind: 'earthquake' } }],
    ['/simulator/faults', { operation: 'unknown', fault: { kind: 'hang' } }],
    ['/simulator/faults', { operation: 'login', fault: { kind: 'hang' }, times: 0 }],
    ['/simulator/faults', { operation: 'login', fault: { kind: 'status', status: 99 } }],
    ['/simulator/revoke', { digest: 'short' }],
    ['/simulator/setup', { cookieless: 'no' }],
    ['/simulator/setup', { unknown: true }],
    ['/simulator/setup', { release: 'newest' }],
    ['/simulator/revoke', { digest: 7 }],
  ])('refuses at %s the order %j', async (path, body) => {
    const simulator = createLookerSimulator({ now: () => 0 })

    const { status } = await post(simulator, path, body)

    expect(status).toBe(400)
    expect(simulator.clock.now()).toBe(0)
    expect(simulator.state.faults.list()).toEqual([])
  })

  it('listens on loopback alone, and its port is free again after it closed', async () => {
    const simulator = createLookerSimulator()
    const server = await simulator.listen()

    const { status } = await fetch(`${server.url}/simulator`)
    const elsewhere = fetch(`${server.url.replace('127.0.0.1', '127.0.0.2')}/simulator`)
    await expect(elsewhere).rejects.toBeInstanceOf(TypeError)
    await server.close()
    const again = await simulator.listen(Number(new URL(server.url).port))
    await again.close()

    expect(status).toBe(200)
    expect(new URL(server.url).hostname).toBe('127.0.0.1')
    expect(again.url).toBe(server.url)
  })
})
