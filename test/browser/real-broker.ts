// The real functions behind the gateway of one machine, and who says there who a page's user is: an
// identity provider that signs tokens, or an authorizer that reads the page's cookie. The stage's clock is
// everybody's.
import { fileURLToPath } from 'node:url'
import type { JSONWebKeySet } from 'jose'
import type { EmbedServices } from '../../lib/broker.ts'
import {
  withAdministration,
  withEmbed,
  withSweep,
  type AdminBroker,
  type EmbedBroker,
  type SweepBroker,
} from '../../lib/embed-broker.ts'
import { everything } from '../../lib/embed/composition.ts'
import type { Clock } from '../../lib/time.ts'
import type { LambdaHandler, LoadHandler } from '../../local/gateway/function-runner.ts'
import { createGateway, type Gateway } from '../../local/gateway/gateway.ts'
import type { EmbedOptions } from '../../local/looker/embed/settings.ts'
import type { LookerSimulator } from '../../local/looker/server.ts'
import { loadHandlersWith } from '../../local/load-handlers.ts'
import type { Authorizer, ServiceFunction } from '../../local/serverless-config.ts'
import { migrationBlock } from '../docs/code-blocks.ts'
import { exportsOf } from '../docs/page-in-node.ts'
import { createFleet, stage, tenantOf } from '../scenarios/fleet.ts'
import {
  audience,
  createIdentityProvider,
  issuer,
  type IdentityProvider,
} from './identity-provider.ts'
import { claimsOfCookie } from './sign-in.ts'
import { createTable, type Table } from './table.ts'

const cookieSource = '$request.header.Cookie'

/** How a page says who its user is. */
export type Identity = 'token' | 'cookie'

export type RealBroker = {
  readonly looker: LookerSimulator
  readonly table: Table
  readonly provider: IdentityProvider
  readonly url: string
  /** A direct invocation. */
  readonly invoke: Gateway['invoke']
  readonly close: () => Promise<void>
}

export type RealBrokerOptions = {
  readonly pageOrigin: string
  readonly clock: Clock
  /** Default: `token`. With `cookie`, page and broker share an origin. */
  readonly identity?: Identity
  /** Replaces fields of the tenant file's section `embed`. */
  readonly tenant?: Readonly<Record<string, unknown>>
  readonly embed?: EmbedOptions
  /** Besides `pageOrigin`, for the gateway alone. */
  readonly otherOrigins?: readonly string[]
  readonly administrators?: Administrators
}

/** Who may see and end sessions, from the page of which origin. */
export type Administrators = {
  readonly issuer: string
  readonly audience: string
  readonly scope: string
  readonly origin: string
  readonly keys: JSONWebKeySet
}

export const startRealBroker = async (options: RealBrokerOptions): Promise<RealBroker> => {
  const { pageOrigin, clock, identity = 'token', administrators, otherOrigins = [] } = options
  const { looker, table, environments } = await createEnvironments(options)
  const provider = await createIdentityProvider(clock)
  const gateway = createGateway({
    region: 'eu-central-1',
    stage,
    functions,
    routes: [
      ...routesFor(authorizers[identity]),
      ...(administrators ? routesForAdministrators(administrators) : []),
    ],
    cors: {
      origins: [pageOrigin, ...otherOrigins, ...(administrators ? [administrators.origin] : [])],
      headers: ['authorization', 'content-type', 'x-embed-device'],
      methods: ['GET', 'POST', 'PUT', 'DELETE'],
      exposed: ['retry-after'],
      credentials: false,
    },
    loadHandler: loadInTurn(environments),
    jwtKeys: {
      [issuer]: provider.keys,
      ...(administrators ? { [administrators.issuer]: administrators.keys } : {}),
    },
    iamKeys: [],
    clock,
  })
  const { address, close } = await gateway.listen()
  return { looker, table, provider, url: address, invoke: gateway.invoke, close }
}

/** Two brokers with nothing in common but their tables: a Lambda environment serves one request at a time. */
const createEnvironments = async ({ clock, embed = {}, ...options }: RealBrokerOptions) => {
  const { table, store, secrets, sessions } = createTable()
  const services: EmbedServices[] = []
  const fleet = await createFleet({
    tenant: tenantFor(options),
    clock,
    store,
    secrets,
    looker: { embed },
    services: (given) => {
      const made = { ...given, sessions }
      services.push(made)
      return made
    },
  })
  const bases = [fleet.coldStart(), fleet.coldStart()]
  const environments = services.flatMap((given, index) => {
    const base = bases[index]
    if (base === undefined) return []
    return withAdministration(withSweep(withEmbed(base, given, everything), given), given)
  })
  return { looker: fleet.looker, table, environments }
}

const tenantFor = ({
  pageOrigin,
  identity = 'token',
  tenant,
  administrators,
}: Omit<RealBrokerOptions, 'clock' | 'embed'>) => {
  const user = { external_user_id: { claim: 'sub' }, session_length: 7200 }
  if (identity === 'cookie') {
    const function_arn = 'arn:aws:lambda:eu-central-1:111122223333:function:who-is-it'
    return tenantOf({
      identity: { lambda: { function_arn, identity_sources: [cookieSource] } },
      embed: { domain: pageOrigin, user, ...tenant },
    })
  }
  return tenantOf({
    origins: [pageOrigin],
    identity: { jwt: { issuer, audience: [audience] } },
    embed: { user, ...tenant },
    ...(administrators ? { admin: adminFor(administrators) } : {}),
  })
}

const adminFor = ({ issuer: by, audience: to, scope, origin }: Administrators) => ({
  jwt: { issuer: by, audience: [to], scopes: [scope] },
  origins: [origin],
  direct: true,
})

type Environment = EmbedBroker & SweepBroker & AdminBroker

/** Each request meets another environment than the one before. */
const loadInTurn = (environments: readonly Environment[]): LoadHandler => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const loads = environments.map((broker) => loadHandlersWith(root, () => broker))
  let turn = 0
  return async (handler) => {
    if (handler === authorizerHandler) return cookieAuthorizer()
    const load = loads[turn++ % loads.length]
    if (load === undefined) throw new Error('There is no environment')
    return load(handler)
  }
}

const authorizerHandler = 'authorizer.handler'

/** As docs/migration.md shows it. */
const cookieAuthorizer = async (): Promise<LambdaHandler> => {
  const { handler } = await exportsOf(migrationBlock('authorizer.js'), { claimsOfCookie })
  if (!isHandler(handler)) throw new Error('authorizer.js exports no handler')
  return handler
}

const isHandler = (value: unknown): value is LambdaHandler => typeof value === 'function'

const authorizers: Readonly<Record<Identity, Authorizer>> = {
  token: { kind: 'jwt', issuer, audience: [audience], scopes: [] },
  cookie: { kind: 'lambda', functionName: 'authorizer', identitySources: [cookieSource] },
}

const forPages = [
  { name: 'acquire-embed-session', methods: ['GET', 'POST'], paths: [''] },
  { name: 'generate-embed-tokens', methods: ['PUT', 'POST'], paths: [''] },
  { name: 'embed-session', methods: ['GET', 'DELETE'], paths: [''] },
  { name: 'embed-session', methods: ['POST'], paths: ['/extend', '/activity'] },
] as const

/** Runs when a test invokes it. */
export const scheduled = 'end-due-sessions'

const functionOf = (functionName: string, handler: string): ServiceFunction => ({
  functionName,
  deployedName: functionName,
  handler,
  timeoutSeconds: 25,
  memoryMb: 512,
})

const functions = [
  functionOf('authorizer', authorizerHandler),
  functionOf('health', 'functions/health.handler'),
  functionOf('sessions', 'functions/sessions.handler'),
  functionOf('sessions-direct', 'functions/sessions.direct'),
  functionOf(scheduled, `functions/${scheduled}.handler`),
  ...forPages.flatMap(({ name }) => [
    functionOf(name, `functions/${name}.handler`),
    functionOf(`${name}-direct`, `functions/${name}.direct`),
  ]),
]

const routesFor = (authorizer: Authorizer) =>
  forPages.flatMap(({ name, methods, paths }) =>
    methods.flatMap((method) =>
      paths.map((path) => ({
        method,
        path: `/${name}${path}`,
        functionName: name,
        handler: `functions/${name}.handler`,
        authorizer,
      })),
    ),
  )

const handledBy = (name: string) => ({ functionName: name, handler: `functions/${name}.handler` })

const routesForAdministrators = ({ issuer: by, audience: to, scope }: Administrators) => {
  const authorizer = { kind: 'jwt', issuer: by, audience: [to], scopes: [scope] } as const
  return [
    { method: 'GET', path: '/health', ...handledBy('health') },
    { method: 'GET', path: '/sessions', ...handledBy('sessions'), authorizer },
    { method: 'DELETE', path: '/sessions', ...handledBy('sessions'), authorizer },
    { method: 'DELETE', path: '/sessions/{id}', ...handledBy('sessions'), authorizer },
  ]
}
