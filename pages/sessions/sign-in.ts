// Signs administrators in: OpenID Connect, authorization code with PKCE (RFC 7636). The token stays in memory; what
// the way to the issuer and back needs is kept in the tab, and for that way alone.
import * as oauth from 'oauth4webapi'
import * as v from 'valibot'
import type { Settings } from './settings.ts'

const keptAs = 'sessions-page-sign-in'
const kept = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ state: v.string(), verifier: v.string(), nonce: v.string() }),
)

export type SignIn = {
  /** Leaves the page. `again`: the issuer shall ask who it is, also of somebody it knows. */
  readonly leave: (again: boolean) => Promise<void>
  /** The token, where the issuer sent the browser here with one to come; else undefined. */
  readonly arrive: () => Promise<string | undefined>
}

export const createSignIn = ({ issuer, clientId, scopes }: Settings['signIn']): SignIn => {
  const client: oauth.Client = { client_id: clientId }
  const redirectUri = `${location.origin}${location.pathname}`
  const isOpenId = scopes.includes('openid')

  const discovered = async (): Promise<oauth.AuthorizationServer> => {
    const url = new URL(issuer)
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url))
  }

  const leave = async (again: boolean): Promise<void> => {
    const { authorization_endpoint: endpoint } = await discovered()
    if (endpoint === undefined) throw new Error('the issuer has no authorization endpoint')
    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    sessionStorage.setItem(keptAs, JSON.stringify({ state, verifier, nonce }))
    const to = new URL(endpoint)
    const asked = {
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: scopes.join(' '),
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(isOpenId ? { nonce } : {}),
      ...(again ? { prompt: 'login' } : {}),
    }
    for (const [name, value] of Object.entries(asked)) to.searchParams.set(name, value)
    location.assign(to)
  }

  const arrive = async (): Promise<string | undefined> => {
    const here = new URL(location.href)
    const way = v.safeParse(kept, sessionStorage.getItem(keptAs))
    sessionStorage.removeItem(keptAs)
    const isReturn = here.searchParams.has('code') || here.searchParams.has('error')
    // Nobody shall find the code in the address bar or the history.
    if (isReturn) history.replaceState(null, '', location.pathname)
    if (!isReturn || !way.success) return undefined
    const { state, verifier, nonce } = way.output
    const server = await discovered()
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      oauth.validateAuthResponse(server, client, here, state),
      redirectUri,
      verifier,
    )
    const expected = isOpenId ? { expectedNonce: nonce } : {}
    const { access_token } = await oauth.processAuthorizationCodeResponse(
      server,
      client,
      response,
      expected,
    )
    return access_token
  }

  return { leave, arrive }
}
