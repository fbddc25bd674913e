// Events of an HTTP API, payload format 2.0, as typed requests.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
import * as v from 'valibot'
import { BrokerError } from '../errors.ts'

export type HttpRequest = {
  /** Upper case; undefined only in events that no gateway sent. */
  readonly method: string | undefined
  /** As the API has it, `POST /embed-session/extend`; empty in events that no gateway sent. */
  readonly route: string
  /** Names in lower case; a header that came more than once is one text, joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly text: string | undefined; readonly isBase64: boolean }
  readonly query: string
  /** Of `/sessions/{id}`; undefined on routes without it. */
  readonly id: string | undefined
  /** Of the caller, as the gateway saw it. */
  readonly address: string | undefined
  /** What the gateway verified; not yet parsed. */
  readonly unverifiedAuthorizer: unknown
}

const schema = v.object({
  version: v.literal('2.0'),
  routeKey: v.optional(v.string(), ''),
  rawQueryString: v.optional(v.string(), ''),
  pathParameters: v.optional(v.object({ id: v.optional(v.string()) }), {}),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.string()),
  isBase64Encoded: v.optional(v.boolean(), false),
  requestContext: v.object({
    http: v.optional(v.object({ method: v.string(), sourceIp: v.optional(v.string()) })),
    authorizer: v.optional(v.unknown()),
  }),
})

/**
 * Whoever may invoke a function can forge any event, so a function behind the gateway answers only
 * events of the gateway's shape, and direct ones only others. Errors: `forbidden` for an event that came
 * through no gateway, `misconfigured` for one of another payload format.
 */
export const parseHttpEvent = (unverified: unknown): HttpRequest => {
  if (!hasRequestContext(unverified)) {
    throw new BrokerError('forbidden', 'This function answers an HTTP API alone.')
  }
  const parsed = v.safeParse(schema, unverified)
  if (!parsed.success) {
    throw new BrokerError('misconfigured', 'The HTTP API sends no events of payload format 2.0.')
  }
  const { body, headers, isBase64Encoded, rawQueryString, requestContext } = parsed.output
  const { pathParameters, routeKey } = parsed.output
  return {
    method: requestContext.http?.method,
    route: routeKey,
    headers,
    body: { text: body, isBase64: isBase64Encoded },
    query: rawQueryString,
    id: pathParameters.id,
    address: requestContext.http?.sourceIp,
    unverifiedAuthorizer: requestContext.authorizer,
  }
}

/** Errors: `forbidden` for an event that came through a gateway. */
export const assertDirectEvent = (unverified: unknown): void => {
  if (hasRequestContext(unverified)) {
    throw new BrokerError('forbidden', 'This function is not for an HTTP API.')
  }
}

const hasRequestContext = (unverified: unknown): boolean =>
  typeof unverified === 'object' && unverified !== null && 'requestContext' in unverified

/** A field of the request must not be lost unseen. Errors: `invalid-request`. */
export const assertNoQuery = ({ query }: HttpRequest): void => {
  if (query === '') return
  const detail = 'Write the fields into the body, not the query.'
  throw new BrokerError('invalid-request', detail, { fields: [{ pointer: '', detail }] })
}
