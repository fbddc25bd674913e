// A small identity provider for this machine: people sign in without a password, and a page that shares
// its origin gets real signed tokens for whoever is signed in.
import { Hono, type Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
} from 'jose'
import * as v from 'valibot'
import { createAuthorizationCode, type CodeOptions } from './authorization-code.ts'
import { people, roles, type Person } from './people.ts'
import { createSessions, type Sessions, type SignedIn } from './sessions.ts'

export type IdentityProviderOptions = {
  /** Also the only origin whose pages may sign in or get a token; https. */
  readonly issuer: string
  readonly audience: string
  /** Epoch milliseconds. */
  readonly now: () => number
}

export type IdentityProvider = {
  /** To be served at the root of the issuer's origin. */
  readonly app: Hono
  /** Public keys alone. */
  readonly jwks: JSONWebKeySet
  /** What a token of whoever is signed in would say of them; undefined for nobody. */
  readonly claimsOf: (context: Context) => PersonClaims | undefined
}

export type PersonClaims = Person & { readonly sid: string; readonly auth_time: number }

/** Seconds that a token lives. */
export const tokenLife = 300
const cookieName = 'demo-session'
const cookieOptions = {
  prefix: 'host',
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: 'Lax',
} as const

/** With a key pair of its own, which ends with the process. */
export const createIdentityProvider = async (
  options: IdentityProviderOptions,
): Promise<IdentityProvider> => {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const published = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(published)
  const jwks = { keys: [{ ...published, kid, alg: 'RS256', use: 'sig' }] }
  const app = new Hono()
  addDiscovery(app, options.issuer, jwks)
  const sessions = createSessions(options.now)
  const sign = createSign({ ...options, kid, privateKey })
  addPeople(app, options, sessions, (session) =>
    sign({ ...claimsIn(session), aud: options.audience }, tokenLife),
  )
  app.route('/', createAuthorizationCode({ ...options, sign }))
  const claimsOf = (context: Context) => {
    const session = sessions.find(idOf(context))
    return session && claimsIn(session)
  }
  return { app, jwks, claimsOf }
}

const addDiscovery = (app: Hono, issuer: string, jwks: JSONWebKeySet): void => {
  app.get('/.well-known/openid-configuration', (context) =>
    context.json({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      authorization_response_iss_parameter_supported: true,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
  )
  app.get('/.well-known/jwks.json', (context) => context.json(jwks))
}

const idOf = (context: Context) => getCookie(context, cookieName, 'host')
const shown = (person: Person | undefined) => ({ person: person ?? null, people, roles })

type Sign = (session: SignedIn) => Promise<string>

const addPeople = (
  app: Hono,
  { issuer }: IdentityProviderOptions,
  sessions: Sessions,
  sign: Sign,
): void => {
  app.get('/session', (context) => {
    context.header('cache-control', 'no-store')
    return context.json(shown(sessions.find(idOf(context))?.person))
  })

  // Browsers name the origin of every POST, and no page can name another's.
  app.post('*', async (context, next) => {
    context.header('cache-control', 'no-store')
    if (context.req.header('origin') !== issuer) return context.json({ error: 'forbidden' }, 403)
    await next()
    return undefined
  })

  app.post('/sign-in', async (context) => {
    const asked = v.safeParse(signInBody, await context.req.text())
    const id = asked.success ? sessions.start(asked.output.sub) : undefined
    if (id === undefined) return context.json({ error: 'nobody of this name' }, 400)
    sessions.end(idOf(context) ?? '')
    setCookie(context, cookieName, id, cookieOptions)
    return context.json(shown(sessions.find(id)?.person))
  })

  app.post('/sign-out', (context) => {
    sessions.end(idOf(context) ?? '')
    deleteCookie(context, cookieName, cookieOptions)
    return context.json(shown(undefined))
  })

  app.post('/role', async (context) => {
    const session = sessions.find(idOf(context))
    if (session === undefined) return context.json({ error: 'nobody is signed in' }, 401)
    const asked = v.safeParse(roleBody, await context.req.text())
    if (!asked.success) return context.json({ error: 'no such role' }, 400)
    sessions.changeRole(session.person.sub, asked.output.role)
    return context.json(shown(sessions.find(idOf(context))?.person))
  })

  app.post('/token', async (context) => {
    const session = sessions.find(idOf(context))
    if (session === undefined) return context.json({ error: 'nobody is signed in' }, 401)
    return context.json({ token: await sign(session), expires_in: tokenLife })
  })
}

const signInBody = v.pipe(v.string(), v.parseJson(), v.object({ sub: v.string() }))
const roleBody = v.pipe(v.string(), v.parseJson(), v.object({ role: v.picklist(roles) }))

type Signing = IdentityProviderOptions & { readonly kid: string; readonly privateKey: CryptoKey }

const claimsIn = ({ person, sid, signedInAtMs }: SignedIn): PersonClaims => ({
  ...person,
  sid,
  auth_time: Math.floor(signedInAtMs / 1000),
})

const createSign =
  ({ issuer, now, kid, privateKey }: Signing): CodeOptions['sign'] =>
  (claims, life) => {
    const issuedAt = Math.floor(now() / 1000)
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + life)
      .sign(privateKey)
  }
