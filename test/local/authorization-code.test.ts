import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  createIdentityProvider,
  type IdentityProvider,
} from '../../local/identity-provider/identity-provider.ts'

const issuer = 'https://localhost:4014'
const redirect_uri = `${issuer}/sessions/`
const verifier = 'v'.repeat(43)
const code_challenge = createHash('sha256').update(verifier).digest('base64url')
const asked = {
  client_id: 'sessions-page',
  redirect_uri,
  response_type: 'code',
  state: 'state-1',
  code_challenge,
  code_challenge_method: 'S256',
}

let nowMs = 0
let provider: IdentityProvider

beforeEach(async () => {
  nowMs = 1_790_000_000_000
  provider = await createIdentityProvider({ issuer, audience: 'looker-embed', now: () => nowMs })
})

const authorize = (changes: Readonly<Record<string, string>> = {}) =>
  provider.app.request(
    `${issuer}/authorize?${String(new URLSearchParams({ ...asked, ...changes }))}`,
  )

const codeFor = async (login_hint: string): Promise<string> => {
  const to = new URL((await authorize({ login_hint })).headers.get('location') ?? '')
  return to.searchParams.get('code') ?? ''
}

const fetchToken = async (code: string, changes: Readonly<Record<string, string>> = {}) => {
  const form = {
    grant_type: 'authorization_code',
    client_id: 'sessions-page',
    redirect_uri,
    code,
    code_verifier: verifier,
    ...changes,
  }
  const answer = await provider.app.request(`${issuer}/oauth/token`, {
    method: 'POST',
    headers: { origin: issuer, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
  const body: unknown = await answer.json()
  return { status: answer.status, body: Object(body) }
}

describe('the sign-in of the Sessions page on one machine', () => {
  it('gives an administrator a token with the scope, for the API of administrators alone', async () => {
    const { status, body } = await fetchToken(await codeFor('joan'))

    expect(status).toBe(200)
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3_600, scope: 'sessions' })
    expect(decodeJwt(body.access_token)).toMatchObject({
      iss: issuer,
      sub: 'joan',
      aud: 'looker-sessions',
      scope: 'sessions',
      exp: nowMs / 1000 + 3_600,
    })
  })

  it('gives everybody else a token without it', async () => {
    const { body } = await fetchToken(await codeFor('ada'))

    expect(decodeJwt(body.access_token)).toMatchObject({ sub: 'ada', scope: '' })
  })

  it('leads back with the state of the page, and asks who it is first', async () => {
    const chooser = await (await authorize()).text()
    const back = new URL((await authorize({ login_hint: 'joan' })).headers.get('location') ?? '')

    expect(chooser).toContain('Joan Clarke')
    expect(chooser).toContain('Ada Lovelace')
    expect(`${back.origin}${back.pathname}`).toBe(redirect_uri)
    expect(back.searchParams.get('state')).toBe('state-1')
    expect(back.searchParams.get('iss')).toBe(issuer)
  })

  it.each([
    [{ redirect_uri: 'https://evil.example/' }],
    [{ client_id: 'another' }],
    [{ response_type: 'token' }],
    [{ code_challenge_method: 'plain' }],
    [{ code_challenge: 'short' }],
    [{ state: '' }],
  ])('sends nobody anywhere for %j', async (changes) => {
    const answer = await authorize({ login_hint: 'joan', ...changes })

    expect(answer.status).toBe(400)
    expect(answer.headers.get('location')).toBeNull()
  })

  it('takes a code once, for a minute, and from who knows the verifier alone', async () => {
    const used = await codeFor('joan')
    await fetchToken(used)
    const stolen = await codeFor('joan')
    const late = await codeFor('joan')

    const again = await fetchToken(used)
    const guessed = await fetchToken(stolen, { code_verifier: 'w'.repeat(43) })
    nowMs += 60_000
    const tooLate = await fetchToken(late)

    for (const { status, body } of [again, guessed, tooLate]) {
      expect(status).toBe(400)
      expect(body).toEqual({ error: 'invalid_grant' })
    }
  })
})
