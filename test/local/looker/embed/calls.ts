// A service and a browser at the simulated Looker, for the tests of its embed sessions.
import { createLookerSimulator, type LookerSimulator } from '../../../../local/looker/server.ts'
import type { EmbedOptions } from '../../../../local/looker/embed/settings.ts'

export const origin = 'https://app.test'
export const browser = 'Browser/1'

type Json = Readonly<Record<string, unknown>>

export type Embedded = {
  readonly simulator: LookerSimulator
  /** As the service account, for this browser. */
  readonly api: (
    route: string,
    body?: object,
    userAgent?: string,
    token?: string,
  ) => Promise<{ status: number; json: Json }>
  readonly acquire: (more?: object, userAgent?: string) => Promise<Json>
  readonly generate: (session: Json, more?: object, userAgent?: string) => Promise<Reply>
  /** As the browser. */
  readonly get: (
    path: string,
    userAgent?: string,
    headers?: Record<string, string>,
  ) => Promise<Page>
}

type Reply = { readonly status: number; readonly json: Json }
type Page = {
  readonly status: number
  readonly text: string
  readonly location: string
  readonly headers: Headers
}

const cookieless = '/api/4.0/embed/cookieless_session'

export const embedded = (embed: EmbedOptions = {}): Embedded => {
  const simulator = createLookerSimulator({ now: () => 0, embed })
  const service = simulator.state.tokens.issue({ userId: '1000', sudoUserId: undefined })
  const { fetch } = simulator

  const api: Embedded['api'] = async (route, body, userAgent = browser, token = service) => {
    const [method = 'GET', path = ''] = route.split(' ')
    const response = await fetch(`http://looker.test${cookieless}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'user-agent': userAgent },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const json: Json = JSON.parse((await response.text()) || '{}')
    return { status: response.status, json }
  }

  const first = { external_user_id: 'ann', embed_domain: origin }

  return {
    simulator,
    api,
    acquire: async (more, userAgent) =>
      (await api('POST /acquire', { ...first, ...more }, userAgent)).json,
    generate: (session, more, userAgent) => {
      const { session_reference_token, navigation_token, api_token } = session
      const tokens = { session_reference_token, navigation_token, api_token }
      return api('PUT /generate_tokens', { ...tokens, ...more }, userAgent)
    },
    get: async (path, userAgent = browser, more = {}) => {
      const headers = { 'user-agent': userAgent, ...more }
      const response = await fetch(`http://looker.test${path}`, { headers, redirect: 'manual' })
      const location = response.headers.get('location') ?? ''
      return {
        status: response.status,
        text: await response.text(),
        location,
        headers: response.headers,
      }
    },
  }
}

export const referenceOf = (session: Json): string => String(session['session_reference_token'])

export const claimsOf = (token: unknown): Json => {
  const [, payload = ''] = String(token).split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}
