// Looker's own description of API 4.0 (OpenAPI, release 26.12), in excerpt, against the requests of the
// client and the answers of the simulator.
import { describe, expect, it } from 'vitest'
import { createLookerClient, type LookerClient } from '../../../lib/looker/client.ts'
import {
  createLookerEmbedClient,
  type LookerEmbedClient,
} from '../../../lib/looker/embed-client.ts'
import { createLookerExaminationClient } from '../../../lib/looker/examination-client.ts'
import type { LookerExaminationClient } from '../../../lib/looker/examination-client.ts'
import { Secret } from '../../../lib/secret.ts'
import { createLookerSimulator } from '../../../local/looker/server.ts'
import { ample } from '../../looker/deadlines.ts'

type Field =
  'string' | 'integer' | 'boolean' | 'object' | 'array' | 'string or null' | 'integer or null'
type Shape = Readonly<Record<string, Field>>

const nothing: Shape = {}
const error: Shape = { message: 'string or null', documentation_url: 'string or null' }
const accessToken: Shape = {
  access_token: 'string',
  token_type: 'string',
  expires_in: 'integer',
  refresh_token: 'string or null',
}
const apiSession: Shape = {
  can: 'object',
  workspace_id: 'string or null',
  sudo_user_id: 'string or null',
}
const user: Shape = {
  can: 'object',
  id: 'string',
  display_name: 'string or null',
  first_name: 'string or null',
  last_name: 'string or null',
  email: 'string or null',
  is_disabled: 'boolean',
  is_service_account: 'boolean',
}
const generatedTokens: Shape = {
  navigation_token: 'string or null',
  navigation_token_ttl: 'integer or null',
  api_token: 'string or null',
  api_token_ttl: 'integer or null',
  session_reference_token: 'string',
  session_reference_token_ttl: 'integer or null',
}
const acquiredSession: Shape = {
  ...generatedTokens,
  authentication_token: 'string or null',
  authentication_token_ttl: 'integer or null',
}
const apiVersion: Shape = {
  looker_release_version: 'string',
  current_version: 'object',
  supported_versions: 'array',
  api_server_url: 'string',
  web_server_url: 'string',
}

const setting: Shape = { embed_enabled: 'boolean', embed_config: 'object' }
const embedUser: Shape = { id: 'string' }

// Operation, request, body type of the request, status and body of success, listed refusals.
const described = [
  ['login', 'POST /login', 'application/x-www-form-urlencoded', 200, accessToken, [400, 404, 429]],
  ['login_user', 'POST /login/7', undefined, 200, accessToken, [400, 403, 404, 429]],
  ['session', 'GET /session', undefined, 200, apiSession, [400, 404, 429]],
  ['update_session', 'PATCH /session', 'application/json', 200, apiSession, [400, 404, 422, 429]],
  ['me', 'GET /user', undefined, 200, user, [404, 429]],
  ['versions', 'GET /versions', undefined, 200, apiVersion, [400, 404, 429]],
  [
    'acquire_embed_cookieless_session',
    'POST /embed/cookieless_session/acquire',
    'application/json',
    200,
    acquiredSession,
    [400, 403, 404, 409, 422, 429],
  ],
  [
    'generate_tokens_for_cookieless_session',
    'PUT /embed/cookieless_session/generate_tokens',
    'application/json',
    200,
    generatedTokens,
    [400, 403, 404, 422, 429],
  ],
  [
    'get_setting',
    'GET /setting?fields=embed_enabled,embed_config',
    undefined,
    200,
    setting,
    [400, 404, 422, 429],
  ],
  [
    'user_for_credential',
    'GET /users/credential/embed/ann',
    undefined,
    200,
    embedUser,
    [400, 403, 404, 429],
  ],
  ['delete_user', 'DELETE /users/5001', undefined, 204, nothing, [400, 403, 404, 429]],
  ['logout', 'DELETE /logout', undefined, 204, nothing, [400, 404, 429]],
] as const

const bodies: Record<string, URLSearchParams | string> = {
  login: new URLSearchParams({ client_id: 'simulator-client', client_secret: 'simulator-secret' }),
  update_session: '{"workspace_id":"dev"}',
  acquire_embed_cookieless_session: '{"external_user_id":"ann"}',
  generate_tokens_for_cookieless_session: '{"session_reference_token":"unknown"}',
}

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : value === null ? 'null' : typeof value
}

const fits = (value: unknown, field: Field): boolean => field.split(' or ').includes(kindOf(value))

const misfitsOf = (json: Record<string, unknown>, shape: Shape): string[] =>
  Object.entries(shape)
    .filter(([name, field]) => !fits(json[name], field))
    .map(([name]) => name)

const extrasOf = (json: Record<string, unknown>, shape: Shape): string[] =>
  Object.keys(json).filter((name) => !(name in shape))

describe('the simulated Looker', () => {
  it.each(described)('answers %s as described', async (operation, route, _, status, shape) => {
    const simulator = createLookerSimulator()
    const token = simulator.state.tokens.issue({ userId: '1000', sudoUserId: undefined })
    simulator.state.embed.users.put({ external_user_id: 'ann' })
    const [method = '', path = ''] = route.split(' ')

    const response = await simulator.fetch(`http://looker.test/api/4.0${path}`, {
      method,
      headers: { authorization: `token ${token}` },
      body: bodies[operation] ?? null,
    })
    const text = await response.text()

    expect(response.status).toBe(status)
    const json = JSON.parse(text || '{}')
    expect(misfitsOf(json, shape)).toEqual([])
    expect(extrasOf(json, shape)).toEqual(operation === 'me' ? ['simulator'] : [])
  })

  it.each([
    ['login', 'POST /login', 404],
    ['login_user', 'POST /login/99', 404],
    ['login_user', 'POST /login/403', 403],
    ['update_session', 'PATCH /session', 422],
    ['user_for_credential', 'GET /users/credential/embed/bob', 404],
    ['delete_user', 'DELETE /users/99', 404],
    ['acquire_embed_cookieless_session', 'POST /embed/cookieless_session/acquire', 422],
    [
      'generate_tokens_for_cookieless_session',
      'PUT /embed/cookieless_session/generate_tokens',
      422,
    ],
  ])(
    'refuses %s (%s) with a status and a body that are listed',
    async (operation, route, status) => {
      const simulator = createLookerSimulator()
      const token = simulator.state.tokens.issue({ userId: '1000', sudoUserId: undefined })
      const [method = '', path = ''] = route.split(' ')

      const response = await simulator.fetch(`http://looker.test/api/4.0${path}`, {
        method,
        headers: { authorization: `token ${token}` },
      })

      expect(response.status).toBe(status)
      expect(described.find(([name]) => name === operation)?.[5]).toContain(status)
      expect(misfitsOf(await response.json().then(Object), error)).toEqual([])
    },
  )
})

type All = LookerClient & LookerEmbedClient & LookerExaminationClient

const recorded = async (call: (client: All) => Promise<unknown>): Promise<Request> => {
  const requests: Request[] = []
  const options: Parameters<typeof createLookerClient>[0] = {
    baseUrl: 'https://looker.test',
    now: () => 0,
    fetch: (input, init) => {
      requests.push(new Request(input, init))
      return Promise.resolve(new Response('', { status: 503 }))
    },
  }
  const client = {
    ...createLookerClient(options),
    ...createLookerEmbedClient(options),
    ...createLookerExaminationClient(options),
  }
  await call(client).catch(() => undefined)
  const [request] = requests
  if (request === undefined || requests.length > 1) throw new Error('Not one request')
  return request
}

const credentials = { clientId: 'id', clientSecret: new Secret('client-secret') }
const base = new Secret('base')
const userAgent = 'Browser/1'
const tokens = {
  reference: new Secret('reference'),
  navigationToken: new Secret('navigation'),
  apiToken: new Secret('api'),
}

const calls = {
  login: () => recorded((client) => client.login(credentials, ample())),
  login_user: () => recorded((client) => client.loginUser(base, '7', ample())),
  update_session: () => recorded((client) => client.switchWorkspace(base, 'dev', ample())),
  logout: () => recorded((client) => client.logout(base, ample())),
  acquire_embed_cookieless_session: () =>
    recorded((client) =>
      client.acquire(base, { user: { external_user_id: 'ann' }, userAgent }, ample()),
    ),
  generate_tokens_for_cookieless_session: () =>
    recorded((client) => client.generate(base, { ...tokens, userAgent }, ample())),
  versions: () => recorded((client) => client.versions(base, ample())),
  me: () => recorded((client) => client.user(base, ample())),
  get_setting: () => recorded((client) => client.embedSetup(base, ample())),
  user_for_credential: () => recorded((client) => client.embedUserId(base, 'ann', ample())),
  delete_user: () => recorded((client) => client.deleteUser(base, '5001', ample())),
  delete_embed_cookieless_session: () =>
    recorded((client) => client.end(base, tokens.reference, ample())),
}

describe('the Looker client', () => {
  it.each(['login', 'login_user', 'update_session', 'logout'] as const)(
    'sends %s as described',
    async (name) => {
      const [, route, type] = described.find(([operation]) => operation === name) ?? []

      const request = await calls[name]()

      const { pathname, search } = new URL(request.url)
      expect(`${request.method} ${pathname}`).toBe(route?.replace(' ', ' /api/4.0'))
      expect(search).toBe('')
      expect(request.headers.get('content-type')?.split(';')[0]).toBe(type)
      expect(request.headers.get('user-agent')).toBe('looker-token-broker')
    },
  )

  it.each(['acquire_embed_cookieless_session', 'generate_tokens_for_cookieless_session'] as const)(
    "sends %s as described, under the browser's name",
    async (name) => {
      const [, route, type] = described.find(([operation]) => operation === name) ?? []

      const request = await calls[name]()

      const { pathname, search } = new URL(request.url)
      expect(`${request.method} ${pathname}${search}`).toBe(route?.replace(' ', ' /api/4.0'))
      expect(request.headers.get('content-type')).toBe(type)
      expect(request.headers.get('user-agent')).toBe('Browser/1')
      expect(request.headers.get('authorization')).toBe('Bearer base')
    },
  )

  it.each(['versions', 'me', 'get_setting', 'user_for_credential', 'delete_user'] as const)(
    'sends %s for the doctor as described',
    async (name) => {
      const [, route = ''] = described.find(([operation]) => operation === name) ?? []

      const request = await calls[name]()

      const { pathname } = new URL(request.url)
      expect(`${request.method} ${pathname}`).toBe(route.split('?')[0]?.replace(' ', ' /api/4.0'))
      expect(request.headers.get('authorization')).toBe('Bearer base')
      expect(request.body).toBeNull()
    },
  )

  it('asks for the settings of embedding alone, and for no more of a user than the id', async () => {
    const requests = await Promise.all([calls.get_setting(), calls.user_for_credential()])

    const asked = requests.map(({ url }) => new URL(url).search)
    expect(asked).toEqual(['?fields=embed_enabled,embed_config', '?fields=id'])
  })

  it('writes an external id into the address so that it stays one part of it', async () => {
    const request = await recorded((client) => client.embedUserId(base, '../a/b?c', ample()))

    expect(new URL(request.url).pathname).toBe('/api/4.0/users/credential/embed/..%2Fa%2Fb%3Fc')
  })

  it('sends the tokens that are to be replaced in JSON', async () => {
    const request = await calls.generate_tokens_for_cookieless_session()

    await expect(request.json()).resolves.toEqual({
      session_reference_token: 'reference',
      navigation_token: 'navigation',
      api_token: 'api',
    })
  })

  it('sends the reference of a session that is to end in the path, under its own name', async () => {
    const request = await calls.delete_embed_cookieless_session()

    const { pathname } = new URL(request.url)
    expect(`${request.method} ${pathname}`).toBe(
      'DELETE /api/4.0/embed/cookieless_session/reference',
    )
    expect(request.headers.get('user-agent')).toBe('looker-token-broker')
    expect(request.headers.get('authorization')).toBe('Bearer base')
    expect(request.body).toBeNull()
  })

  it('sends credentials in the form and nowhere else', async () => {
    const request = await calls.login()

    expect(request.headers.get('authorization')).toBeNull()
    await expect(request.text()).resolves.toBe('client_id=id&client_secret=client-secret')
  })

  it('sends a token in the Authorization header', async () => {
    const requests = await Promise.all([calls.login_user(), calls.update_session(), calls.logout()])

    const sent = requests.map(({ headers }) => headers.get('authorization'))
    expect(sent).toEqual(['Bearer base', 'Bearer base', 'Bearer base'])
  })

  it('asks for the workspace in JSON', async () => {
    const request = await calls.update_session()

    await expect(request.json()).resolves.toEqual({ workspace_id: 'dev' })
  })
})
