// Whose session it is: by verified claims and the tenant file alone. Whoever is refused is refused before
// the service is asked.
import { describe, expect, it } from 'vitest'
import { context } from './calls.ts'
import {
  app,
  ask,
  askAs,
  device,
  directNames,
  directPayloads,
  embedRim,
  embedTenant,
  pageEvent,
  routes,
  shared,
  signedIn,
  userAgent,
} from './embed-calls.ts'
import type { Rim } from './embed-calls.ts'

/** The caller of the one call that the service got. */
const callerOf = ({ service }: Pick<Rim, 'service'>) =>
  Object.values(service)
    .flatMap(({ mock }) => mock.calls.map(([caller]) => caller))
    .at(0)

describe('the caller', () => {
  it.each(routes)('of $route is made of claims, headers and the tenant file', async (route) => {
    const caller = callerOf(await ask(route, { headers: { 'x-embed-device': device } }))

    expect(caller?.visitor).toMatchObject({
      user: { external_user_id: 'ada', permissions: ['see_looks'] },
      issuedAtMs: 1_760_000_000_000,
    })
    expect(caller?.page).toMatchObject({ userAgent, embedDomain: app })
    expect(caller?.page.deviceKey?.reveal()).toBe(device)
  })

  it.each(directNames)('of the direct %s is made of the payload in the same way', async (name) => {
    const rim = embedRim()
    const payload = {
      ...directPayloads[name],
      claims: { sub: 'bob' },
      embed_domain: shared,
      device,
    }

    await rim.functions[name].direct(payload, context)

    const caller = callerOf(rim)
    expect(caller?.visitor.user).toEqual({ external_user_id: 'bob', permissions: ['see_looks'] })
    expect(caller?.page).toMatchObject({ userAgent, embedDomain: shared })
    expect(caller?.page.deviceKey?.reveal()).toBe(device)
  })

  it("may be known by a tenant's own authorizer", async () => {
    const caller = callerOf(await ask(routes[0], { authorizer: { lambda: { sub: 'ada' } } }))

    expect(caller?.visitor.user.external_user_id).toBe('ada')
  })
})

describe('a claimed identity', () => {
  const jwt = { claims: { sub: 'eve' } }

  it.each<[string, Record<string, unknown>]>([
    ['in headers', { headers: { 'x-user': 'eve', sub: 'eve', external_user_id: 'eve' } }],
    ['in the authorization header', { headers: { authorization: 'Bearer eyJzdWIiOiJldmUifQ' } }],
    ['in the path', { rawPath: '/acquire-embed-session/eve' }],
    ['in path parameters', { pathParameters: { sub: 'eve', external_user_id: 'eve' } }],
    ['in cookies', { cookies: ['sub=eve', 'external_user_id=eve'] }],
    ['in query parameters beside the query', { queryStringParameters: { sub: 'eve' } }],
    ['in stage variables', { stageVariables: { sub: 'eve' } }],
    ['beside the request context', { jwt, claims: jwt.claims, authorizer_: { jwt } }],
    [
      'in claims that the tenant file does not name',
      {
        authorizer: signedIn({ user: 'eve', external_user_id: 'eve', permissions: '[administer]' }),
      },
    ],
  ])('%s has no influence', async (_, changes) => {
    const honest = await Promise.all(routes.map((route) => ask(route)))
    const forged = await Promise.all(routes.map((route) => ask(route, changes)))

    expect(forged.map(callerOf)).toEqual(honest.map(callerOf))
    expect(forged.map(({ statusCode }) => statusCode)).toEqual(Array(6).fill(200))
  })

  it.each(['sub', 'claims', 'user', 'external_user_id', 'requestContext', 'jwt', 'device'])(
    'in the field %s of the body is an unknown field',
    async (field) => {
      for (const route of routes) {
        const body = JSON.stringify({ [field]: 'eve', api_token: 'a', navigation_token: 'n' })

        const { statusCode, calls } = await ask(route, { body })

        expect(statusCode).toBe(400)
        expect(calls).toBe(0)
      }
    },
  )
})

describe('claims', () => {
  const { sub: _sub, ...withoutSub } = signedIn().jwt.claims

  it.each<[string, unknown]>([
    ['no authorizer', undefined],
    ['an authorizer of null', null],
    ['an empty authorizer', {}],
    ['a text', 'ada'],
    ['an IAM role', { iam: { accountId: '111122223333', userArn: 'arn', sub: 'ada' } }],
    ['no claims', { jwt: {} }],
    ['claims of null', { jwt: { claims: null } }],
    ['claims that are a list', { jwt: { claims: ['ada'] } }],
    ['claims without the user', { jwt: { claims: withoutSub } }],
    ['a number as user', signedIn({ sub: 7 })],
    ['a mapping as user', signedIn({ sub: { name: 'ada' } })],
    ['null as user', signedIn({ sub: null })],
    ['an empty user', signedIn({ sub: '' })],
    ['a user of 10,000 characters', signedIn({ sub: 'a'.repeat(10_000) })],
    ['a user with a line break', signedIn({ sub: 'ada\r\n' })],
    ['a prototype as claims', { jwt: { claims: Object.create({ sub: 'ada' }) } }],
    ['a time that is none', signedIn({ iat: 'yesterday' })],
  ])('of %s are a 401, and nothing is asked', async (_name, authorizer) => {
    for (const route of routes) {
      const rim = embedRim()
      const event = pageEvent(route)
      const requestContext = { ...event.requestContext, authorizer }

      // With a body that would be refused: who is not known is told nothing of it.
      const { statusCode, headers } = await askAs(rim, route, {
        ...event,
        requestContext,
        body: 'no JSON',
      })

      expect(statusCode).toBe(401)
      expect(headers).toMatchObject({ 'www-authenticate': 'Bearer' })
      expect(rim.calls()).toBe(0)
    }
  })

  it.each<[string, unknown]>([
    ['absent', undefined],
    ['null', null],
    ['a text', 'ada'],
    ['a list', [['sub', 'ada']]],
    ['empty', {}],
    ['of a gateway', { jwt: { claims: { sub: 'ada' } } }],
    ['of a user that is a mapping', { sub: { name: 'ada' } }],
  ])('that are %s are a 401 to direct callers', async (_, claims) => {
    for (const name of directNames) {
      const { functions, calls } = embedRim()

      const problem = await functions[name].direct({ ...directPayloads[name], claims }, context)

      expect(problem).toMatchObject({ status: 401 })
      expect(calls()).toBe(0)
    }
  })

  it('without a role of the tenant are a 403, and nothing is asked', async () => {
    const roles = { claim: 'role', values: { viewer: { permissions: ['see_looks'] } } }
    const tenant = embedTenant({ roles })

    for (const route of routes) {
      const refused = await ask(route, { authorizer: signedIn({ role: 'admin' }) }, { tenant })
      const allowed = await ask(route, { authorizer: signedIn({ role: 'viewer' }) }, { tenant })

      expect([refused.statusCode, refused.calls]).toEqual([403, 0])
      expect([allowed.statusCode, allowed.calls]).toEqual([200, 1])
    }
  })
})

describe('a page', () => {
  it.each<[string, Readonly<Record<string, string | undefined>>, number, string]>([
    ['without a user agent', { 'user-agent': undefined }, 400, 'user-agent-not-valid'],
    ['with a user agent of 8 KB', { 'user-agent': 'a'.repeat(8_192) }, 400, 'user-agent-not-valid'],
    ['with control characters', { 'user-agent': 'a\r\nb' }, 400, 'user-agent-not-valid'],
    ['behind a CDN', { 'user-agent': 'Amazon CloudFront' }, 400, 'user-agent-not-valid'],
    ['without an origin', { origin: undefined }, 403, 'origin-not-allowed'],
    ['of a foreign origin', { origin: 'https://evil.example' }, 403, 'origin-not-allowed'],
    ['of the origin null', { origin: 'null' }, 403, 'origin-not-allowed'],
    [
      'of another site without an origin',
      { origin: undefined, 'sec-fetch-site': 'cross-site' },
      403,
      'origin-not-allowed',
    ],
    ['with half a device key', { 'x-embed-device': 'n4bQgYhMfWWaL' }, 400, 'invalid-request'],
  ])('%s is refused, and nothing is asked', async (_, headers, status, code) => {
    for (const route of routes) {
      const { statusCode, answer, calls } = await ask(route, { headers })

      expect(statusCode).toBe(status)
      expect(answer.type).toBe(`urn:problem-type:looker-token-broker:${code}`)
      expect(calls).toBe(0)
    }
  })

  it('of the shared origin needs no Origin', async () => {
    const headers = { origin: undefined, 'sec-fetch-site': 'same-origin' }

    const { statusCode, ...rim } = await ask(routes[0], { headers })

    expect(statusCode).toBe(200)
    expect(callerOf(rim)?.page.embedDomain).toBe(shared)
  })

  it('is one of those that a claim of the user names', async () => {
    const tenant = embedTenant({ domain_claim: 'pages' })

    for (const route of routes) {
      const own = await ask(route, { authorizer: signedIn({ pages: app }) }, { tenant })
      const others = await ask(route, { authorizer: signedIn({ pages: shared }) }, { tenant })

      expect([own.statusCode, own.calls]).toEqual([200, 1])
      expect([others.statusCode, others.calls]).toEqual([403, 0])
    }
  })

  it.each<[string, object, number, string]>([
    ['without a user agent', { user_agent: undefined }, 400, 'user-agent-not-valid'],
    ['behind a CDN', { user_agent: 'Amazon CloudFront' }, 400, 'user-agent-not-valid'],
    ['without a domain', { embed_domain: undefined }, 403, 'origin-not-allowed'],
    ['of a foreign domain', { embed_domain: 'https://evil.example' }, 403, 'origin-not-allowed'],
  ])('%s is refused to a backend too', async (_, changes, status, code) => {
    for (const name of directNames) {
      const { functions, calls } = embedRim()

      const problem = await functions[name].direct({ ...directPayloads[name], ...changes }, context)

      expect(problem).toMatchObject({
        status,
        type: `urn:problem-type:looker-token-broker:${code}`,
      })
      expect(calls()).toBe(0)
    }
  })
})

describe('direct invocation', () => {
  it('gives nothing unless the tenant file says so', async () => {
    const tenant = embedTenant({ direct: false })

    for (const name of directNames) {
      const { functions, calls } = embedRim({ tenant })

      const problem = await functions[name].direct(directPayloads[name], context)

      expect(problem).toMatchObject({
        status: 403,
        type: 'urn:problem-type:looker-token-broker:forbidden',
      })
      expect(calls()).toBe(0)
    }
  })

  it('refuses events of the gateway, as the gateway refuses payloads', async () => {
    for (const route of routes) {
      const rim = embedRim()
      const payload = { ...directPayloads[route.name], requestContext: {} }

      const problems = [
        await rim.functions[route.name].direct(pageEvent(route), context),
        await rim.functions[route.name].direct(payload, context),
      ]
      const { statusCode } = await askAs(rim, route, directPayloads[route.name])

      expect(problems).toMatchObject([{ status: 403 }, { status: 403 }])
      expect(statusCode).toBe(403)
      expect(rim.calls()).toBe(0)
    }
  })
})
