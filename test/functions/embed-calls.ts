// Requests of pages and backends for embed sessions, and a service that counts, for the tests of the rim.
import { vi } from 'vitest'
import { create as createAcquire } from '../../functions/acquire-embed-session.ts'
import { create as createSession } from '../../functions/embed-session.ts'
import { create as createGenerate } from '../../functions/generate-embed-tokens.ts'
import type { EmbedBroker } from '../../lib/embed-broker.ts'
import { parseTenant } from '../../lib/config.ts'
import type {
  AcquireAnswer,
  EndAnswer,
  GenerateAnswer,
  StateAnswer,
} from '../../lib/embed/answers.ts'
import type { EmbedService } from '../../lib/embed/service.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import { createVisitorOf } from '../../lib/identity/embed-user.ts'
import { context, rimBroker, stoppedClock } from './calls.ts'

export const app = 'https://app.customer.example'
export const shared = 'https://shared.customer.example'
export const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0'
export const device = 'n4bQgYhMfWWaL-qgxVrQ_A'
export const apiToken = 'api-token-of-the-page'
export const navigationToken = 'navigation-token-of-the-page'

export const embedTenant = (embed: object = {}, user: object = {}) =>
  parseTenant(
    {
      looker: { base_url: 'https://looker.example.com', client_id: 'rim-client' },
      origins: [app],
      identity: { jwt: { issuer: 'https://issuer.example.com', audience: ['broker'] } },
      embed: {
        domain: shared,
        direct: true,
        user: { external_user_id: { claim: 'sub' }, permissions: ['see_looks'], ...user },
        ...embed,
      },
    },
    { allowLoopback: false },
  )

export const acquireAnswer: AcquireAnswer = {
  authentication_token: 'authentication-token',
  authentication_token_ttl: 30,
  navigation_token: 'navigation-token',
  navigation_token_ttl: 600,
  api_token: 'api-token',
  api_token_ttl: 600,
  session_reference_token_ttl: 43_200,
}

export const generateAnswer: GenerateAnswer = {
  navigation_token: 'navigation-token-2',
  navigation_token_ttl: 600,
  api_token: 'api-token-2',
  api_token_ttl: 600,
  session_reference_token_ttl: 43_100,
}

export const stateAnswer: StateAnswer = {
  state: 'active',
  ends_at: '2030-01-01T00:00:00.000Z',
  ends_in: 60,
  ended_at: null,
  reason: null,
  sign_in_required: false,
  warn_at: '2029-12-31T23:58:00.000Z',
  warns: 'end',
  may_extend: true,
  extends_to: '2030-01-01T00:30:00.000Z',
  idle_ends_at: null,
  stays_signed_in: false,
}

export const endAnswer: EndAnswer = { ended: true, confirmed: true }

type RimOptions = {
  readonly tenant?: ReturnType<typeof embedTenant>
  /** Every call fails with it. */
  readonly error?: unknown
}

/** The real rim before a service that counts its calls. */
export const embedRim = ({ tenant = embedTenant(), error }: RimOptions = {}) => {
  const events: BrokerEvent[] = []
  const answering =
    <T>(value: T) =>
    (): Promise<T> =>
      error === undefined ? Promise.resolve(value) : Promise.reject(error)
  const service = {
    acquire: vi.fn<EmbedService['acquire']>(answering(acquireAnswer)),
    generate: vi.fn<EmbedService['generate']>(answering(generateAnswer)),
    state: vi.fn<EmbedService['state']>(answering(stateAnswer)),
    extend: vi.fn<EmbedService['extend']>(answering(stateAnswer)),
    noteActivity: vi.fn<EmbedService['noteActivity']>(answering(stateAnswer)),
    end: vi.fn<EmbedService['end']>(answering(endAnswer)),
  }
  const { embed: settings, identity } = tenant
  const broker: EmbedBroker = {
    ...rimBroker({ tenant, clock: stoppedClock() }).broker,
    report: (event) => void events.push(event),
    embed:
      settings && identity
        ? { settings, service, visitorOf: createVisitorOf({ identity, embed: settings }) }
        : undefined,
  }
  const source = () => broker
  const functions = {
    acquire: createAcquire(source),
    generate: createGenerate(source),
    session: createSession(source),
  }
  const calls = () => Object.values(service).reduce((sum, { mock }) => sum + mock.calls.length, 0)
  return { broker, events, service, functions, calls }
}

export type Rim = ReturnType<typeof embedRim>

/** Claims as the gateway hands them on: every value a text. */
export const signedIn = (claims: Readonly<Record<string, unknown>> = {}) => ({
  jwt: { claims: { sub: 'ada', iat: '1760000000', ...claims }, scopes: null },
})

export const tokensBody = JSON.stringify({
  api_token: apiToken,
  navigation_token: navigationToken,
})

/** Every route: its function, its method, and a body that it takes. */
export const routes = [
  { route: 'GET /acquire-embed-session', name: 'acquire', method: 'GET' },
  { route: 'POST /acquire-embed-session', name: 'acquire', method: 'POST' },
  { route: 'PUT /generate-embed-tokens', name: 'generate', method: 'PUT', body: tokensBody },
  { route: 'POST /generate-embed-tokens', name: 'generate', method: 'POST', body: tokensBody },
  { route: 'GET /embed-session', name: 'session', method: 'GET' },
  { route: 'DELETE /embed-session', name: 'session', method: 'DELETE' },
] as const

export type Route = (typeof routes)[number]

type RouteOfPage = { readonly route: string; readonly method: string; readonly body?: string }

/** A page's request as an event; `undefined` takes a header away. */
export const pageEvent = (
  route: RouteOfPage,
  changes: Readonly<Record<string, unknown>> & {
    readonly headers?: Readonly<Record<string, string | undefined>>
    readonly authorizer?: unknown
  } = {},
) => {
  const { headers, authorizer = signedIn(), ...rest } = changes
  const all = { 'user-agent': userAgent, origin: app, ...headers }
  return {
    version: '2.0',
    routeKey: route.route,
    rawQueryString: '',
    isBase64Encoded: false,
    headers: Object.fromEntries(Object.entries(all).filter(([, text]) => text !== undefined)),
    requestContext: { requestId: 'gateway-1', http: { method: route.method }, authorizer },
    ...('body' in route ? { body: route.body } : {}),
    ...rest,
  }
}

export const askAs = async (rim: Rim, route: Route, event: unknown) => {
  const {
    statusCode,
    headers = {},
    body = '',
  } = await rim.functions[route.name].handler(event, context)
  return { statusCode, headers, answer: JSON.parse(body) }
}

/** Sends a page's request; also says how often the service was called. */
export const ask = async (
  route: Route,
  changes: Parameters<typeof pageEvent>[1] = {},
  options: RimOptions = {},
) => {
  const rim = embedRim(options)
  const answered = await askAs(rim, route, pageEvent(route, changes))
  return { ...answered, ...rim, calls: rim.calls() }
}

const page = { claims: { sub: 'ada' }, user_agent: userAgent, embed_domain: app }

/** What a backend sends, by function. */
export const directPayloads = {
  acquire: page,
  generate: { ...page, api_token: apiToken, navigation_token: navigationToken },
  session: { ...page, action: 'state' },
} as const

export const directNames = ['acquire', 'generate', 'session'] as const
