// Pages and backends at the real functions, with the simulated Looker, a table and keys that fail on demand,
// and a clock that the test moves. Everything that Looker gives is known to the test.
import { create as createAcquire } from '../../functions/acquire-embed-session.ts'
import { create as createSession } from '../../functions/embed-session.ts'
import { create as createSweep } from '../../functions/end-due-sessions.ts'
import { create as createGenerate } from '../../functions/generate-embed-tokens.ts'
import { create as createSessions } from '../../functions/sessions.ts'
import type { EmbedServices, Services } from '../../lib/broker.ts'
import { createEmbedBroker, withAdministration, withSweep } from '../../lib/embed-broker.ts'
import type { EmbedBroker } from '../../lib/embed-broker.ts'
import type { SessionStore } from '../../lib/store/session-store.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../lib/store/memory-token-store.ts'
import type { EmbedSession } from '../../local/looker/embed/sessions.ts'
import type { SimulatorState } from '../../local/looker/state.ts'
import { context as usualContext } from '../functions/calls.ts'
import { pageEvent, routes } from '../functions/embed-calls.ts'
import { createFakeClock } from './fake-clock.ts'
import type { FakeClock } from './fake-clock.ts'
import { createFleet, stage, tableName, tenantOf } from './fleet.ts'

export const startAtMs = 1_700_000_000_000
export const origin = 'https://app.customer.example'
export const sessionSeconds = 3_600

export const roles = ['viewer', 'editor', 'admin'] as const
export type Role = (typeof roles)[number]

export type Kind = 'one' | 'many' | 'client'

export type Browser = {
  readonly userAgent: string
  readonly device: string
  /** From where it asks. */
  readonly address?: string
  /** As an edge before the gateway would say. */
  readonly city?: string
}
/** What the gateway has verified, in epoch seconds. */
export type SignIn = {
  readonly sub: string
  readonly role: Role
  readonly iat: number
  readonly auth_time: number
}

export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly answer: unknown
}

const routeOf = {
  acquire: routes[0],
  generate: routes[2],
  state: routes[4],
  extend: { route: 'POST /embed-session/extend', method: 'POST' },
  activity: { route: 'POST /embed-session/activity', method: 'POST' },
  end: routes[5],
} as const

export type Act = keyof typeof routeOf

export const embeddingTenant = (kind: Kind, policy?: object) =>
  tenantOf({
    origins: [origin],
    identity: { jwt: { issuer: 'https://login.customer.example', audience: ['looker'] } },
    embed: {
      ...(kind === 'client' ? { store: 'client' } : { sessions_per_user: kind }),
      direct: true,
      user: {
        external_user_id: { claim: 'sub' },
        ...(policy ? {} : { session_length: sessionSeconds }),
      },
      ...(policy ? { session_policy: policy } : {}),
      roles: {
        claim: 'role',
        values: Object.fromEntries(
          roles.map((role) => [role, { models: [role], user_attributes: { role } }]),
        ),
      },
    },
    ...(policy
      ? { admin: { iam: [{ account: '123456789012', role: 'support' }], direct: true } }
      : {}),
  })

export type StageOptions = {
  readonly kind?: Kind
  /** Default: one that stands still until it is moved. */
  readonly services?: (services: EmbedServices, index: number) => EmbedServices
  readonly sessions?: SessionStore
  readonly latencyMs?: number
  /** Of the tenant, who then has administrators too. Default: none. */
  readonly policy?: object
}

export const createEmbedStage = async (options: StageOptions = {}) => {
  const {
    kind = 'one',
    latencyMs = 100,
    services: change = (same: EmbedServices) => same,
  } = options
  const clock: FakeClock = createFakeClock(startAtMs)
  const sessions = options.sessions ?? createMemorySessionStore()
  const tenantUnder = (policy: object | undefined) => embeddingTenant(kind, policy)
  let latest: Services | undefined
  const fleet = await createFleet({
    clock,
    tenant: tenantUnder(options.policy),
    store: createMemoryTokenStore(),
    secrets: createMemorySecretStore(),
    looker: { embed: { sessionsPerUser: kind === 'many' ? 'many' : 'one' } },
    services: (services) => {
      // The calls themselves take no time at the simulator, and then nobody would ever race.
      const slowly: Services['fetch'] = async (...request) => {
        await clock.sleep(latencyMs)
        return services.fetch(...request)
      }
      // Whole milliseconds, as the system's.
      const whole = { ...clock, now: () => Math.floor(clock.now()) }
      latest = { ...services, clock: whole, fetch: slowly }
      return latest
    },
  })
  let made = 0
  const coldBroker = (policy: object | undefined) => {
    fleet.coldStart()
    if (!latest) throw new Error('the fleet made no services')
    made += 1
    const services = change({ ...latest, sessions }, made - 1)
    const broker = createEmbedBroker({ stage, tableName, tenant: tenantUnder(policy) }, services)
    return { broker, services }
  }
  /** A process with the functions of administrators and of the schedule. */
  const coldOffice = (policy = options.policy) => {
    const { broker: base, services } = coldBroker(policy)
    const broker = withAdministration(withSweep(base, services), services)
    const { direct, handler: administer } = createSessions(() => broker)
    const { handler } = createSweep(() => broker)
    return {
      sessions: (payload: object) => direct(payload, usualContext),
      administer: (event: object) => administer(event, usualContext),
      sweep: () => handler({}, usualContext),
    }
  }
  return {
    ...fleet,
    clock,
    sessions,
    tenantUnder,
    /** `policy`: of a later deployment. */
    coldStart: (policy = options.policy) => functionsOf(coldBroker(policy).broker),
    coldOffice,
  }
}

export const functionsOf = (broker: EmbedBroker, context = usualContext) => {
  const source = () => broker
  const acquire = createAcquire(source)
  const generate = createGenerate(source)
  const session = createSession(source)
  const handlers = {
    acquire: acquire.handler,
    generate: generate.handler,
    state: session.handler,
    extend: session.handler,
    activity: session.handler,
    end: session.handler,
  }
  return {
    ask: async (act: Act, who: Who, body?: object): Promise<Reply> => {
      const event = eventOf(act, who, body)
      const { statusCode = 0, headers = {}, body: text = '' } = await handlers[act](event, context)
      const answer: unknown = JSON.parse(text)
      return { status: statusCode, headers, text, answer }
    },
    /** A backend in the name of a page. */
    direct: (name: 'acquire' | 'generate' | 'session', who: Who, fields: object = {}) => {
      const twins = { acquire: acquire.direct, generate: generate.direct, session: session.direct }
      return twins[name]({ ...payloadOf(who), ...fields }, context)
    },
  }
}

export type Who = { readonly signIn: SignIn; readonly browser: Browser }

const eventOf = (act: Act, { signIn, browser }: Who, body?: object) => {
  const claims = Object.fromEntries(
    Object.entries(signIn).map(([name, value]) => [name, String(value)]),
  )
  const { userAgent, device, address: sourceIp, city } = browser
  const route = routeOf[act]
  const authorizer = { jwt: { claims, scopes: null } }
  return pageEvent(route, {
    headers: {
      'user-agent': userAgent,
      'x-embed-device': device,
      origin,
      'x-forwarded-for': sourceIp,
      'cloudfront-viewer-city': city,
    },
    requestContext: {
      requestId: 'gateway-1',
      http: { method: route.method, sourceIp },
      authorizer,
    },
    body: body && JSON.stringify(body),
  })
}

const payloadOf = ({ signIn, browser }: Who) => ({
  claims: signIn,
  user_agent: browser.userAgent,
  embed_domain: origin,
  device: browser.device,
})

/** Everything Looker started and issued, from now on. */
export const watchEmbedding = ({ embed }: SimulatorState) => {
  const started: { readonly session: EmbedSession; readonly role: string }[] = []
  const owners = new Map<string, EmbedSession>()
  const { start } = embed.sessions
  const { loginTokens, shortTokens } = embed
  const [issueLogin, issueShort] = [loginTokens.issue, shortTokens.issue]
  Object.assign(embed.sessions, {
    start: (...given: Parameters<typeof start>) => {
      const session = start(...given)
      const role = String(session.user.profile.user_attributes?.['role'])
      started.push({ session, role })
      return session
    },
  })
  Object.assign(loginTokens, {
    issue: (...given: Parameters<typeof issueLogin>) => {
      const issued = issueLogin(...given)
      owners.set(issued.authentication_token, given[0])
      return issued
    },
  })
  Object.assign(shortTokens, {
    issue: (...given: Parameters<typeof issueShort>) => {
      const issued = issueShort(...given)
      owners.set(issued.navigation_token, given[0]).set(issued.api_token, given[0])
      return issued
    },
  })
  const roleOf = (session: EmbedSession): string | undefined =>
    started.find((one) => one.session.id === session.id)?.role
  return { started, owners, roleOf }
}
