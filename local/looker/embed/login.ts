// GET /login/embed/{target}: an iframe logs in with its authentication token and goes on to its target.
import { Hono } from 'hono'
import type { SimulatorState } from '../state.ts'
import { refusalPage } from './page.ts'

export const createEmbedLogin = ({ embed, counter }: SimulatorState): Hono => {
  const login = new Hono()

  login.get('/*', (context) => {
    const { pathname, searchParams } = new URL(context.req.url)
    const token = searchParams.get('embed_authentication_token') ?? ''
    const userAgent = context.req.header('user-agent') ?? ''
    const session = embed.loginTokens.redeem(token, userAgent)
    if (session === undefined) return refusalPage(401, 'The authentication token is not valid.')
    const target = targetIn(pathname)
    if (target === undefined) return refusalPage(403, 'The target is no embed page.')
    counter.happened('embedLogins')
    return new Response(null, { status: 302, headers: { location: target } })
  })

  return login
}

// Read from the address itself: the router decodes paths in a way of its own.
const targetIn = (pathname: string): string | undefined => {
  const [, encoded = ''] = /^\/login\/embed\/(.*)$/.exec(pathname) ?? []
  try {
    const target = decodeURIComponent(encoded)
    return /^\/embed\/[\x21-\x7e]*$/.test(target) ? target : undefined
  } catch {
    return undefined
  }
}
