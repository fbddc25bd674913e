// What the gateway makes of a function's result, and what it answers by itself. The texts are those of
// HTTP APIs.
import type { CorsRules } from '../serverless-config.ts'
import { corsHeaders, isCorsHeader } from './cors.ts'
import type { RunOutcome } from './function-runner.ts'

const messages = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const

export type GatewayStatus = keyof typeof messages

/** An answer of the gateway's own. It carries no CORS headers: those are for functions' answers. */
export const gatewayReply = (
  status: GatewayStatus,
  headers: Readonly<Record<string, string>> = {},
): Response => Response.json({ message: messages[status] }, { status, headers })

/** `wasGatewayLimit`: the integration's time ran out, rather than the function's own. */
export const functionReply = (
  outcome: RunOutcome,
  asked: {
    readonly cors: CorsRules | undefined
    readonly origin: string | undefined
    readonly wasGatewayLimit: boolean
  },
): Response => {
  if (outcome.kind === 'timed-out') return gatewayReply(asked.wasGatewayLimit ? 503 : 500)
  const result = outcome.kind === 'threw' ? undefined : resultOf(outcome.value)
  if (result === undefined) return gatewayReply(500)
  const headers = new Headers(result.headers.filter(([name]) => !asked.cors || !isCorsHeader(name)))
  for (const cookie of result.cookies) headers.append('set-cookie', cookie)
  if (asked.cors !== undefined)
    for (const [name, value] of Object.entries(corsHeaders(asked.cors, asked.origin)))
      headers.set(name, value)
  const isBodiless = [204, 205, 304].includes(result.status)
  return new Response(isBodiless ? null : result.body, { status: result.status, headers })
}

type Result = {
  readonly status: number
  readonly headers: ReadonlyArray<[string, string]>
  readonly cookies: readonly string[]
  readonly body: string | Uint8Array<ArrayBuffer>
}

// Without a status code the value itself is the body; with one it must have the documented form.
const resultOf = (value: unknown): Result | undefined => {
  if (!isRecord(value) || value['statusCode'] === undefined) return inferred(value)
  const status = Number(value['statusCode'])
  const { headers = {}, cookies = [], body = '', isBase64Encoded = false } = value
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined
  if (!isRecord(headers) || !Array.isArray(cookies) || typeof body !== 'string') return undefined
  return {
    status,
    headers: withContentType(headers, body),
    cookies: cookies.map(String),
    body: isBase64Encoded === true ? new Uint8Array(Buffer.from(body, 'base64')) : body,
  }
}

const inferred = (value: unknown): Result => ({
  status: 200,
  headers: [['content-type', 'application/json']],
  cookies: [],
  body: typeof value === 'string' ? value : JSON.stringify(value ?? null),
})

const withContentType = (
  headers: Readonly<Record<string, unknown>>,
  body: string,
): Array<[string, string]> => {
  const given = Object.entries(headers).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    String(value),
  ])
  const isTyped = body === '' || given.some(([name]) => name === 'content-type')
  return isTyped ? given : [...given, ['content-type', 'text/plain;charset=utf-8']]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
