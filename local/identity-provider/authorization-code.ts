// Sign-in of the Sessions page on this machine: OAuth's authorization code with PKCE (RFC 6749 section 4.1, RFC 7636).
// Everybody can sign in, without a password; administrators alone get the scope.
import { createHash, randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { html } from 'hono/html'
import * as v from 'valibot'
import { administrators, people, type Person } from './people.ts'

/** As tenants/local.yml has them in `admin`. */
export const administratorsClient = {
  clientId: 'sessions-page',
  audience: 'looker-sessions',
  scope: 'sessions',
} as const

/** Seconds that a token lives. */
const tokenLife = 3_600
const codeLifeMs = 60_000
/** Codes that nobody fetched; the oldest make room. */
const mostCodes = 100

export type CodeOptions = {
  readonly issuer: string
  readonly now: () => number
  /** Makes an access token of these claims and this life in seconds. */
  readonly sign: (claims: Readonly<Record<string, unknown>>, life: number) => Promise<string>
}

type Given = {
  readonly person: Person
  readonly scope: string
  readonly challenge: string
  readonly expiresAtMs: number
}

export const createAuthorizationCode = ({ issuer, now, sign }: CodeOptions): Hono => {
  const given = new Map<string, Given>()
  const redirectUri = `${issuer}/sessions/`
  const asked = askedBy(redirectUri)
  const fetched = fetchedBy(redirectUri)
  const app = new Hono()

  app.get('/authorize', (context) => {
    const request = v.safeParse(asked, context.req.query())
    if (!request.success) return context.text('This is no request of the Sessions page.', 400)
    const { login_hint: sub, state, code_challenge: challenge } = request.output
    const person = everybody.find((one) => one.sub === sub)
    if (person === undefined) return context.html(chooser(context.req.url))
    const code = randomBytes(32).toString('base64url')
    const [oldest] = given.keys()
    if (given.size >= mostCodes && oldest !== undefined) given.delete(oldest)
    given.set(code, { person, scope: scopeOf(person), challenge, expiresAtMs: now() + codeLifeMs })
    const answer = new URLSearchParams({ code, state, iss: issuer })
    return context.redirect(`${redirectUri}?${answer.toString()}`)
  })

  app.post('/oauth/token', async (context) => {
    context.header('cache-control', 'no-store')
    const request = v.safeParse(fetched, await context.req.parseBody())
    if (!request.success) return context.json({ error: 'invalid_request' }, 400)
    const { code, code_verifier: verifier } = request.output
    const found = given.get(code)
    // Once: whoever comes second may have stolen it.
    given.delete(code)
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    if (!found || found.expiresAtMs <= now() || found.challenge !== challenge) {
      return context.json({ error: 'invalid_grant' }, 400)
    }
    const { person, scope } = found
    const claims = { ...person, scope, aud: administratorsClient.audience }
    const access_token = await sign(claims, tokenLife)
    return context.json({ access_token, token_type: 'Bearer', expires_in: tokenLife, scope })
  })
  return app
}

const everybody = [...administrators, ...people]

const scopeOf = (person: Person): string =>
  administrators.includes(person) ? administratorsClient.scope : ''

const clientOf = (redirectUri: string) => ({
  client_id: v.literal(administratorsClient.clientId),
  redirect_uri: v.literal(redirectUri),
})

const askedBy = (redirectUri: string) =>
  v.object({
    ...clientOf(redirectUri),
    response_type: v.literal('code'),
    state: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
    code_challenge: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
    code_challenge_method: v.literal('S256'),
    login_hint: v.optional(v.string()),
  })

const fetchedBy = (redirectUri: string) =>
  v.object({
    ...clientOf(redirectUri),
    grant_type: v.literal('authorization_code'),
    code: v.string(),
    code_verifier: v.pipe(v.string(), v.regex(/^[\w.~-]{43,128}$/)),
  })

const chooser = (address: string) => {
  const links = everybody.map((person) => {
    const to = new URL(address)
    to.searchParams.set('login_hint', person.sub)
    const isAdministrator = scopeOf(person) !== ''
    return html`<li>
      <a href="${to.search}">${person.given_name} ${person.family_name}</a>
      ${isAdministrator ? '(administrator)' : '(no administrator: is refused)'}
    </li>`
  })
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Sign in</title>
        <link rel="icon" href="data:," />
      </head>
      <body>
        <h1>Who are you today?</h1>
        <ul>
          ${links}
        </ul>
      </body>
    </html>`
}
