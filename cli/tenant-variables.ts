// The settings of serverless.yml that differ from tenant to tenant. Nothing else there may.
import type { Tenant } from '../lib/config.ts'
import type { IdentitySettings } from '../lib/config/embed.ts'
import { readTenant } from './tenant-file.ts'

export type TenantVariables = {
  readonly stage: string
  /** False: the API answers no preflight and writes no CORS header. */
  readonly cors: false | CorsRule
  /** Null leaves the setting out. */
  readonly reservedConcurrency: number | null
  readonly logRetentionInDays: number
  /** One, named `page`, where the tenant embeds; else none. */
  readonly authorizers: { readonly page?: JwtAuthorizer | LambdaAuthorizer }
  readonly embedEvents: EmbedEvents
}

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

/** Routes by function; none where the tenant does not embed. */
type EmbedEvents = {
  readonly acquire: readonly Route[]
  readonly generate: readonly Route[]
  readonly session: readonly Route[]
}

/** Called by the serverless command in the project's root, with its `--stage` (null: not given). */
export const tenantVariables = (stage: string | null | undefined): TenantVariables => {
  const tenant = readForPackaging(stage ?? undefined)
  return {
    stage: String(stage),
    cors: corsOf(tenant.origins),
    reservedConcurrency: tenant.functions.reserved_concurrency,
    logRetentionInDays: tenant.functions.log_retention_days,
    ...embedRoutesOf(tenant),
  }
}

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
  if (jwt) {
    return {
      type: 'jwt',
      identitySource: '$request.header.Authorization',
      issuerUrl: jwt.issuer,
      audience: jwt.audience,
    }
  }
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

const readForPackaging = (stage: string | undefined): Tenant => {
  try {
    return readTenant(process.cwd(), stage)
  } catch (error) {
    // The serverless command prints the stack; without it the list of mistakes stands alone.
    if (error instanceof Error) error.stack = error.message
    throw error
  }
}
