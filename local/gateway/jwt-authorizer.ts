// The JWT authorizer of HTTP APIs: RSA signatures by keys of the configured issuer, issuer, audience,
// times and scopes. No key comes from a place that the token names.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { Authorizer } from '../serverless-config.ts'
import type { Verdict } from './authorization.ts'
import { claimsOnTheWire } from './claims.ts'
import type { GatewayRequest } from './request.ts'

export type JwtRules = Extract<Authorizer, { kind: 'jwt' }>

/** Issuer to its key set, or to the address of it. */
export type JwtKeys = Readonly<Record<string, JSONWebKeySet | URL>>

const algorithms = ['RS256', 'RS384', 'RS512']

export type JwtAuthorizer = (rules: JwtRules, request: GatewayRequest) => Promise<Verdict>

export const createJwtAuthorizer = (options: {
  readonly keys: JwtKeys
  readonly now: () => number
}): JwtAuthorizer => {
  const keysByIssuer = new Map(
    Object.entries(options.keys).map(([issuer, keys]) => [issuer, keyFinder(keys)]),
  )
  return async (rules, request) => {
    const token = tokenOf(request)
    if (token === undefined) return unauthorized()
    const keys = keysByIssuer.get(rules.issuer)
    if (keys === undefined) throw new Error(`no keys for the issuer ${rules.issuer}`)
    const claims = await verified({ token, keys, rules, nowAtMs: options.now() })
    return typeof claims === 'string' ? unauthorized(claims) : scoped(claims, rules)
  }
}

const keyFinder = (keys: JSONWebKeySet | URL): JWTVerifyGetKey =>
  keys instanceof URL ? createRemoteJWKSet(keys) : createLocalJWKSet(keys)

const tokenOf = (request: GatewayRequest): string | undefined => {
  const token = request.headers['authorization']?.replace(/^bearer /i, '').trim()
  return token === '' ? undefined : token
}

type Candidate = {
  readonly token: string
  readonly keys: JWTVerifyGetKey
  readonly rules: JwtRules
  readonly nowAtMs: number
}

// The claims, or what is wrong, in words that say nothing of the token's content.
const verified = async (candidate: Candidate): Promise<JWTPayload | string> => {
  const { token, keys, rules, nowAtMs } = candidate
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      algorithms,
      issuer: rules.issuer,
      requiredClaims: ['exp'],
      currentDate: new Date(nowAtMs),
    })
    if (protectedHeader.kid === undefined) return 'the token does not name its key'
    if (!isForUs(payload, rules)) return 'the token does not have a valid audience'
    if ((payload.iat ?? 0) * 1000 > nowAtMs) return 'the token was issued in the future'
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'the token has expired'
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw error
    return 'the token is not valid'
  }
}

const isForUs = (claims: JWTPayload, rules: JwtRules): boolean =>
  [claims.aud ?? claims['client_id']]
    .flat()
    .some((one) => typeof one === 'string' && rules.audience.includes(one))

const scoped = (claims: JWTPayload, rules: JwtRules): Verdict => {
  if (rules.scopes.length === 0) return allowed(claims, null)
  const given = scopesOf(claims)
  const fitting = rules.scopes.filter((scope) => given.includes(scope))
  return fitting.length > 0 ? allowed(claims, fitting) : insufficient(rules.scopes)
}

const scopesOf = (claims: JWTPayload): readonly unknown[] => {
  const scopes = claims['scope'] ?? claims['scp']
  return typeof scopes === 'string' ? scopes.split(' ') : [scopes].flat()
}

const allowed = (claims: JWTPayload, scopes: readonly string[] | null): Verdict => ({
  kind: 'allowed',
  authorizer: { jwt: { claims: claimsOnTheWire(claims), scopes } },
})

const unauthorized = (description?: string): Verdict => ({
  kind: 'refused',
  status: 401,
  challenge:
    description === undefined
      ? 'Bearer'
      : `Bearer scope="" error="invalid_token" error_description="${description}"`,
})

const insufficient = (scopes: readonly string[]): Verdict => ({
  kind: 'refused',
  status: 403,
  challenge: `Bearer scope="${scopes.join(' ')}" error="insufficient_scope"`,
})
