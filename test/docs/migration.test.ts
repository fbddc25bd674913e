// docs/migration.md, carried out: its page before and after, the authorizer and the tenant file, with the
// real Embed SDK, against an Express server and against the broker behind the gateway.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { tenantVariables } from '../../cli/tenant-variables.ts'
import { create as createAcquire } from '../../functions/acquire-embed-session.ts'
import { create as createGenerate } from '../../functions/generate-embed-tokens.ts'
import { parseTenant } from '../../lib/config.ts'
import type { Tenant } from '../../lib/config.ts'
import { parseClaims } from '../../lib/identity/claims.ts'
import { createVisitorOf } from '../../lib/identity/embed-user.ts'
import type { LambdaHandler } from '../../local/gateway/function-runner.ts'
import type { Authorizer, CorsRules } from '../../local/serverless-config.ts'
import { startExpressServer } from '../bench/embed/express-server.ts'
import { startScene } from '../bench/embed/scene.ts'
import { createShiftableClock } from '../bench/herd/broker-herd.ts'
import { functionOf, route, signer, signToken, startGateway } from '../local/gateway/service.ts'
import { clientId, clientSecret } from '../scenarios/fleet.ts'
import { migrationBlock, migrationPage } from './code-blocks.ts'
import { exportsOf, openPage } from './page-in-node.ts'
import type { PageInNode } from './page-in-node.ts'

const before = migrationBlock('page-of-the-demo-server.js')
const withObjects = migrationBlock('page-with-objects.js')
const withCallbacks = migrationBlock('page-with-callbacks.js')
const demoUser: Readonly<Record<string, unknown>> = JSON.parse(migrationBlock('demo_user.json'))

const app = 'https://app.customer.example'
const brokerOrigin = 'https://broker.example.com'
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0'

/** What a sign-in token of the demo server's user would say. */
const claims = {
  sub: 'user1',
  given_name: 'Pat',
  family_name: 'Embed',
  zoneinfo: 'Europe/Berlin',
  organisation: 'group1',
  region: 'west',
}

type TenantFile = Readonly<Record<'looker' | 'identity' | 'embed', object>>
type OneOrigin = Readonly<Record<'identity' | 'embed', object>>

const file: TenantFile = parseYaml(migrationBlock('tenant.yml'))
const oneOrigin: OneOrigin = parseYaml(migrationBlock('tenant-on-one-origin.yml'))

/** The tenant file of the page, at the Looker of the tests. */
const tenantOfThePage = (changes: object = {}): Tenant => {
  const looker = { ...file.looker, client_id: clientId }
  return parseTenant({ ...file, ...changes, looker }, { allowLoopback: false })
}

const tenantOnOneOrigin = (): Tenant => {
  const { identity, embed } = oneOrigin
  return tenantOfThePage({ origins: [], identity, embed: { ...file.embed, ...embed } })
}

const ending: (() => Promise<unknown>)[] = []

// Looker's SDK for Node writes a line per request.
beforeEach(() => void vi.spyOn(console, 'debug').mockReturnValue())

afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(ending.splice(0).map((end) => end()))
})

type World = Awaited<ReturnType<typeof createWorld>>

const createWorld = async (tenant = tenantOfThePage()) => {
  const clock = createShiftableClock()
  const scene = await startScene({ tenant, clock })
  ending.push(scene.close)
  const { fleet, lookerUrl } = scene
  const broker = scene.coldStart()
  const handlers = {
    acquire: createAcquire(() => broker).handler,
    generate: createGenerate(() => broker).handler,
  }
  const browser = { origin: app, userAgent, now: clock.now }
  return { clock, lookerUrl, tenant, handlers, browser, counts: fleet.looker.counts }
}

/** The broker's two routes as they are deployed, on a free port. */
const startRoutes = async (
  { clock, handlers, tenant }: World,
  authorizer: Authorizer,
  authorizerHandlers: Readonly<Record<string, LambdaHandler>> = {},
): Promise<string> => {
  const all = { ...handlers, ...authorizerHandlers }
  const gateway = await startGateway(all, {
    functions: Object.keys(all).map((name) => functionOf(name, timeoutSeconds)),
    routes: [
      route('GET /acquire-embed-session', 'acquire', authorizer),
      route('PUT /generate-embed-tokens', 'generate', authorizer),
    ],
    cors: deployedCors(tenant.origins),
    jwtKeys: authorizer.kind === 'jwt' ? { [authorizer.issuer]: (await signer()).keys } : {},
    clock,
  })
  ending.push(gateway.close)
  return gateway.address
}

/** As in serverless.yml. */
const timeoutSeconds = 20

const deployedCors = (origins: readonly string[]): CorsRules => {
  const { cors } = tenantVariables('acme')
  if (cors === false) throw new Error('the tenant acme names no origins')
  const { allowedHeaders: headers, allowedMethods: methods } = cors
  return { origins, headers, methods, exposed: [], credentials: false }
}

/** What a frame lives through whose tokens run out three times. */
const threeRefreshes = async (page: PageInNode, world: World) => {
  await page.connected()
  const [frame] = page.frames
  if (frame === undefined) throw new Error('no frame was opened')
  const { pathname, search } = frame.url
  const login = await fetch(world.lookerUrl + pathname + search, {
    headers: { 'user-agent': userAgent },
    redirect: 'manual',
  })
  const seen = new Set([(await frame.askForTokens())['api_token']])
  for (const waitMs of [500_000, 500_000, 500_000]) {
    world.clock.shift(waitMs)
    seen.add((await frame.askForTokens())['api_token'])
  }
  const { embedSessionsStarted: sessions, embedTokensGenerated: refreshes } = world.counts()
  return { login: login.status, tokens: seen.size, sessions, refreshes }
}

const lived = { login: 302, tokens: 4, sessions: 1, refreshes: 3 }

const linesOf = (script: string) => script.trimEnd().split('\n')

describe('the page before', () => {
  it('lives on the demo server', async () => {
    const world = await createWorld()
    const user = demoUser
    const { lookerUrl } = world
    const server = await startExpressServer({ lookerUrl, clientId, clientSecret, user })
    ending.push(server.close)

    const page = await openPage(before, { ...world.browser, addresses: { [app]: server.url } })

    expect(await threeRefreshes(page, world)).toEqual(lived)
  })

  it('differs from the page with objects in one line, and two that come in', () => {
    const gone = linesOf(before).filter((line) => !linesOf(withObjects).includes(line))
    const come = linesOf(withObjects).filter((line) => !linesOf(before).includes(line))

    expect(gone).toEqual([expect.stringContaining('initCookieless')])
    expect(come).toHaveLength(3)
  })
})

const openElsewhere = async (script: string, world: World, claimsNow: object = claims) => {
  const [issuer, audience] = ['https://login.customer.example', ['looker']]
  const address = await startRoutes(world, { kind: 'jwt', issuer, audience, scopes: [] })
  const exp = world.clock.now() / 1000 + 3600
  const token = await signToken({ iss: issuer, aud: 'looker', exp, ...claimsNow })
  const globals = { signInToken: () => token }
  return openPage(script, { ...world.browser, addresses: { [brokerOrigin]: address }, globals })
}

describe('the page after, on another origin than the broker', () => {
  it.each([
    ['objects', withObjects],
    ['callbacks', withCallbacks],
  ])('lives with %s', async (_form, script) => {
    const world = await createWorld()

    const page = await openElsewhere(script, world)

    expect(await threeRefreshes(page, world)).toEqual(lived)
  })

  it('is refused without its user', async () => {
    const world = await createWorld()

    const page = await openElsewhere(withObjects, world, { sub: '' })

    await expect(page.connected()).rejects.toThrow('acquire embed session failed')
    expect(world.counts().embedSessionsStarted).toBe(0)
  })
})

const isHandler = (value: unknown): value is (event: unknown) => unknown =>
  typeof value === 'function'

const claimsOfCookie = (cookies: readonly string[]) =>
  cookies.includes('session=of-pat') ? claims : undefined

const authorizerOfThePage = async () => {
  const { handler } = await exportsOf(migrationBlock('authorizer.js'), { claimsOfCookie })
  if (!isHandler(handler)) throw new Error('authorizer.js exports no handler')
  return handler
}

const openOnOneOrigin = async (cookie: string) => {
  const world = await createWorld(tenantOnOneOrigin())
  const identitySources = world.tenant.identity?.lambda?.identity_sources ?? []
  const rules = { kind: 'lambda', functionName: 'who', identitySources } as const
  const address = await startRoutes(world, rules, { who: await authorizerOfThePage() })
  const page = await openPage(before, { ...world.browser, addresses: { [app]: address }, cookie })
  return { world, page, address }
}

describe('the page before, on one origin with the broker', () => {
  it('lives without any change', async () => {
    const { world, page } = await openOnOneOrigin('session=of-pat')

    expect(await threeRefreshes(page, world)).toEqual(lived)
  })

  it('is refused without its cookie', async () => {
    const { world, page } = await openOnOneOrigin('session=of-nobody')

    await expect(page.connected()).rejects.toThrow('acquire embed session failed')
    expect(world.counts().embedSessionsStarted).toBe(0)
  })

  it('keeps another site from using its cookie', async () => {
    const { world, page, address } = await openOnOneOrigin('session=of-pat')
    await page.connected()

    const { status } = await fetch(`${address}/acquire-embed-session`, {
      headers: {
        'user-agent': userAgent,
        cookie: 'session=of-pat',
        'sec-fetch-site': 'cross-site',
      },
    })

    expect(status).toBe(403)
    expect(world.counts().calls).toMatchObject({ acquire_embed_cookieless_session: 1 })
  })

  it.each(['cross-site', 'same-site', 'none', undefined])(
    'is not mistaken for a page whose browser says %s',
    async (site) => {
      const ask = await authorizerOfThePage()

      const verdict = await ask({
        headers: { 'sec-fetch-site': site },
        cookies: ['session=of-pat'],
      })

      expect(verdict).toEqual({ isAuthorized: false })
    },
  )
})

describe('the tenant file', () => {
  it("makes the demo server's user of the sign-in token", () => {
    const { identity, embed } = tenantOfThePage()
    if (!identity || !embed) throw new Error('the tenant file does not embed')
    const visitorOf = createVisitorOf({ identity, embed })

    const { user, sessionLengthSeconds } = visitorOf(parseClaims({ jwt: { claims, scopes: null } }))

    expect({ ...user, session_length: sessionLengthSeconds }).toEqual(demoUser)
  })

  it('has a row for every field', () => {
    const first = [...migrationPage().matchAll(/^\|([^|]+)\|/gm)].map(([, cell = '']) => cell)

    const missing = Object.keys(demoUser).filter((field) => !first.join().includes(`\`${field}\``))

    expect(missing).toEqual([])
  })
})
