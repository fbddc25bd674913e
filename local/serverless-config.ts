// What serverless.yml says, for everything that runs on one machine: the table's definition, and the
// functions, routes and CORS rules as the `serverless` command resolves them. There is no second copy.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { parse as parseBy } from 'valibot'
import { parse as parseYaml } from 'yaml'
import {
  type HttpEvent,
  type Printed,
  printedService,
  withTable,
} from './gateway/serverless-schema.ts'
import type { TableDefinition } from './gateway/serverless-schema.ts'

export type { TableDefinition }

export type Authorizer =
  | {
      readonly kind: 'jwt'
      readonly issuer: string
      readonly audience: readonly string[]
      /** One of these must be in the token; none: scopes are not asked for. */
      readonly scopes: readonly string[]
    }
  | { readonly kind: 'iam' }
  | {
      readonly kind: 'lambda'
      readonly functionName: string
      /** Selection expressions; a request without one of them is refused unasked. */
      readonly identitySources: readonly string[]
    }

export type ServiceFunction = {
  /** Its key in serverless.yml. */
  readonly functionName: string
  /** Its name at AWS, `<service>-<stage>-<key>`. */
  readonly deployedName: string
  /** File and export, for example `functions/health.handler`. */
  readonly handler: string
  readonly timeoutSeconds: number
  readonly memoryMb: number
}

export type Route = {
  /** Upper case, or `ANY`. */
  readonly method: string
  /** As HTTP APIs write it (`/sessions/{id}`), or `$default`. */
  readonly path: string
  readonly functionName: string
  readonly handler: string
  readonly authorizer?: Authorizer
}

export type CorsRules = {
  readonly origins: readonly string[]
  readonly headers: readonly string[]
  readonly methods: readonly string[]
  readonly exposed: readonly string[]
  readonly credentials: boolean
  readonly maxAgeSeconds?: number
}

export type Schedule = { readonly functionName: string; readonly rate: string }

export type Service = {
  readonly region: string
  readonly stage: string
  readonly functions: readonly ServiceFunction[]
  readonly routes: readonly Route[]
  readonly cors?: CorsRules
  readonly schedules: readonly Schedule[]
}

/** The definition of the resource `Table`; properties that only AWS knows are left out. */
export const readTableDefinition = (path: string | URL): TableDefinition =>
  parseBy(withTable, parseYaml(readFileSync(path, 'utf8'))).resources[0].Resources.Table.Properties

/** Asks the `serverless` command (about a second). `folder` holds the serverless.yml. */
export const resolveService = async (folder: string, stage = 'local'): Promise<Service> => {
  const command = join(
    dirname(createRequire(import.meta.url).resolve('serverless/package.json')),
    'bin/serverless.js',
  )
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [command, 'print', '--stage', stage, '--format', 'json'],
    { cwd: folder, maxBuffer: 16_000_000 },
  )
  return parseService(JSON.parse(stdout), stage)
}

/** Errors: `ValiError` where the text is not of the form that the local parts understand. */
export const parseService = (unverified: unknown, stage: string): Service => {
  const printed = parseBy(printedService, unverified)
  const routes = routesOf(printed)
  const cors = corsOf(printed, routes)
  return {
    region: printed.provider.region,
    stage,
    functions: Object.entries(printed.functions).map(([functionName, entry]) => ({
      functionName,
      deployedName: entry.name,
      handler: entry.handler,
      timeoutSeconds: entry.timeout ?? printed.provider.timeout,
      memoryMb: entry.memorySize ?? printed.provider.memorySize,
    })),
    routes,
    ...(cors === undefined ? {} : { cors }),
    schedules: Object.entries(printed.functions).flatMap(([functionName, entry]) =>
      entry.events
        .flatMap((event) => event.schedule ?? [])
        .flatMap((schedule) => (typeof schedule === 'string' ? [schedule] : schedule.rate))
        .map((rate) => ({ functionName, rate })),
    ),
  }
}

const routesOf = (printed: Printed): readonly Route[] =>
  Object.entries(printed.functions).flatMap(([functionName, { handler, events }]) =>
    events
      .flatMap((event) => event.httpApi ?? [])
      .map((event) => ({ functionName, handler, ...routeOf(event, printed) })),
  )

const routeOf = (
  event: HttpEvent,
  printed: Printed,
): Pick<Route, 'method' | 'path' | 'authorizer'> => {
  if (typeof event === 'string') return methodAndPathOf(event)
  const route = methodAndPathOf(event.path === '*' ? '*' : `${event.method ?? ''} ${event.path}`)
  if (event.authorizer === undefined) return route
  return { ...route, authorizer: authorizerOf(event.authorizer, printed) }
}

const methodAndPathOf = (text: string): Pick<Route, 'method' | 'path'> => {
  if (text === '*') return { method: 'ANY', path: '$default' }
  const [method = '', path = ''] = text.trim().split(/\s+/)
  if (!path.startsWith('/')) throw new Error(`not a method and a path: ${text}`)
  return { method: method === '*' ? 'ANY' : method.toUpperCase(), path }
}

type AuthorizerReference = NonNullable<Exclude<HttpEvent, string>['authorizer']>

const authorizerOf = (reference: AuthorizerReference, printed: Printed): Authorizer => {
  const { name, type, scopes } =
    typeof reference === 'string'
      ? { name: reference, type: undefined, scopes: undefined }
      : reference
  if (type === 'aws_iam') return { kind: 'iam' }
  const found = name === undefined ? undefined : printed.provider.httpApi.authorizers[name]
  if (found === undefined) throw new Error(`no authorizer of the name ${name}`)
  if (found.type === 'jwt')
    return {
      kind: 'jwt',
      issuer: found.issuerUrl,
      audience: [found.audience].flat(),
      scopes: [scopes ?? []].flat(),
    }
  return {
    kind: 'lambda',
    functionName: found.functionName,
    identitySources: [found.identitySource ?? []].flat(),
  }
}

// The defaults of the `serverless` command where serverless.yml is silent.
const corsOf = (printed: Printed, routes: readonly Route[]): CorsRules | undefined => {
  const { cors } = printed.provider.httpApi
  if (!cors) return undefined
  const given = cors === true ? {} : cors
  const seconds = given.maxAge
  return {
    origins: [given.allowedOrigins ?? '*'].flat(),
    headers: [given.allowedHeaders ?? defaultHeaders].flat(),
    methods: [given.allowedMethods ?? ['OPTIONS', ...methodsOf(routes)]].flat(),
    exposed: [given.exposedResponseHeaders ?? []].flat(),
    credentials: given.allowCredentials ?? false,
    ...(seconds === undefined ? {} : { maxAgeSeconds: seconds }),
  }
}

const defaultHeaders = [
  'Content-Type',
  'X-Amz-Date',
  'Authorization',
  'X-Api-Key',
  'X-Amz-Security-Token',
  'X-Amz-User-Agent',
  'X-Amzn-Trace-Id',
]

const everyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'HEAD', 'DELETE']

const methodsOf = (routes: readonly Route[]): readonly string[] => [
  ...new Set(routes.flatMap(({ method }) => (method === 'ANY' ? everyMethod : method))),
]
