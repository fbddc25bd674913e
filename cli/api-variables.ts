// What serverless.yml must know of the HTTP API beside its routes: how often each may be called, what the
// access log says, and in which order the stack makes its parts.
import type { Tenant } from '../lib/config.ts'

export type ApiVariables = {
  /** By route key. A key without a route would fail the deploy. */
  readonly routeSettings: Readonly<Record<string, Throttle>>
  /** Logical ids of the routes: they must be there before settings name them. */
  readonly routeResources: readonly string[]
  /** Logical ids of what a mistake in the tenant file makes fail. */
  readonly beforeTable: readonly string[]
  /** One JSON line a request: no address, no query string, no header, nothing of a caller. */
  readonly accessLogFormat: string
}

type Throttle = { readonly ThrottlingRateLimit: number; readonly ThrottlingBurstLimit: number }

type Routes = {
  /** Keys of the tenant's routes, `GET /embed-session`. */
  readonly embed: readonly string[]
  readonly admin: readonly string[]
  readonly authorizers: Readonly<Record<string, { readonly type: 'jwt' | 'request' }>>
}

/** People at a console, and probes. */
const adminPerSecond = 10
const healthPerSecond = 5

export const apiVariables = (
  { embed_requests_per_second: embed, token_requests_per_second: token }: Tenant['throttling'],
  routes: Routes,
): ApiVariables => {
  const limits: readonly [string, number][] = [
    ['POST /api-token', token],
    ...routes.embed.map((key): [string, number] => [key, embed]),
    ...routes.admin.map((key): [string, number] => [key, adminPerSecond]),
    ['GET /health', healthPerSecond],
  ]
  return {
    routeSettings: Object.fromEntries(limits.map(([key, limit]) => [key, throttleOf(limit)])),
    routeResources: limits.map(([key]) => routeResourceOf(key)),
    beforeTable: [
      'HttpApi',
      'HttpApiLogGroup',
      'Key',
      ...Object.entries(routes.authorizers).flatMap(([name, { type }]) =>
        authorizerResourcesOf(name, type),
      ),
    ],
    accessLogFormat: JSON.stringify(accessLog),
  }
}

const throttleOf = (perSecond: number): Throttle => ({
  ThrottlingRateLimit: perSecond,
  ThrottlingBurstLimit: 2 * perSecond,
})

/** As the serverless command names the resource of a route: `HttpApiRouteGetEmbedDashsession`. */
const routeResourceOf = (key: string): string =>
  `HttpApiRoute${key.split('/').map(routePartOf).join('')}`

const routePartOf = (part: string): string =>
  capitalized(
    part
      .toLowerCase()
      .replaceAll('-', 'Dash')
      .replace(/\{(.*)\}/, '$1Var')
      .replaceAll(/[^0-9A-Za-z]/g, ''),
  )

// Of a function that is not there the permission fails, of an issuer that does not answer the authorizer.
const authorizerResourcesOf = (name: string, type: 'jwt' | 'request'): readonly string[] => [
  `HttpApiAuthorizer${capitalized(name)}`,
  ...(type === 'request' ? [`${capitalized(name)}LambdaAuthorizerPermissionHttpApi`] : []),
]

const capitalized = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
const accessLog = {
  request_id: '$context.requestId',
  at_ms: '$context.requestTimeEpoch',
  // Not the path, which may hold the id of a session.
  route: '$context.routeKey',
  status: '$context.status',
  latency_ms: '$context.responseLatency',
  function_latency_ms: '$context.integrationLatency',
  refusal: '$context.error.responseType',
  function_error: '$context.integrationErrorMessage',
}
