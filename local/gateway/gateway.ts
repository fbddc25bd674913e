// The HTTP API and Lambda of one machine: routes, authorizers, CORS and events as AWS makes them, in
// front of the functions of this checkout. Loopback only.
import { randomUUID } from 'node:crypto'
import { type HttpBindings, serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import type { Clock } from '../../lib/time.ts'
import { loopbackOnly } from '../loopback-only.ts'
import type { Route, Service } from '../serverless-config.ts'
import type { Verdict } from './authorization.ts'
import { assertCorsRules, preflightHeaders } from './cors.ts'
import { type Call, toHttpEvent } from './event.ts'
import { createFunctionRunner, type LoadHandler, type RunOutcome } from './function-runner.ts'
import { createIamAuthorizer } from './iam-authorizer.ts'
import { createInvokeApi, findFunction, invokePath } from './invoke-api.ts'
import { createJwtAuthorizer, type JwtKeys } from './jwt-authorizer.ts'
import { createLambdaAuthorizer } from './lambda-authorizer.ts'
import { functionReply, gatewayReply } from './reply.ts'
import { type GatewayRequest, readBody, toGatewayRequest } from './request.ts'
import { matchRoute } from './routing.ts'
import type { LocalKey } from './signature.ts'

export type GatewayOptions = Omit<Service, 'schedules'> & {
  readonly loadHandler: LoadHandler
  /** Keys of every issuer that a route's authorizer names. */
  readonly jwtKeys: JwtKeys
  readonly iamKeys: readonly LocalKey[]
  readonly clock: Clock
  /** Values of `Host` that are answered besides loopback names. Default: none. */
  readonly hostNames?: readonly string[]
  /** Told of what a handler or authorizer threw; the caller gets a bare 500. Default: nobody. */
  readonly onError?: (functionName: string, error: unknown) => void
  /** Default 30 000, as at AWS. */
  readonly integrationTimeoutMs?: number
}

export type Gateway = {
  /** Default port: a free one. The address is for example `http://127.0.0.1:3000`. */
  readonly listen: (
    port?: number,
  ) => Promise<{ readonly address: string; readonly close: () => Promise<void> }>
  /** A direct invocation, by the function's key in serverless.yml or its name at AWS. */
  readonly invoke: (functionName: string, payload: unknown) => Promise<RunOutcome>
}

export const createGateway = (options: GatewayOptions): Gateway => {
  const { functions, region, cors } = options
  assertCorsRules(cors)
  assertIssuersHaveKeys(options)
  const { now } = options.clock
  const run = createFunctionRunner(options)
  const authorize = createAuthorization(options, run)
  const invokeApi = createInvokeApi({ functions, run, keys: options.iamKeys, region, now })
  const limitMs = options.integrationTimeoutMs ?? 30_000

  const answer = async (request: GatewayRequest): Promise<Response> => {
    if (request.method === 'POST' && invokePath.test(request.path)) return invokeApi(request)
    const origin = request.headers['origin']
    const match = matchRoute(options.routes, request.method, request.path)
    if (cors !== undefined && request.method === 'OPTIONS' && match?.route.method !== 'OPTIONS')
      return new Response(null, { status: 204, headers: preflightHeaders(cors, origin) })
    if (match === undefined) return gatewayReply(404)
    const call = { request, match, requestId: randomUUID(), receivedAtMs: now() }
    const verdict = await authorize(call)
    if (verdict.kind === 'refused') return refusal(verdict)
    const target = findFunction(functions, match.route.functionName)
    if (target === undefined) return gatewayReply(500)
    const outcome = await run(target, toHttpEvent(call, verdict.authorizer), limitMs)
    if (outcome.kind === 'threw') options.onError?.(target.functionName, outcome.error)
    const wasGatewayLimit = limitMs < target.timeoutSeconds * 1000
    return functionReply(outcome, { cors, origin, wasGatewayLimit })
  }

  return {
    listen: (port = 0) => listen(createApp(answer, options), port),
    invoke: async (functionName, payload) => {
      const target = findFunction(functions, functionName)
      if (target === undefined) throw new Error(`no function ${functionName}`)
      return run(target, payload)
    },
  }
}

const assertIssuersHaveKeys = ({ routes, jwtKeys }: GatewayOptions): void => {
  for (const { authorizer } of routes)
    if (authorizer?.kind === 'jwt' && jwtKeys[authorizer.issuer] === undefined)
      throw new Error(`no keys for the issuer ${authorizer.issuer}`)
}

const createAuthorization = (
  options: GatewayOptions,
  run: ReturnType<typeof createFunctionRunner>,
): ((call: Call) => Promise<Verdict>) => {
  const { functions, region, iamKeys } = options
  const { now } = options.clock
  const byJwt = createJwtAuthorizer({ keys: options.jwtKeys, now })
  const byIam = createIamAuthorizer({ keys: iamKeys, region, now })
  const byLambda = createLambdaAuthorizer({ functions, run, region })
  return async (call) => {
    const authorizer: Route['authorizer'] = call.match.route.authorizer
    if (authorizer === undefined) return { kind: 'allowed' }
    if (authorizer.kind === 'iam') return byIam(call.request)
    return authorizer.kind === 'jwt' ? byJwt(authorizer, call.request) : byLambda(authorizer, call)
  }
}

const refusal = ({ status, challenge }: Extract<Verdict, { kind: 'refused' }>): Response =>
  gatewayReply(status, challenge === undefined ? {} : { 'www-authenticate': challenge })

type App = Hono<{ Bindings: HttpBindings }>

const createApp = (
  answer: (request: GatewayRequest) => Promise<Response>,
  { onError, hostNames }: GatewayOptions,
): App => {
  const app: App = new Hono()
  app.use(loopbackOnly(hostNames))
  app.all('*', async (context) => {
    const body = await readBody(context.env.incoming)
    if (body === undefined) return gatewayReply(413)
    return answer(toGatewayRequest(context.env.incoming, body))
  })
  app.onError((error) => {
    onError?.('gateway', error)
    return gatewayReply(500)
  })
  return app
}

const listen = (app: App, port: number): ReturnType<Gateway['listen']> =>
  new Promise((resolve, reject) => {
    const server = serve(
      { fetch: app.fetch, hostname: '127.0.0.1', port, overrideGlobalObjects: false },
      (info) =>
        resolve({ address: `http://127.0.0.1:${info.port}`, close: () => closeServer(server) }),
    )
    server.once('error', reject)
  })

const closeServer = (server: ServerType): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
