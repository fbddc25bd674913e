// Looker's own SDK for Node against the simulated Looker: it takes it for the real one.
import { Looker40SDK } from '@looker/sdk'
import { NodeSession, NodeTransport } from '@looker/sdk-node'
import { DefaultSettings } from '@looker/sdk-rtl'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createLookerSimulator,
  type ListeningSimulator,
  type LookerSimulator,
} from '../../../local/looker/server.ts'

let simulator: LookerSimulator
let server: ListeningSimulator

beforeEach(async () => {
  // The SDK writes a line per request.
  vi.spyOn(console, 'debug').mockReturnValue()
  simulator = createLookerSimulator()
  server = await simulator.listen()
})

afterEach(async () => {
  vi.restoreAllMocks()
  await server.close()
})

const sessionWith = (secret: string) => {
  const settings = {
    ...DefaultSettings(),
    base_url: server.url,
    readConfig: () => ({ client_id: 'simulator-client', client_secret: secret }),
  }
  return new NodeSession(settings, new NodeTransport(settings))
}

describe("Looker's SDK", () => {
  it('logs in and learns who it is', async () => {
    const sdk = new Looker40SDK(sessionWith('simulator-secret'))

    const me = await sdk.ok(sdk.me())

    expect(me.id).toBe('1000')
    expect(simulator.counts()).toMatchObject({ logins: 1, calls: { login: 1, me: 1 } })
  })

  it('switches the workspace and reads it again', async () => {
    const sdk = new Looker40SDK(sessionWith('simulator-secret'))

    await sdk.ok(sdk.update_session({ workspace_id: 'dev' }))
    const session = await sdk.ok(sdk.session())

    expect(session.workspace_id).toBe('dev')
  })

  it('logs in as a user', async () => {
    const sdk = new Looker40SDK(sessionWith('simulator-secret'))

    const token = await sdk.ok(sdk.login_user('7'))

    expect(token.expires_in).toBe(3600)
    expect(simulator.counts().userLogins).toBe(1)
  })

  it('acquires, refreshes and ends an embed session', async () => {
    const sdk = new Looker40SDK(sessionWith('simulator-secret'))
    const headers = { 'User-Agent': 'Browser/1' }

    const acquired = await sdk.ok(
      sdk.acquire_embed_cookieless_session({ external_user_id: 'ann' }, { headers }),
    )
    const body = {
      session_reference_token: acquired.session_reference_token ?? '',
      navigation_token: acquired.navigation_token ?? null,
      api_token: acquired.api_token ?? null,
    }
    const refreshed = await sdk.ok(sdk.generate_tokens_for_cookieless_session(body, { headers }))
    await sdk.ok(sdk.delete_embed_cookieless_session(body.session_reference_token))
    const ended = await sdk.ok(sdk.generate_tokens_for_cookieless_session(body, { headers }))

    expect(refreshed.session_reference_token_ttl).toBeGreaterThan(290)
    expect(ended.session_reference_token_ttl).toBe(0)
  })

  it('reads the refusal of wrong credentials', async () => {
    const sdk = new Looker40SDK(sessionWith('wrong'))

    const me = sdk.ok(sdk.me())

    await expect(me).rejects.toMatchObject({ message: expect.stringContaining('Not found') })
  })
})
