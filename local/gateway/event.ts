// A request as a Lambda event of payload format 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
import type { GatewayRequest } from './request.ts'
import { type Match, routeKeyOf } from './routing.ts'

export type Call = {
  readonly request: GatewayRequest
  readonly match: Match
  readonly requestId: string
  readonly receivedAtMs: number
}

/** What cannot be known on one machine; the values only have AWS's form. */
export const localAccountId = '000000000000'
export const localApiId = 'local'

export type HttpEvent = Readonly<Record<string, unknown>>

/** `authorizer` is `requestContext.authorizer`; absent for an open route. */
export const toHttpEvent = (
  call: Call,
  authorizer: Readonly<Record<string, unknown>> | undefined,
): HttpEvent => {
  const { version, routeKey, ...facts } = commonFacts(call)
  const { requestContext, ...rest } = facts
  const body = bodyOf(call.request)
  return {
    version,
    routeKey,
    ...rest,
    requestContext: authorizer === undefined ? requestContext : { ...requestContext, authorizer },
    ...(body === undefined ? {} : { body: body.text }),
    isBase64Encoded: body?.isBase64 ?? false,
  }
}

/** What a Lambda authorizer of payload format 2.0 is asked. */
export const toAuthorizerEvent = (
  call: Call,
  asked: { readonly region: string; readonly identitySource: readonly string[] },
): HttpEvent => {
  const { method, path } = call.request
  const api = `arn:aws:execute-api:${asked.region}:${localAccountId}:${localApiId}`
  return {
    ...commonFacts(call),
    type: 'REQUEST',
    routeArn: `${api}/$default/${method}${path}`,
    identitySource: asked.identitySource,
  }
}

const commonFacts = (call: Call) => {
  const { request, match } = call
  const routeKey = routeKeyOf(match.route)
  const query = queryOf(request.query)
  return {
    version: '2.0',
    routeKey,
    rawPath: request.path,
    rawQueryString: request.query,
    ...(request.cookies.length > 0 ? { cookies: request.cookies } : {}),
    headers: request.headers,
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(Object.keys(match.parameters).length > 0 ? { pathParameters: match.parameters } : {}),
    requestContext: contextOf(call, routeKey),
  }
}

const contextOf = ({ request, requestId, receivedAtMs }: Call, routeKey: string) => {
  const domainName = (request.headers['host'] ?? 'localhost').replace(/:\d+$/, '')
  return {
    accountId: localAccountId,
    apiId: localApiId,
    domainName,
    domainPrefix: domainName.split('.')[0] ?? domainName,
    http: {
      method: request.method,
      path: request.path,
      protocol: request.protocol,
      sourceIp: request.sourceIp,
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId,
    routeKey,
    stage: '$default',
    time: commonLogTime(receivedAtMs),
    timeEpoch: receivedAtMs,
  }
}

const queryOf = (query: string): Record<string, string> | undefined => {
  if (query === '') return undefined
  const joined = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const before = joined.get(name)
    joined.set(name, before === undefined ? value : `${before},${value}`)
  }
  return Object.fromEntries(joined)
}

const textTypes = /^(text\/|application\/(?:[\w.-]+\+)?(?:json|xml|javascript)\b)/i

// Anything that is not known to be text arrives in base64, also what curl sends without a type (forms).
const bodyOf = ({ body, headers }: GatewayRequest) => {
  if (body.byteLength === 0) return undefined
  const isText =
    textTypes.test(headers['content-type'] ?? '') && headers['content-encoding'] === undefined
  const bytes = Buffer.from(body)
  return { text: bytes.toString(isText ? 'utf8' : 'base64'), isBase64: !isText }
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

// For example 12/Mar/2020:19:03:58 +0000
const commonLogTime = (atMs: number): string => {
  const at = new Date(atMs)
  const [day = '', time = ''] = at.toISOString().split(/[T.]/)
  return `${day.slice(8)}/${months[at.getUTCMonth()]}/${day.slice(0, 4)}:${time} +0000`
}
