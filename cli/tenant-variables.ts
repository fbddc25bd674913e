// The settings of serverless.yml that differ from tenant to tenant. Nothing else there may.
import type { Tenant } from '../lib/config.ts'
import type { IdentitySettings } from '../lib/config/embed.ts'
import { apiVariables } from './api-variables.ts'
import type { ApiVariables } from './api-variables.ts'
import { readTenant } from './tenant-file.ts'

export type TenantVariables = {
  readonly stage: string
  /** False: the API answers no preflight and writes no CORS header. */
  readonly cors: false | CorsRule
  /** Null leaves the setting out. */
  readonly reservedConcurrency: number | null
  readonly logRetentionInDays: number
  readonly tracing: boolean
  /** One, named `page`, where the tenant embeds; else none. */
  readonly authorizers: {
    readonly page?: JwtAuthorizer | LambdaAuthorizer
    /** Where administrators sign in by tokens. */
    readonly admin?: JwtAuthorizer
  }
  readonly embedEvents: EmbedEvents
  /** None where the tenant names no administrators. */
  readonly adminEvents: readonly AdminRoute[]
} & ApiVariables

type CorsRule = {
  readonly allowedOrigins: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly allowedMethods: readonly string[]
  readonly exposedResponseHeaders: readonly string[]
  readonly maxAge: number
}

type JwtAuthorizer = {
  readonly type: 'jwt'
  readonly identitySource: '$request.header.Authorization'
  readonly issuerUrl: string
  readonly audience: readonly string[]
}

type LambdaAuthorizer = {
  readonly type: 'request'
  readonly functionArn: string
  readonly payloadVersion: '2.0'
  readonly enableSimpleResponses: true
  readonly identitySource: readonly string[]
  readonly resultTtlInSeconds: number
}

type Route = {
  readonly httpApi: { readonly method: string; readonly path: string; readonly authorizer: Page }
}
type Page = { readonly name: 'page' }
type AdminRoute = {
  readonly httpApi: {
    readonly method: string
    readonly path: string
    readonly authorizer:
      { readonly type: 'aws_iam' } | { readonly name: 'admin'; readonly scopes: readonly string[] }
  }
}

/** Routes by function; none where the tenant does not embed. */
type EmbedEvents = {
  readonly acquire: readonly Route[]
  readonly generate: readonly Route[]
  readonly session: readonly Route[]
}

/** Called by the serverless command in the project's root, with its `--stage` (null: not given). */
export const tenantVariables = (stage: string | null | undefined): TenantVariables => {
  const tenant = readForPackaging(stage ?? undefined)
  const routed = routesOf(tenant)
  return {
    stage: String(stage),
    cors: corsOf([...new Set([...tenant.origins, ...(tenant.admin?.origins ?? [])])]),
    reservedConcurrency: tenant.functions.reserved_concurrency,
    logRetentionInDays: tenant.functions.log_retention_days,
    tracing: tenant.functions.tracing,
    ...routed,
    ...apiVariables(tenant.throttling, {
      embed: Object.values(routed.embedEvents).flat().map(keyOf),
      admin: routed.adminEvents.map(keyOf),
      authorizers: routed.authorizers,
    }),
  }
}

const keyOf = ({ httpApi }: Route | AdminRoute): string => `${httpApi.method} ${httpApi.path}`

/** An hour: browsers ask again after at most two. */
const preflightSeconds = 3600

const corsOf = (origins: readonly string[]): false | CorsRule =>
  origins.length > 0 && {
    allowedOrigins: origins,
    allowedHeaders: [
      'authorization',
      'content-type',
      'x-amz-date',
      'x-amz-security-token',
      'x-embed-device',
    ],
    allowedMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    exposedResponseHeaders: ['retry-after'],
    maxAge: preflightSeconds,
  }

const noEvents: EmbedEvents = { acquire: [], generate: [], session: [] }

const routes = (methods: readonly string[], path: string): readonly Route[] =>
  methods.map((method) => ({ httpApi: { method, path, authorizer: { name: 'page' } } }))

const embedEvents: EmbedEvents = {
  acquire: routes(['GET', 'POST'], '/acquire-embed-session'),
  generate: routes(['PUT', 'POST'], '/generate-embed-tokens'),
  session: [
    ...routes(['GET', 'DELETE'], '/embed-session'),
    ...routes(['POST'], '/embed-session/extend'),
    ...routes(['POST'], '/embed-session/activity'),
  ],
}

const routesOf = (
  tenant: Tenant,
): Pick<TenantVariables, 'authorizers' | 'embedEvents' | 'adminEvents'> => {
  const page = embedRoutesOf(tenant)
  const admin = adminRoutesOf(tenant)
  return { ...page, ...admin, authorizers: { ...page.authorizers, ...admin.authorizers } }
}

const adminPaths = [
  ['GET', '/sessions'],
  ['DELETE', '/sessions'],
  ['DELETE', '/sessions/{id}'],
] as const

const adminRoutesOf = ({ admin }: Tenant): Pick<TenantVariables, 'authorizers' | 'adminEvents'> => {
  if (!admin) return { authorizers: {}, adminEvents: [] }
  const { jwt } = admin
  const authorizer = jwt
    ? ({ name: 'admin', scopes: jwt.scopes } as const)
    : ({ type: 'aws_iam' } as const)
  const adminEvents = adminPaths.map(([method, path]) => ({
    httpApi: { method, path, authorizer },
  }))
  return { authorizers: jwt ? { admin: jwtAuthorizerOf(jwt) } : {}, adminEvents }
}

// Routes and authorizer come together or not at all: a route without one would be open to everybody.
const embedRoutesOf = ({
  embed,
  identity,
}: Tenant): Pick<TenantVariables, 'authorizers' | 'embedEvents'> => {
  const page = embed && identity ? authorizerOf(identity) : undefined
  return page ? { authorizers: { page }, embedEvents } : { authorizers: {}, embedEvents: noEvents }
}

const authorizerOf = ({
  jwt,
  lambda,
}: IdentitySettings): JwtAuthorizer | LambdaAuthorizer | undefined => {
  if (jwt) return jwtAuthorizerOf(jwt)
  return lambda
    ? {
        type: 'request',
        functionArn: lambda.function_arn,
        payloadVersion: '2.0',
        enableSimpleResponses: true,
        identitySource: lambda.identity_sources,
        resultTtlInSeconds: lambda.cache_seconds,
      }
    : undefined
}

const jwtAuthorizerOf = ({
  issuer,
  audience,
}: NonNullable<IdentitySettings['jwt']>): JwtAuthorizer => ({
  type: 'jwt',
  identitySource: '$request.header.Authorization',
  issuerUrl: issuer,
  audience,
})

/** For the serverless command, which is told of mistakes alone. */
export const readForPackaging = (stage: string | undefined): Tenant =>
  withoutStack(() => readTenant(process.cwd(), stage))

export const withoutStack = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    // The serverless command prints the stack; without it the list of mistakes stands alone.
    if (error instanceof Error) error.stack = error.message
    throw error
  }
}
