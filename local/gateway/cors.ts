// CORS as HTTP APIs apply it: the gateway's configuration alone decides, a function's own CORS headers
// are dropped, an origin that is not in the list gets none.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
import type { CorsRules } from '../serverless-config.ts'

/** Errors: a wildcard origin together with credentials, which HTTP APIs refuse to deploy. */
export const assertCorsRules = (rules: CorsRules | undefined): void => {
  if (rules?.credentials === true && rules.origins.includes('*'))
    throw new Error('CORS: a wildcard origin cannot be combined with credentials')
}

/** Headers for the answer of a function. */
export const corsHeaders = (
  rules: CorsRules,
  origin: string | undefined,
): Readonly<Record<string, string>> => {
  const allowed = allowedOrigin(rules, origin)
  if (allowed === undefined) return {}
  return {
    'access-control-allow-origin': allowed,
    ...(rules.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(rules.exposed.length > 0
      ? { 'access-control-expose-headers': rules.exposed.join(',') }
      : {}),
  }
}

/** Headers for the answer to a preflight. */
export const preflightHeaders = (
  rules: CorsRules,
  origin: string | undefined,
): Readonly<Record<string, string>> => {
  const allowed = allowedOrigin(rules, origin)
  if (allowed === undefined) return {}
  return {
    'access-control-allow-origin': allowed,
    'access-control-allow-methods': rules.methods.join(','),
    'access-control-allow-headers': rules.headers.join(',').toLowerCase(),
    ...(rules.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(rules.maxAgeSeconds === undefined
      ? {}
      : { 'access-control-max-age': String(rules.maxAgeSeconds) }),
  }
}

export const isCorsHeader = (name: string): boolean =>
  name.toLowerCase().startsWith('access-control-')

const allowedOrigin = (rules: CorsRules, origin: string | undefined): string | undefined => {
  if (origin === undefined) return undefined
  if (rules.origins.includes('*')) return '*'
  return rules.origins.includes(origin) ? origin : undefined
}
